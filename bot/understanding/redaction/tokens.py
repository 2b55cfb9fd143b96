"""Cuts a message into words that remember where they stood, with the punctuation between them.

Folding here is one character to one character (accents, case, full-width and styled letters), because what is
covered is covered in the original text; zero-width and combining characters are left out and counted.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

_IGNORABLE: Final = re.compile("[\u00ad\u0300-\u036f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u20e3\ufe00-\ufe0f\ufeff]")
_CHUNK: Final = re.compile(r"\S+")
#: where one chunk holds two words: "clave:valor", "usuario;valor"
_JOINT: Final = re.compile(r"[:=,;()>→»«\"|/.]+")
_OPENING: Final = "([{<\"'«“‘`¿¡*_~.,;:!?)]}>»”’…-=|/\\→"
_CLOSING: Final = "([{<\"'«“‘`¿¡*_~.,;:!?)]}>»”’…-=|/\\→"


class _Table(dict[int, str]):
    """Character code → one folded character, worked out when first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = unicodedata.normalize("NFKD", character)[0].casefold()[:1] or character
        if code < 0x3000:
            self[code] = folded
        return folded


_TABLE: Final = _Table()


def fold(text: str) -> str:
    """Lower case without accents, as many characters as before."""
    return text.lower() if text.isascii() else text.translate(_TABLE)


class Token(NamedTuple):
    """One word: `start` and `end` count characters of the cleaned text."""

    start: int
    end: int
    #: as written, without the punctuation around it
    raw: str
    word: str


@dataclass(frozen=True, slots=True)
class Line:
    """A message cut into words. `gaps[i]` is the punctuation before `tokens[i]`; one more stands after the last."""

    clean: str
    tokens: list[Token]
    gaps: list[str]
    #: position in the cleaned text → position in the original; None when they are the same
    offsets: list[int] | None


def _without_ignorable(text: str) -> tuple[str, list[int] | None]:
    if text.isascii() or not _IGNORABLE.search(text):
        return text, None
    kept = [i for i, character in enumerate(text) if not _IGNORABLE.match(character)]
    offsets = [*kept, len(text)]
    return "".join(text[i] for i in kept), offsets


def _pieces(folded: str, start: int, end: int, roles: Mapping[str, int]) -> list[tuple[int, int]]:
    """Split one chunk where a word of ours touches something else: "clave:valor" but not "pg.local"."""
    pieces = []
    begin = start
    for joint in _JOINT.finditer(folded, start, end):
        left, mark = folded[begin : joint.start()], joint.group()
        if not left or joint.end() == end:
            continue
        is_ours = left in roles
        if mark in "./":
            splits = is_ours and _next_word(folded, joint.end(), end) in roles
        else:
            splits = is_ours or (mark in ",;()" and not left[-1].isdigit())
        if splits:
            pieces.append((begin, joint.start()))
            begin = joint.end()
    pieces.append((begin, end))
    return pieces


def _next_word(folded: str, start: int, end: int) -> str:
    joint = _JOINT.search(folded, start, end)
    return folded[start : joint.start() if joint else end]


def read(text: str, roles: Mapping[str, int]) -> Line:
    """Cut a text into words and gaps; linear in its length."""
    clean, offsets = _without_ignorable(text)
    folded = fold(clean)
    tokens: list[Token] = []
    gaps: list[str] = []
    last = 0
    for chunk in _CHUNK.finditer(folded):
        start, end = chunk.span()
        pieces = ((start, end),) if chunk.group().isalpha() else _pieces(folded, start, end, roles)
        for begin, stop in pieces:
            piece = folded[begin:stop]
            left = len(piece) - len(piece.lstrip(_OPENING))
            core = piece.strip(_OPENING)
            if not any(c.isalnum() for c in core[:40]):
                continue
            first, final = begin + left, begin + left + len(core)
            tokens.append(Token(first, final, clean[first:final], core))
            gaps.append(clean[last:first])
            last = final
    gaps.append(clean[last:])
    return Line(clean, tokens, gaps, offsets)


def span_of(line: Line, first: int, final: int) -> tuple[int, int]:
    """Where the words `first` to `final` stand in the original text, with the symbols that belong to a value."""
    start, end = line.tokens[first].start, line.tokens[final].end
    clean = line.clean
    is_bold = start > 0 and end < len(clean) and clean[start - 1] in "*_~" and clean[start - 1] == clean[end]
    if not is_bold:
        while start > 0 and clean[start - 1] in "$#@&%+!^":
            start -= 1
        while end < len(clean) and clean[end] in "!#$%&+@^*_-":
            end += 1
    if line.offsets is None:
        return start, end
    return line.offsets[start], line.offsets[end]
