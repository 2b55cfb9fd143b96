"""The flow as it stands on disk, in `flows/`. What the files may say is decided by `bot/engine/load.py`."""

from pathlib import Path

from bot.engine.flow import Flow
from bot.engine.load import load

FLOWS = Path(__file__).parent.parent / "flows"


def read_flow(folder: Path = FLOWS) -> Flow:
    """Read, check and compile a folder of flow files. Raises BrokenFlow with everything that is wrong."""
    return load(
        {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))}
    )
