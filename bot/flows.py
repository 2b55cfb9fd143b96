"""The flow as it stands on disk, in `flows/`. What the files may say is decided by `bot/engine/load.py`."""

from functools import cache
from pathlib import Path

from bot.engine.flow import Flow
from bot.engine.load import load
from bot.engine.problems import BrokenFlow, FlowProblem

FLOWS = Path(__file__).parent.parent / "flows"


@cache
def our_flow() -> Flow:
    """The flow in `flows/`, read once for the whole process: it does not change, and takes half of a start. Raises BrokenFlow."""
    return read_flow(FLOWS)


def read_flow(folder: Path) -> Flow:
    """Read, check and compile a folder of flow files. Raises BrokenFlow with everything that is wrong."""
    files: dict[str, str] = {}
    problems = [
        FlowProblem(_name(file, folder), 0, "", "this file is not read", "let its name end in .yaml")
        for file in folder.rglob("*.yml")
    ]
    for file in sorted(folder.rglob("*.yaml")):
        try:
            files[_name(file, folder)] = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            problems.append(FlowProblem(_name(file, folder), line, "", "this is not UTF-8", "save the file as UTF-8"))
    if problems:
        raise BrokenFlow(sorted(problems))
    return load(files)


def _name(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()
