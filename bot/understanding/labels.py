"""Which option of a menu is meant by words out of its label: "la de la contraseña", "soy nuevo", "olvide mi usurio".

A message points at a label only if each of its words is found there; a word more and it is a sentence about something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.understanding.phrases import Words, is_slip, words_of

#: Where several labels hold the words, they point at the one of which they are at least this much.
_ENOUGH = 0.5


@dataclass(frozen=True)
class LabelWords:
    """How words count when labels are compared."""

    small: frozenset[str]  #: count for nothing
    negations: frozenset[str]
    weak: frozenset[str]  #: have to be in the label, but do not point at it: "un poco" is no choice
    same: Mapping[str, str]  #: word → the word that stands for all of its meaning: clave → contrasena


def pointed_at(words: Words, labels: Sequence[str], how: LabelWords) -> tuple[int, ...]:
    """The options (from 1) whose label holds every word of the message; none if no word of it has weight.

    With a "no" among them the words have to come in the label's order: "usuario sí, clave no" is not "no tengo clave".
    """
    asked = _without_small(words, how)
    if how.weak.issuperset(asked):
        return ()
    ordered = how.negations & set(asked)
    return tuple(number for number, label in enumerate(labels, 1) if _holds(words_of(label), asked, how, ordered=bool(ordered)))


def _holds(label: Words, asked: Sequence[str], how: LabelWords, *, ordered: bool) -> bool:
    start, found_weight = 0, False
    for word in asked:
        places = [place for place in range(start, len(label)) if _same(word, label[place], how)]
        if not places:
            return False
        found_weight = found_weight or any(label[place] not in how.weak for place in places)
        start = places[0] + 1 if ordered else 0
    return found_weight


def only_one(words: Words, labels: Sequence[str], how: LabelWords) -> int | None:
    """The option that these words can only mean; None if none, or several with equal right."""
    options = pointed_at(words, labels, how)
    if len(options) == 1:
        return options[0]
    asked = set(_without_small(words, how))
    complete = [number for number in options if _weighty(words_of(labels[number - 1]), how) <= asked]
    if len(complete) == 1:
        return complete[0]
    large = [number for number in options if len(asked - how.weak) >= _ENOUGH * len(_weighty(words_of(labels[number - 1]), how))]
    return large[0] if len(large) == 1 else None


def whole_label(words: Words, labels: Sequence[str], how: LabelWords) -> int | None:
    """The option whose label the message repeats, small words aside."""
    asked = _without_small(words, how)
    same = [number for number, label in enumerate(labels, 1) if asked and _without_small(words_of(label), how) == asked]
    return same[0] if len(same) == 1 else None


def _without_small(words: Words, how: LabelWords) -> list[str]:
    return [word for word in words if word not in how.small]


def _weighty(label: Words, how: LabelWords) -> set[str]:
    return {word for word in label if word not in how.small and word not in how.weak}


def _same(word: str, other: str, how: LabelWords) -> bool:
    if word == other or how.same.get(word, word) == how.same.get(other, other):
        return True
    return _is_inflected(word, other) or _is_slip(word, other)


def _is_inflected(word: str, other: str) -> bool:
    """Ingreso, ingresar; usuario, usuarios: the same beginning and at most two letters of ending."""
    begin = next((place for place, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return begin >= 5 and max(len(word), len(other)) - begin <= 2


def _is_slip(word: str, other: str) -> bool:
    shorter = min(len(word), len(other))
    return shorter > 4 and is_slip(word, other, 1 if shorter < 9 else 2)
