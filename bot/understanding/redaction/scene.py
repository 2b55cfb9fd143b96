"""A message read once: its words, their roles and shapes, and which of them name something secret."""

import re
from dataclasses import dataclass
from typing import Final

from rapidfuzz.distance import OSA

from bot.understanding.redaction.shapes import Shape, is_known, shape_of
from bot.understanding.redaction.tokens import Line, read
from bot.understanding.redaction.vocabulary import Role, Secrets

_ARROW: Final = re.compile(r"[:=→➡⇒»>]")
_STOP: Final = re.compile(r"[.;!?…\n]")
#: names long enough to be recognised with two slips
_LONG_NAMES: Final = ("contrasena", "password")
_SLIPS: Final = 2
_DETERMINERS: Final = frozenset(("la", "mi", "su", "tu", "nuestra", "una", "esta", "otra"))


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the rules look at; lists run parallel to the words."""

    line: Line
    secrets: Secrets
    roles: list[int]
    shapes: list[Shape]
    #: union of all roles in the message
    topic: int

    def __len__(self) -> int:
        return len(self.roles)

    def word(self, i: int) -> str:
        """The folded word, or nothing outside the message."""
        return self.line.tokens[i].word if 0 <= i < len(self.roles) else ""

    def has(self, i: int, role: int) -> bool:
        """Has the word at `i` one of these roles?"""
        return 0 <= i < len(self.roles) and bool(self.roles[i] & role)

    def gap(self, i: int) -> str:
        """The punctuation before word `i`."""
        return self.line.gaps[i]

    def points(self, i: int) -> bool:
        """Does an arrow, a colon or an equals sign stand before word `i`?"""
        gap = self.line.gaps[i]
        return gap not in {"", " "} and bool(_ARROW.search(gap))

    def breaks(self, i: int) -> bool:
        """Does a sentence or a line end before word `i`?"""
        gap = self.line.gaps[i]
        return gap not in {"", " "} and bool(_STOP.search(gap))

    def pauses(self, i: int) -> bool:
        """Is there any punctuation before word `i` (also true behind the last word)?"""
        return i >= len(self.roles) or bool(self.line.gaps[i].strip())

    def is_unknown(self, i: int, *, strictly: bool = False) -> bool:
        """Letters only, and no common word: what a password of letters looks like.

        `strictly` lets only participles of verbs on the list pass as common ("asignada", but not "limonada").
        """
        return self.shapes[i] is Shape.WORD and not is_known(self.line.tokens[i].word, self.secrets, strictly=strictly)

    def is_odd(self, i: int) -> bool:
        """Letters with digits, symbols or capitals inside."""
        return self.shapes[i] >= Shape.MIXED

    def is_quoted(self, i: int) -> bool:
        """Does the word stand alone in quotes or between asterisks?"""
        before, behind = self.line.gaps[i].strip()[-1:], self.line.gaps[i + 1].strip()[:1]
        return bool(before) and before in "\"'«“‘`*_" and bool(behind) and behind in "\"'»”’`*_"


def misspelled(word: str) -> int:
    """The role of a long word that is nearly "contraseña" or "password"; nothing for any other."""
    if word[:1] not in {"c", "k", "p"} or not 7 <= len(word) <= 12:
        return 0
    near = any(OSA.distance(word, name, score_cutoff=_SLIPS) <= _SLIPS for name in _LONG_NAMES)
    return Role.PASSWORD if near else 0


def read_scene(text: str, secrets: Secrets) -> Scene:
    """Read a text once."""
    line = read(text, secrets.roles)
    lookup = secrets.roles.get
    roles = [lookup(token.word, 0) or misspelled(token.word) for token in line.tokens]
    topic = 0
    for role in roles:
        topic |= role
    return Scene(line, secrets, roles, [shape_of(token, secrets) for token in line.tokens], topic)


def password_at(scene: Scene, i: int) -> bool:
    """Does word `i` name a password (and not "punto clave", "la clave del éxito", "en contra")?"""
    word = scene.word(i)
    if word == "contra":
        return scene.word(i - 1) in _DETERMINERS and not scene.has(i - 2, Role.USE_WITH)
    return scene.has(i, Role.PASSWORD) and not (word.startswith("clave") and _is_other_clave(scene, i))


def _is_other_clave(scene: Scene, i: int) -> bool:
    if scene.has(i - 1, Role.CLAVE_HEAD) and not scene.pauses(i):
        return True
    if scene.word(i - 1) == "en" and scene.word(i + 1) in {"de", "morse"}:
        return True
    return scene.word(i + 1) in {"de", "del", "en"} and any(scene.has(j, Role.CLAVE_OTHER) for j in (i + 2, i + 3))


def code_at(scene: Scene, i: int) -> bool:
    """Does word `i` name a one-time code or PIN (and not "código de error")?"""
    if scene.has(i, Role.CODE):
        return True
    if not scene.has(i, Role.CODE_MAYBE) or is_other_code(scene, i):
        return False
    near = range(max(0, i - 1), min(i + 5, len(scene)))
    if any(scene.has(j, Role.CODE_QUALIFIER) for j in near):
        return True
    return scene.word(i) == "codiguito" or (scene.word(i).startswith("cod") and bool(scene.topic & (Role.DELIVERY | Role.CODE)))


def is_other_code(scene: Scene, i: int) -> bool:
    """Is the code at word `i` one of products, errors, places…?"""
    if scene.has(i - 1, Role.CODE_OTHER) and not scene.pauses(i):
        return True
    for j in range(i + 1, min(i + 4, len(scene))):
        if scene.has(j, Role.CODE_QUALIFIER) or scene.breaks(j):
            return False
        if scene.has(j, Role.CODE_OTHER):
            return True
    return False


def is_user_name(scene: Scene, i: int) -> bool:
    """Is word `i` said to be the name of a user: "usuario ana_2", "mi usuario es ana_2"?"""
    j = i - 1
    while j >= 0 and i - j < 4 and scene.roles[j] & (Role.COPULA | Role.FILLER):
        j -= 1
    return scene.has(j, Role.USER) and not scene.breaks(j + 1)
