"""Secrets in two messages: "mi clave es:" and then the value alone."""

from typing import Final

from bot.understanding.redaction.numbers import is_identified, is_public, numbers_in
from bot.understanding.redaction.scene import Scene, is_other_code, password_at
from bot.understanding.redaction.value import Value
from bot.understanding.redaction.values import values_after
from bot.understanding.redaction.vocabulary import Role

_TURNS: Final = frozenset(("pero", "creo", "aunque"))
_QUESTIONS: Final = frozenset(("qué", "cuál", "cómo", "dónde", "cuánto", "cuándo", "quién"))
#: what may stand around the name when a message says little more than the name
_LITTLE: Final = Role.FILLER | Role.POSSESSIVE | Role.COPULA | Role.USER | Role.ANNOUNCE | Role.NUMBER_WORD | Role.CODE_QUALIFIER
_LITTLE_WORDS: Final = frozenset(("y", "tengo", "hola", "buenas", "q"))
_SURE: Final = 2
_PERHAPS: Final = 1


def announces(scene: Scene) -> int:
    """How surely the message says that a secret comes next: 2 surely, 1 perhaps ("la clave", no more), 0 not at all."""
    for i in range(len(scene) - 1, -1, -1):
        if password_at(scene, i):
            return _announces_at(scene, i, is_code=False)
        is_code = scene.has(i, Role.CODE) or (scene.word(i).startswith("cod") and scene.has(i, Role.CODE_MAYBE))
        if is_code and not is_other_code(scene, i):
            return _announces_at(scene, i, is_code=True)
    return 0


def _announces_at(scene: Scene, i: int, *, is_code: bool) -> int:
    start = next((j for j in range(i - 1, -1, -1) if scene.word(j) in _TURNS or scene.pauses(j + 1)), -1) + 1
    around = [*range(start, i), *range(i + 1, len(scene))]
    asks = "?" in scene.gap(len(scene)) or any(token.raw.lower() in _QUESTIONS for token in scene.line.tokens[:3])
    if asks or any(_is_lost(scene, j, is_code=is_code) for j in around):
        return 0
    cue = Role.ANNOUNCE | Role.DELIVERY if is_code else Role.ANNOUNCE
    was_lost = start == 0 and any(_is_lost(scene, j, is_code=is_code) for j in range(len(scene)))
    ends_pointing = i == len(scene) - 1 and ":" in scene.gap(len(scene))
    if ends_pointing or (scene.topic & cue and not was_lost):
        return _SURE
    told = any(scene.has(j, Role.COPULA) for j in range(i + 1, len(scene))) or ":" in scene.gap(len(scene))
    says_little = all(scene.has(j, _LITTLE) or scene.word(j) in _LITTLE_WORDS for j in around)
    if says_little or (told and scene.word(len(scene) - 1) in {"es", "era", "son", "seria"}):
        return _SURE if told else _PERHAPS
    return 0


def _is_lost(scene: Scene, j: int, *, is_code: bool) -> bool:
    """Does the word say that the secret is lost, refused or asked for? (That a code arrived announces it.)"""
    if is_code:
        return scene.has(j, Role.NEGATION | Role.ASKED) and not scene.has(j, Role.DELIVERY)
    return scene.has(j, Role.LOSS | Role.NEGATION)


def awaited_values(scene: Scene, announced: int) -> list[Value]:
    """The announced value in the message that follows; none when the message speaks of something else."""
    # Without a sure announcement seven or eight digits are the customer's document.
    most = 8 if announced >= _SURE else 6
    found = [
        Value(number.first, number.final, "awaited")
        for number in numbers_in(scene)
        if 3 <= number.digits <= most and not is_public(scene, number.first) and not is_identified(scene, number)
    ]
    return found + values_after(scene, -1, awaited=True)
