"""The real flow files as text, for tests that change one thing in them, and a quick way to load the result."""

from collections.abc import Mapping
from functools import cache
from unittest.mock import patch

from bot.engine import load as loading
from bot.engine.flow import Flow
from bot.engine.problems import BrokenFlow, FlowProblem
from bot.engine.sources import Source, read
from bot.engine.vocabulary import Vocabulary, compile_vocabulary
from bot.flows import FLOWS

#: Folders whose files are only compiled into the vocabulary.
_WORDS = ("vocabulary/", "understanding/")
_compiled: dict[tuple[int, ...], tuple[Vocabulary | None, list[FlowProblem]]] = {}


@cache
def _real_files() -> dict[str, str]:
    return {path.relative_to(FLOWS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(FLOWS.rglob("*.yaml"))}


def files() -> dict[str, str]:
    """Name → text of every real flow file, to be changed at will."""
    return dict(_real_files())


def word_files() -> dict[str, str]:
    """Of the real files, those that say how customers say things."""
    return {name: text for name, text in files().items() if name.startswith(_WORDS)}


def load(written: Mapping[str, str]) -> Flow:
    """`bot.engine.load.load`. What was read and compiled before is not read and compiled again: that takes most of the time."""
    with patch("bot.engine.sources.read", _read_once), patch.object(loading, "compile_vocabulary", _compile_once):
        return loading.load(written)


def problems(written: Mapping[str, str]) -> list[FlowProblem]:
    """Everything that is wrong with these files."""
    try:
        load(written)
    except BrokenFlow as broken:
        return broken.problems
    return []


@cache
def real_flow() -> Flow:
    """The flow as customers get it."""
    return load(files())


@cache
def _read(file: str, text: str) -> tuple[Source, tuple[FlowProblem, ...]]:
    found: list[FlowProblem] = []
    return read(file, text, found), tuple(found)


def _read_once(file: str, text: str, noted: list[FlowProblem]) -> Source:
    source, found = _read(file, text)
    noted += found
    return source


def _compile_once(sources: Mapping[str, Source], noted: list[FlowProblem]) -> Vocabulary | None:
    words = {name: source for name, source in sources.items() if name.startswith(_WORDS)}
    key = tuple(id(source) for source in words.values())  # `_read` keeps them alive
    if key not in _compiled:
        found: list[FlowProblem] = []
        _compiled[key] = (compile_vocabulary(words, found), found)
    vocabulary, found = _compiled[key]
    noted += found
    return vocabulary
