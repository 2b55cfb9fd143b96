"""Where customers leave, drawn on the tree of the menus: measured here, written as SVG by the template, with a table beside.

A line for each node that a dialogue came to, and for those above it; a bar as long as its share of all dialogues, the end of it
in another colour for those who left there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.engine.tree import Branch

WIDTH = 780
_LINE, _STEP, _BARS, _LONGEST = 26, 18, 430, 250
_LETTER = 7.2  #: about the width of one at the size that the style sheet gives


@dataclass(frozen=True)
class Twig:
    """A line of the drawing: where its text begins, and the two parts of its bar."""

    label: str
    x: float
    y: float
    trunk: str  #: path from the line that it hangs on; empty at the top
    came: int
    left: int
    stayed_width: float
    left_width: float

    @property
    def bar_x(self) -> float:
        """Where the bar begins."""
        return _BARS

    @property
    def left_x(self) -> float:
        """Where the part of those who left begins."""
        return _BARS + self.stayed_width

    @property
    def count_x(self) -> float:
        """Where the numbers stand."""
        return self.left_x + self.left_width + 8


def drawn(tree: Sequence[Branch], numbers: Mapping[str, tuple[int, int]]) -> tuple[list[Twig], int]:
    """The lines, and how high the drawing is. `numbers`: node → how many came there, and how many left there."""
    shown = _shown(tree, numbers)
    highest = max((came for came, _ in numbers.values()), default=0) or 1
    twigs: list[Twig] = []
    above: list[float] = []  # the y of the last line at each depth
    for n, branch in enumerate(shown):
        x, y = float(branch.depth * _STEP), n * _LINE + _LINE / 2
        above[branch.depth :] = [y]
        came, left = numbers.get(branch.node, (0, 0))
        trunk = f"M{x - _STEP + 5:g} {above[branch.depth - 1] + 9:g}V{y:g}H{x - 3:g}" if branch.depth else ""
        parts = (round(_LONGEST * (came - left) / highest, 1), round(_LONGEST * left / highest, 1))
        twigs.append(Twig(_cut(branch.label, x), x, y, trunk, came, left, *parts))
    return twigs, len(shown) * _LINE


def _shown(tree: Sequence[Branch], numbers: Mapping[str, tuple[int, int]]) -> list[Branch]:
    """What has numbers, and all that it hangs on."""
    kept: list[Branch] = []
    deepest = -1
    for branch in reversed(tree):
        if branch.node in numbers or branch.depth < deepest:
            kept.append(branch)
            deepest = branch.depth
        elif branch.depth == 0:
            deepest = -1
    return kept[::-1]


def _cut(label: str, x: float) -> str:
    room = int((_BARS - x - 16) / _LETTER)
    return label if len(label) <= room else f"{label[: room - 1]}…"
