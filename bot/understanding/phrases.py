"""Tables of phrases, and the reading of a short message with them: the longest phrase first, from left to right.

A message is understood only when every word of it belongs to some phrase; what belongs to none stays as it is, and
whoever reads decides what that means. Not for long texts: what customers tell in sentences is read by `questions`.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.understanding.folding import fold

Meaning = TypeVar("Meaning")
Words = tuple[str, ...]

#: Digits are words of their own: "op2" is two words, and so is "3ra", here and in the phrases alike.
_WORD = re.compile(r"\d+|[^\W\d_]+")
_WORD_OR_SYMBOL = re.compile(r"\d+|[^\W\d_]+|[^\w\s\x00-\x7f]")
_RUN = re.compile(r"([^\W\d_])\1+")

SHORTEST_WITH_SLIP = 5
_MOST_SLIPS = 2

#: Letters that are written for one another: "sinco", "bolver", "kancelar", "hayuda".
_SOUNDS_ALIKE = ("sczx", "bvw", "kqc", "gj", "yil", "uo")


@dataclass(frozen=True)
class Phrases(Generic[Meaning]):
    """Phrases and what each means. Letters held down ("holaaa") are found among the `squeezed`."""

    meanings: Mapping[Words, Meaning]
    squeezed: Mapping[Words, Meaning]  #: the same with doubled letters made single
    longest: Mapping[str, int]  #: first word, squeezed → words in the longest phrase that begins so
    words: frozenset[str]  #: all words of its phrases, as they are and squeezed: a message with any other word has a gap


@dataclass(frozen=True)
class Piece(Generic[Meaning]):
    """Words of a message that were read together; without a meaning it is one word that no phrase knows."""

    words: Words
    meaning: Meaning | None


def words_of(text: str, *, symbols: bool = False) -> Words:
    """The folded words and numbers of a text; with `symbols` also each emoji."""
    return tuple((_WORD_OR_SYMBOL if symbols else _WORD).findall(fold(text)))


def squeeze(words: Words) -> Words:
    """The same words without doubled letters. Digits stay: 11 is not 1."""
    return tuple(_RUN.sub(r"\1", word) for word in words)


def compile_phrases(
    groups: Iterable[tuple[Meaning, Iterable[str]]],
    rest: tuple[Meaning, Iterable[str]] | None = None,
    *,
    symbols: bool = False,
) -> Phrases[Meaning]:
    """Build a table. A phrase with two meanings raises ValueError; in `rest` it is left out if it has a meaning already."""
    meanings: dict[Words, Meaning] = {}
    for meaning, phrases in groups:
        for phrase in phrases:
            words = _shared(words_of(phrase, symbols=symbols))
            if not words:
                raise ValueError(f"{phrase!r} holds no word")
            if meanings.setdefault(words, meaning) != meaning:
                raise ValueError(f"{phrase!r} stands under two meanings: {meanings[words]} and {meaning}")
    if rest is not None:
        for phrase in rest[1]:
            meanings.setdefault(_shared(words_of(phrase, symbols=symbols)), rest[0])
    longest: dict[str, int] = {}
    for words in meanings:
        [first] = squeeze(words[:1])
        longest[first] = max(longest.get(first, 0), len(words))
    squeezed = _squeezed(meanings)
    known = frozenset(word for words in (*meanings, *squeezed) for word in words)
    return Phrases(meanings, squeezed, longest, known)


def _shared(words: Words) -> Words:
    """The same words, of which each is held in memory once, however many phrases have it."""
    return tuple(map(sys.intern, words))


def _squeezed(meanings: Mapping[Words, Meaning]) -> dict[Words, Meaning]:
    """Without those that mean two things once their doubled letters are single, or that come down to a letter: "bb"."""
    found: dict[Words, set[Meaning]] = {}
    for words, meaning in meanings.items():
        key = _shared(squeeze(words))
        if all(len(short) > 1 or len(word) == 1 for short, word in zip(key, words, strict=True)):
            found.setdefault(key, set()).add(meaning)
    return {words: meant.pop() for words, meant in found.items() if len(meant) == 1}


def read(words: Words, phrases: Phrases[Meaning], squeezed: Words | None = None) -> list[Piece[Meaning]]:
    """Cut a message into phrases, the longest first from the left. `squeezed` is given by whoever has it already."""
    pieces: list[Piece[Meaning]] = []
    squeezed = squeeze(words) if squeezed is None else squeezed
    start = 0
    while start < len(words):
        meaning, end = None, start + 1
        for stop in range(min(start + phrases.longest.get(squeezed[start], 0), len(words)), start, -1):
            meaning = phrases.meanings.get(words[start:stop])
            if meaning is None:
                meaning = phrases.squeezed.get(squeezed[start:stop])
            if meaning is not None:
                end = stop
                break
        pieces.append(Piece(words[start:end], meaning))
        start = end
    return pieces


class Part(Enum):
    """What a phrase does for a message that has to be understood whole."""

    CORE = "says it, alone or among words around it"
    AROUND = "may stand around a core"


def says(words: Words, table: Phrases[Part], squeezed: Words | None = None) -> bool:
    """True if a core is there and nothing but cores and what may stand around them."""
    squeezed = squeeze(words) if squeezed is None else squeezed
    if any(word not in table.words and short not in table.words for word, short in zip(words, squeezed, strict=True)):
        return False  # nearly every message: it need not be cut into phrases
    parts = {piece.meaning for piece in read(words, table, squeezed)}
    return Part.CORE in parts and None not in parts


def compile_parts(core: Iterable[str], around: Iterable[str]) -> Phrases[Part]:
    """A table for `says`. What stands in both lists is core."""
    return compile_phrases([(Part.CORE, core)], (Part.AROUND, around))


def without(words: Words, table: Phrases[Part]) -> Words:
    """The words that belong to no phrase of the table."""
    return tuple(word for piece in read(words, table) if piece.meaning is None for word in piece.words)


@dataclass(frozen=True)
class Slips(Generic[Meaning]):
    """Words that are recognised with a slip of the thumb, by their length, and what each means.

    `real_words` are right as they stand: "ingresar" is no slip for "regresar".
    """

    by_length: Mapping[int, tuple[tuple[str, Meaning], ...]]
    real_words: frozenset[str]


def compile_slips(meanings: Mapping[str, Meaning], real_words: Iterable[str]) -> Slips[Meaning]:
    """A table of slips. Words of less than five letters are left out: too many others are one letter away."""
    by_length: dict[int, list[tuple[str, Meaning]]] = {}
    for word, meaning in meanings.items():
        if len(word) >= SHORTEST_WITH_SLIP:
            by_length.setdefault(len(word), []).append((word, meaning))
    return Slips({length: tuple(words) for length, words in by_length.items()}, frozenset(real_words))


def nearest(word: str, slips: Slips[Meaning]) -> Meaning | None:
    """What the word means that this one is a slip away from; None if there is none, or several meanings.

    One slip (a letter wrong, missing, too many, or two swapped) from five letters on, two from nine on.
    """
    if len(word) < SHORTEST_WITH_SLIP - 1 or word in slips.real_words:
        return None
    near: set[Meaning] = set()
    for length in range(len(word) - 2, len(word) + 3):
        allowed = 1 if length < 9 else _MOST_SLIPS
        if abs(len(word) - length) <= allowed:
            near.update(meaning for candidate, meaning in slips.by_length.get(length, ()) if is_slip(word, candidate, allowed))
    return near.pop() if len(near) == 1 else None


def is_near(word: str, candidates: Sequence[str]) -> bool:
    """Whether one of the words is near enough for `nearest`, however it begins: all of them are compared in one go."""
    return process.extractOne(word, candidates, scorer=OSA.distance, score_cutoff=_MOST_SLIPS) is not None


def is_slip(word: str, candidate: str, allowed: int) -> bool:
    """Whether the words are at most so many slips apart, and begin alike."""
    return OSA.distance(word, candidate, score_cutoff=allowed) <= allowed and _starts_alike(word, candidate)


def _starts_alike(word: str, candidate: str) -> bool:
    """A first letter is rarely missed, except a silent h, one that sounds the same, or two swapped."""
    first, wanted = word[0], candidate[0]
    if first == wanted:
        return True
    return (
        (first == "h" and word[1] == wanted)
        or (wanted == "h" and candidate[1] == first)
        or word[:2] == candidate[1::-1]
        or any(first in alike and wanted in alike for alike in _SOUNDS_ALIKE)
    )
