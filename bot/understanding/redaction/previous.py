"""Secrets in two messages: "mi clave es:" and then the value alone."""

from bot.understanding.redaction.numbers import is_identified, is_public, numbers_in
from bot.understanding.redaction.scene import Scene, is_other_code, password_at
from bot.understanding.redaction.value import Value
from bot.understanding.redaction.values import values_after
from bot.understanding.redaction.vocabulary import Role

_BREAKS = frozenset(("pero", "creo", "aunque"))
_BLOCKERS = frozenset(("no", "ni", "nunca", "sin", "jamas", "pide", "piden", "necesito", "vencio", "vencido", "tampoco", "nadie"))


def announces(scene: Scene) -> bool:
    """Does the message say that a secret comes next?"""
    for i in range(len(scene) - 1, -1, -1):
        if password_at(scene, i):
            return _announces_password(scene, i)
        if scene.has(i, Role.CODE) or (
            scene.has(i, Role.CODE_MAYBE) and scene.word(i).startswith("cod") and not is_other_code(scene, i)
        ):
            return not any(scene.word(j) in _BLOCKERS for j in range(len(scene))) and "?" not in scene.gap(len(scene))
    return False


def _announces_password(scene: Scene, i: int) -> bool:
    start = next((j for j in range(i - 1, -1, -1) if scene.word(j) in _BREAKS or scene.pauses(j + 1)), -1) + 1
    if any(scene.has(j, Role.LOSS | Role.NEGATION) for j in range(start, i)):
        return False
    rest = range(i + 1, len(scene))
    if any(scene.has(j, Role.LOSS | Role.NEGATION) for j in rest):
        return False
    if any(scene.has(j, Role.ANNOUNCE) for j in range(len(scene))):
        return True
    if "?" in scene.gap(len(scene)):
        return False
    if len(scene) - 1 > i and scene.word(len(scene) - 1) in {"es", "era", "son", "seria"}:
        return True
    return all(scene.roles[j] & (Role.COPULA | Role.FILLER | Role.POSSESSIVE) for j in rest)


def awaited_values(scene: Scene) -> list[Value]:
    """The announced value in the message that follows; none when the message speaks of something else."""
    found = [
        Value(number.first, number.final, "awaited")
        for number in numbers_in(scene)
        if 3 <= number.digits <= 8 and not is_public(scene, number.first) and not is_identified(scene, number)
    ]
    return found + values_after(scene, -1, awaited=True)
