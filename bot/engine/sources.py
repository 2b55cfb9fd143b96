"""Flow files as data that still knows its lines: YAML in, values and the line of every key out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import ValidationError
from rapidfuzz.process import extractOne

from bot.engine.problems import FlowProblem

Path = tuple[str | int, ...]

#: How alike two names must be, out of 100, for one to be a slip of the other.
ALIKE = 60


class _Loader(yaml.CSafeLoader):
    """YAML in which only true and false are truth values: an author's `label: No` is a word."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


@dataclass(frozen=True)
class Source:
    """One file: its data, and for each path of keys the line it stands on."""

    file: str
    data: Any
    lines: Mapping[Path, int] = field(default_factory=dict)
    is_readable: bool = True  #: False for a file that is missing or is no YAML: nobody knows what else is missing then

    def line(self, path: Path) -> int:
        """The line of a path; of the nearest thing around it where the path itself is not written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def problem(self, path: Path, node: str, what: str, hint: str) -> FlowProblem:
        """A problem at a path of this file."""
        return FlowProblem(self.file, self.line(path), node, what, hint)


@dataclass(frozen=True)
class Place:
    """Where something was written, and what its author knows it by. Parts of it may have been written elsewhere."""

    source: Source
    path: Path
    shown: str
    keys: Mapping[str, "Place"] = field(default_factory=dict)  #: the (dotted) keys that were written elsewhere
    others: "Place | None" = None  #: where all other keys were written, if not under `path`

    def __str__(self) -> str:
        return f"{self.source.file}:{self.source.line(self.path)}"

    def problem(self, what: str, hint: str, key: str = "") -> FlowProblem:
        """A problem at the line of a (dotted) key; of the whole, without one."""
        if key in self.keys:
            return self.keys[key].problem(what, hint)
        if key and self.others is not None:
            return self.others.problem(what, hint, key)
        parts = [int(part) if part.isdecimal() else part for part in key.split(".") if part]
        return self.source.problem((*self.path, *parts), self.shown, what, hint)


def read(file: str, text: str, problems: list[FlowProblem]) -> Source:
    """Parse one file. What cannot be parsed is reported and comes out empty; keys written twice are reported."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        data = None if root is None else loader.construct_document(root)
    except yaml.YAMLError as error:
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
        # A quote that is never closed is found at the end of the file; where it was opened helps more.
        mark = getattr(error, "context_mark" if "end of stream" in what else "problem_mark", None)
        line = mark.line + 1 if mark else 0
        problems.append(FlowProblem(file, line, "", what, "check the indentation, and quote texts that hold a colon"))
        return Source(file, {}, is_readable=False)
    lines: dict[Path, int] = {}
    if root is not None:
        _walk(root, (), lines, file, problems)
    return Source(file, {} if data is None else data, lines)


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], file: str, problems: list[FlowProblem]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    match node:
        case yaml.MappingNode():
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                if name in seen:
                    problems.append(
                        FlowProblem(file, key.start_mark.line + 1, name, "this key stands here twice", "remove one of the two")
                    )
                seen.add(name)
                lines[(*path, name)] = key.start_mark.line + 1
                _walk(value, (*path, name), lines, file, problems)
        case yaml.SequenceNode():
            for number, item in enumerate(node.value):
                _walk(item, (*path, number), lines, file, problems)


#: What helps against what pydantic finds wrong, by the name that pydantic gives it.
_HINTS = {
    "missing": "add it; the documentation of the type shows an example",
    "extra_forbidden": "is it misspelt? The documentation of the type lists the keys there are",
    "string_too_short": "write the text",
    "string_type": "put it in quotes: unquoted, YAML takes it for a number, a date, or for true or false",
    "too_short": "add at least one",
    "too_long": "WhatsApp shows at most 10 options: split them over two menus",
    "string_pattern_mismatch": "names are lower-case letters, digits and underscores, parts joined by dots",
}


def describe(error: ValidationError, place: Place) -> list[FlowProblem]:
    """What pydantic found wrong in a part of a file, as an author's problems."""
    problems = []
    missing = {detail["loc"] for detail in error.errors() if detail["type"] == "missing"}
    for detail in sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden"):
        location = detail["loc"]
        hint = _HINTS.get(detail["type"], "compare with the example in the documentation of the type")
        if detail["type"] == "extra_forbidden" and (meant := _misspelt(location, missing)):
            missing.remove(meant)
            hint = f"did you mean {meant[-1]!r}?"
        if detail["type"] != "missing" or location in missing:
            key = ".".join(str(part) for part in location)
            problems.append(place.problem(f"{key}: {detail['msg']}" if key else detail["msg"], hint, key))
    return problems


def _misspelt(written: Path, missing: set[Path]) -> Path:
    """Of the keys that are missing beside a key that is not known, the one that it is most like; empty if it is like none."""
    beside = {str(path[-1]): path for path in missing if path[:-1] == written[:-1]}
    near = extractOne(str(written[-1]), list(beside), score_cutoff=ALIKE)
    return beside[near[0]] if near else ()
