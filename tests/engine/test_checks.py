"""Whatever is wrong with a flow is found: all of it at once, each with its file, line, node, and a way out.

`slips/*.yaml` hold what authors do wrong. Each starts from the real files, changes one thing in their text, and tells the
one problem that is to be found:

    - slip: what the author did
      file: the file it was done in
      old: the text that was there, once; empty for a file that was not there
      new: what stands there now
      in: the file that the problem is told for, if it is another one
      after: words of that file before the line that the problem is told for
      at: that line, if it is another one than the first that was changed
      node: …      what: …      hint: …        of the problem; `what` and `hint` are fragments
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine.problems import BrokenFlow, FlowProblem
from tests.engine import world

FOLDER = Path(__file__).parent / "slips"


def slips() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for slip in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(slip, id=f"{path.stem}: {slip['slip']}")


def commit(slip: dict[str, str], files: dict[str, str]) -> None:
    """Do to the files what the slip says."""
    before = files.get(slip["file"], "")
    assert before.count(slip["old"]) == 1, f"{slip['file']} should hold this once: {slip['old']}"
    files[slip["file"]] = before.replace(slip["old"], slip["new"])


def line_of(slip: dict[str, str], files: dict[str, str]) -> int:
    """The line, counted from 1, that the slip's problem is to be told for."""
    if "at" in slip:
        text = files[slip.get("in", slip["file"])]
        start = text.index(slip.get("after", ""))
        found = re.compile(rf"^{re.escape(slip['at'])}$" if slip["at"].endswith(":") else re.escape(slip["at"]), re.MULTILINE)
        match = found.search(text, start)
        assert match is not None, f"no such line: {slip['at']}"
        return text.count("\n", 0, match.start()) + 1
    text = files[slip["file"]]
    return text.count("\n", 0, text.index(slip["new"])) + 1


def is_told(slip: dict[str, str], files: dict[str, str], problem: FlowProblem) -> bool:
    return (
        (problem.file, problem.line, problem.node) == (slip.get("in", slip["file"]), line_of(slip, files), slip["node"])
        and slip["what"] in problem.what
        and slip["hint"] in problem.hint
    )


def test_the_flow_that_customers_get_has_no_problem() -> None:
    assert world.problems(world.files()) == []


@pytest.mark.parametrize("slip", list(slips()))
def test_one_slip_gives_one_problem_that_says_where_and_what_to_do(slip: dict[str, str]) -> None:
    files = world.files()
    commit(slip, files)
    found = world.problems(files)
    wanted = f"{slip.get('in', slip['file'])}:{line_of(slip, files)}: {slip['node']}: {slip['what']} / {slip['hint']}"
    assert len(found) == 1, f"wanted: {wanted}\n" + "\n".join(map(str, found))
    assert is_told(slip, files, found[0]), f"wanted: {wanted}\n{found[0]}"


#: Slips that have nothing to do with each other, of every sort.
TOGETHER = {
    "a yes that leads nowhere",
    "a role that leads nowhere",
    "a form to which no way leads",
    "a question that passes on to itself once it is answered",
    "an option's label that is too long",
    "a case's label that is too long",
    "a text that is missing",
    "an unknown type of field",
    "a field that no form can ask for",
    "a placeholder in what all summaries say",
    "a key that stands there twice",
    "a phrase that is missing",
    "a placeholder in a refusal",
    "a time zone that there is not",
}


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_files() -> None:
    files = world.files()
    together = [slip.values[0] for slip in slips() if slip.values[0]["slip"] in TOGETHER]
    assert len(together) == len(TOGETHER)
    for slip in together:
        commit(slip, files)
    with pytest.raises(BrokenFlow) as broken:
        world.load(files)
    found = broken.value.problems
    for slip in together:
        assert any(is_told(slip, files, problem) for problem in found), f"not told: {slip['slip']}\n{broken.value}"
    assert len(found) == len(together), str(broken.value)
    assert [(problem.file, problem.line) for problem in found] == sorted((problem.file, problem.line) for problem in found)


@pytest.mark.parametrize("name", ["menus.yaml", "forms.yaml", "phrases.yaml", "refusals.yaml", "hours.yaml"])
def test_a_file_that_is_missing_is_the_only_thing_told(name: str) -> None:
    files = world.files()
    del files[name]
    assert [(problem.file, problem.line, problem.what) for problem in world.problems(files)] == [
        (name, 0, "this file is missing")
    ]


@pytest.mark.parametrize("name", ["vocabulary/menu.yaml", "vocabulary/commands.yaml", "understanding/olvide_clave.yaml"])
@pytest.mark.parametrize("text", ["[", "- a list\n- of words", "colour: red"])
def test_words_that_cannot_be_used_stop_the_start_and_their_file_is_named(name: str, text: str) -> None:
    found = world.problems({**world.files(), name: text})
    stem = name.split("/")[1].removesuffix(".yaml")
    assert any(stem in f"{problem.file} {problem.node} {problem.what}" for problem in found), found


@pytest.mark.parametrize(
    "text", ["", "just words", "- a\n- list", "nodes: words", "nodes: {1: 2}", "roles: [a]\nnodes: {a: [b]}"]
)
@pytest.mark.parametrize("name", ["menus.yaml", "forms.yaml", "phrases.yaml", "refusals.yaml", "hours.yaml", "cases/nuevo.yaml"])
def test_whatever_stands_in_a_file_is_told_as_a_problem(name: str, text: str) -> None:
    found = world.problems({**world.files(), name: text})
    assert any(problem.file == name for problem in found)


def test_a_problem_reads_as_a_place_that_editors_can_open() -> None:
    problem = FlowProblem("menus.yaml", 7, "estado", "no way leads here", "remove it")
    assert str(problem) == "menus.yaml:7: estado: no way leads here\n    remove it"
    assert str(FlowProblem("menus.yaml", 0, "", "this file is missing", "restore it")).startswith("menus.yaml: this file")
