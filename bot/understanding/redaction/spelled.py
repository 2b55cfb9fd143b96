"""Secrets said letter by letter or digit by digit: "ele u ene a tres tres", "s-o-l-9", "4 0 1 2"."""

from typing import Final

from bot.understanding.redaction.scene import Scene
from bot.understanding.redaction.shapes import Shape
from bot.understanding.redaction.vocabulary import Role

_CORE: Final = Role.NUMBER_WORD | Role.LETTER_WORD
#: letters that are also words, so that they begin or count nothing by themselves
_SHORT_WORDS: Final = frozenset(("y", "o", "a", "e", "u", "de", "q", "k", "x", "d"))


#: words of a spelled value, explanations included
_LONGEST: Final = 40


def _is_core(scene: Scene, j: int) -> bool:
    word = scene.word(j)
    if word in _SHORT_WORDS:
        return False
    if scene.has(j, _CORE) or scene.shapes[j] is Shape.SPELLED:
        return True
    return len(word) == 1 or (len(word) == 2 and scene.shapes[j] is Shape.DIGITS)


def _is_joint(scene: Scene, j: int) -> bool:
    return scene.word(j) in _SHORT_WORDS or scene.has(j, Role.LETTER_JOINT)


def spoken_run(scene: Scene, first: int) -> int | None:
    """The last word of a spelled value that begins at word `first`, or None."""
    if not (_is_core(scene, first) or scene.word(first) in _SHORT_WORDS):
        return None
    core = joints = 0
    final = first
    j = first
    while j < min(len(scene), first + _LONGEST) and (j == first or not scene.breaks(j)):
        if _is_core(scene, j):
            core += 3 if scene.shapes[j] is Shape.SPELLED else 1
            final = j
        elif not _is_joint(scene, j):
            # One word may explain a letter: "pe de perro".
            if scene.word(j - 1) != "de" or j + 1 >= len(scene):
                break
        elif scene.word(j) in _SHORT_WORDS:
            joints += 1
            final = j if scene.pauses(j) or scene.word(j) not in {"y", "de"} else final
        j += 1
    if scene.has(final + 1, Role.UNIT):
        return None
    return final if core >= 3 or (core >= 2 and core + joints >= 4) else None


def spoken_run_before(scene: Scene, last: int) -> int | None:
    """The first word of a spelled value that ends at word `last`, or None."""
    j = last
    while j >= 0 and last - j < 30 and (_is_core(scene, j) or _is_joint(scene, j)) and not (j < last and scene.breaks(j + 1)):
        j -= 1
    for first in range(j + 1, last):
        if _is_core(scene, first) and spoken_run(scene, first) is not None:
            return first
    return None
