"""YAML as authors write it: words stay words, and every key knows its line."""

from datetime import date

import pytest

from bot.engine.problems import FlowProblem
from bot.engine.sources import Source, read


def sound(text: str) -> Source:
    problems: list[FlowProblem] = []
    source = read("a.yaml", text, problems)
    assert problems == []
    return source


@pytest.mark.parametrize(
    "word", ["No", "no", "sí", "yes", "on", "off", "Off", "y", "N", "trueque", "falsedad", "True story", "~a"]
)
def test_words_that_look_like_values_are_words(word: str) -> None:
    assert sound(f"label: {word}").data == {"label": word}


@pytest.mark.parametrize(("written", "value"), [("true", True), ("false", False), ("12", 12), ("2026-11-23", date(2026, 11, 23))])
def test_values_are_values(written: str, value: object) -> None:
    assert sound(f"label: {written}").data == {"label": value}


def test_every_key_and_every_item_knows_its_line() -> None:
    source = sound(
        "# a comment\nnodes:\n  inicio:\n    text: |-\n      Uno\n      dos\n    options:\n      - a: 1\n\n      - {a: 2}\n"
    )
    lines = {(): 2, ("nodes", "inicio"): 3, ("nodes", "inicio", "text"): 4, ("nodes", "inicio", "options", 1, "a"): 10}
    assert {path: source.line(path) for path in lines} == lines


def test_what_is_not_written_is_told_at_what_stands_around_it() -> None:
    source = sound("nodes:\n  inicio:\n    options: [{a: 1}]\n")
    assert source.line(("nodes", "inicio", "options", 0, "label")) == 3
    assert source.line(("nodes", "inicio", "text")) == 2
    assert source.line(("roles", "start")) == 1
    assert sound("").line(("anything",)) == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b: c", 1),
        ("a:\n\t- b", 2),
        ("a: *nobody", 1),
        ("a: 1\nb: 'x\nc: 2\n", 2),
        ("x: \x00", 0),
        ("a: !!python/name:os.system x", 1),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line_and_comes_out_empty(text: str, line: int) -> None:
    problems: list[FlowProblem] = []
    source = read("a.yaml", text, problems)
    assert (source.data, source.is_readable) == ({}, False)
    [problem] = problems
    assert (problem.file, problem.line) == ("a.yaml", line)
