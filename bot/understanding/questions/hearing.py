"""A message taken apart: its words, its clauses, and what each word means where it stands."""

from dataclasses import dataclass

from bot.understanding.questions.clauses import Borders, Clause, clauses_of, is_elliptic
from bot.understanding.questions.signals import Meanings, hear, mask_of
from bot.understanding.questions.words import Speller, words_of


@dataclass(frozen=True, slots=True)
class Language:
    """What is needed to hear a message."""

    speller: Speller
    meanings: Meanings
    borders: Borders


@dataclass(frozen=True, slots=True)
class Heard:
    """Words in order, the clauses over them, the bits of each word of each clause, and their union per clause.

    A clause that only names a thing takes over what the clause before said: "olvidé el usuario, y también la clave".
    """

    words: list[str]
    clauses: list[Clause]
    masks: list[list[int]]
    whole: list[int]


def listen(text: str, language: Language) -> Heard:
    """Take a message apart. No clauses if there is nothing to read."""
    words = words_of(text, language.speller)
    plain = [mask_of(word, language.meanings) for word in words]
    clauses = clauses_of(words, plain, language.borders)
    masks = [hear(words[c.first : c.end], plain[c.first : c.end], language.meanings) for c in clauses]
    whole = [union(of) for of in masks]
    for at, clause in enumerate(clauses[1:], start=1):
        span = slice(clause.first, clause.end)
        if is_elliptic(words[span], plain[span], masks[at], language.borders):
            whole[at] |= whole[at - 1] & ~language.borders.nouns
    return Heard(words, clauses, masks, whole)


def union(masks: list[int]) -> int:
    """All bits of several masks."""
    whole = 0
    for mask in masks:
        whole |= mask
    return whole
