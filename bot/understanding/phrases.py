"""Tables of phrases, and the reading of a short message with them: the longest phrase first, from left to right.

A message is understood only when every word of it belongs to some phrase; what belongs to none stays as it is, and
whoever reads decides what that means. Not for long texts: what customers tell in sentences is read by `questions`.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from rapidfuzz.distance import OSA

from bot.understanding.folding import fold

Meaning = TypeVar("Meaning")
Words = tuple[str, ...]

#: Digits are words of their own: "op2" is two words, and so is "3ra", here and in the phrases alike.
_WORD = re.compile(r"\d+|[^\W\d_]+")
_WORD_OR_SYMBOL = re.compile(r"\d+|[^\W\d_]+|[^\w\s\x00-\x7f]")
_RUN = re.compile(r"([^\W\d_])\1+")

#: Letters that are written for one another: "sinco", "bolver", "kancelar", "hayuda".
_SOUNDS_ALIKE = ("sczx", "bvw", "kqc", "gj", "yil", "uo")


@dataclass(frozen=True)
class Phrases(Generic[Meaning]):
    """Phrases and what each means. `squeezed` holds them once more with doubled letters made single."""

    meanings: Mapping[Words, Meaning]
    squeezed: Mapping[Words, Meaning]
    longest: int  #: words in the longest phrase

    def get(self, words: Words) -> Meaning | None:
        """What these words mean together, also with letters held down ("holaaa"); None for no phrase."""
        meaning = self.meanings.get(words)
        return self.squeezed.get(squeeze(words)) if meaning is None else meaning


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
            words = words_of(phrase, symbols=symbols)
            if not words:
                raise ValueError(f"{phrase!r} holds no word")
            if meanings.setdefault(words, meaning) != meaning:
                raise ValueError(f"{phrase!r} stands under two meanings: {meanings[words]} and {meaning}")
    if rest is not None:
        for phrase in rest[1]:
            meanings.setdefault(words_of(phrase, symbols=symbols), rest[0])
    return Phrases(meanings, _squeezed(meanings), max(map(len, meanings), default=0))


def _squeezed(meanings: Mapping[Words, Meaning]) -> dict[Words, Meaning]:
    """Without those that mean two things once their doubled letters are single, or that come down to a letter: "bb"."""
    found: dict[Words, set[Meaning]] = {}
    for words, meaning in meanings.items():
        key = squeeze(words)
        if all(len(short) > 1 or len(word) == 1 for short, word in zip(key, words, strict=True)):
            found.setdefault(key, set()).add(meaning)
    return {words: meant.pop() for words, meant in found.items() if len(meant) == 1}


def read(words: Words, phrases: Phrases[Meaning]) -> list[Piece[Meaning]]:
    """Cut a message into phrases, the longest first from the left. At most `longest` look-ups per word."""
    pieces: list[Piece[Meaning]] = []
    start = 0
    while start < len(words):
        for length in range(min(phrases.longest, len(words) - start), 0, -1):
            meaning = phrases.get(words[start : start + length])
            if meaning is not None:
                pieces.append(Piece(words[start : start + length], meaning))
                break
        else:
            length = 1
            pieces.append(Piece(words[start : start + 1], None))
        start += length
    return pieces


class Part(Enum):
    """What a phrase does for a message that has to be understood whole."""

    CORE = "says it, alone or among words around it"
    AROUND = "may stand around a core"


def says(words: Words, table: Phrases[Part]) -> bool:
    """True if a core is there and nothing but cores and what may stand around them."""
    parts = {piece.meaning for piece in read(words, table)}
    return Part.CORE in parts and None not in parts


def compile_parts(core: Iterable[str], around: Iterable[str]) -> Phrases[Part]:
    """A table for `says`. What stands in both lists is core."""
    return compile_phrases([(Part.CORE, core)], (Part.AROUND, around))


def without(words: Words, table: Phrases[Part]) -> Words:
    """The words that belong to no phrase of the table."""
    return tuple(word for piece in read(words, table) if piece.meaning is None for word in piece.words)


def nearest(word: str, candidates: Mapping[str, Meaning], real_words: Collection[str]) -> Meaning | None:
    """What the word means that this one is a slip of the thumb away from; None if there is none, or several meanings.

    One slip (a letter wrong, missing, too many, or two swapped) from five letters on, two from nine on. `real_words`
    are right as they stand: "ingresar" is no slip for "regresar".
    """
    if len(word) < 4 or word in real_words:
        return None
    near = {meaning for candidate, meaning in candidates.items() if _is_slip(word, candidate)}
    return near.pop() if len(near) == 1 else None


def _is_slip(word: str, candidate: str) -> bool:
    allowed = 0 if len(candidate) < 5 else 1 if len(candidate) < 9 else 2
    if abs(len(word) - len(candidate)) > allowed or not _starts_alike(word, candidate):
        return False
    return OSA.distance(word, candidate, score_cutoff=allowed) <= allowed


def _starts_alike(word: str, candidate: str) -> bool:
    """A first letter is rarely missed, except a silent h, one that sounds the same, or two swapped."""
    first, wanted = word[0], candidate[0]
    return (
        first == wanted
        or (first == "h" and word[1] == wanted)
        or (wanted == "h" and candidate[1] == first)
        or word[:2] == candidate[1::-1]
        or any(first in alike and wanted in alike for alike in _SOUNDS_ALIKE)
    )
