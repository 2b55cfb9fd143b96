"""Every type of node: its cases (`nodes/<type>.yaml`, see `node_cases`), its example in the documentation, its ways."""

import inspect
import re
import textwrap
from collections.abc import Iterable
from typing import Any

import pytest

from bot.engine import sources
from bot.engine.nodes import NODES
from bot.engine.nodes.base import Node
from bot.engine.problems import FlowProblem
from tests.engine import node_cases

#: An example begins with the name of a node, alone on its line.
_EXAMPLE = re.compile(r"^[a-z][a-z0-9_.]*:\n(?:[ ]+.*\n?|\n)+", re.MULTILINE)


def with_cases(registry: Iterable[str]) -> set[str]:
    return {name for name in registry if (node_cases.FOLDER / f"{name}.yaml").exists()}


def example(node_type: type[Node]) -> dict[str, Any]:
    """The example in a type's docstring: node name → data."""
    found = _EXAMPLE.search(inspect.cleandoc(node_type.__doc__ or ""))
    assert found is not None, f"{node_type.__name__} shows no example"
    problems: list[FlowProblem] = []
    written: dict[str, Any] = sources.read("example", textwrap.dedent(found[0]), problems).data
    assert problems == []
    return written


@pytest.mark.parametrize(("nodes", "case"), node_cases.parameters([name for name in NODES if name in with_cases(NODES)]))
def test_it_does_what_its_case_says(nodes: dict[str, Any], case: dict[str, Any]) -> None:
    node_cases.compare(case, node_cases.play(case, node_cases.small_flow(nodes)))


def test_every_type_has_its_cases() -> None:
    assert with_cases(NODES) == set(NODES)


def test_a_type_without_cases_would_be_noticed() -> None:
    registry = {**NODES, "invented": Node}
    assert set(registry) - with_cases(registry) == {"invented"}
    with pytest.raises(FileNotFoundError):
        node_cases.groups("invented")


def test_no_cases_are_left_of_a_type_that_is_gone() -> None:
    assert {path.stem for path in node_cases.FOLDER.glob("*.yaml")} <= set(NODES)


@pytest.mark.parametrize("name", NODES)
def test_every_case_says_what_it_shows_in_a_sentence_and_every_file_plays_its_type(name: str) -> None:
    groups = node_cases.groups(name)
    assert name in {node["type"] for group in groups for node in group.nodes.values()}
    for group in groups:
        for case in group.cases:
            assert re.fullmatch(r"[A-Z][^\n]+ [^\n]+ [^\n]+\.", case["shows"]), case["shows"]
            assert case.keys() & {"bot", "then", "answers", "opens"}, f"expects nothing: {case['shows']}"


@pytest.mark.parametrize("name", NODES)
def test_the_example_in_its_documentation_is_a_node_of_the_type(name: str) -> None:
    [(node, data)] = example(NODES[name]).items()
    assert data["type"] == name
    loaded = NODES[name].model_validate(data)
    assert all(target for target in loaded.leads_to().values())
    assert node


@pytest.mark.parametrize("name", NODES)
def test_a_key_that_its_documentation_does_not_show_is_refused(name: str) -> None:
    [data] = example(NODES[name]).values()
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        NODES[name].model_validate({**data, "colour": "red"})
