"""Bars, measured for a drawing: the template writes them as SVG. Beside every drawing stands its table.

No chart library draws them. What pygal, leather and matplotlib make brings a style sheet, a script or colours of its own, which
the pages' policy refuses or a dark page cannot change; svg.py and drawsvg build elements, which a template does in a line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 160
_GAP = 0.25  #: of the place that a group of bars has


@dataclass(frozen=True)
class Bar:
    """A rectangle in a drawing of `width` × `HEIGHT`; `series` counts from 0."""

    x: float
    y: float
    width: float
    height: float
    series: int


def bars(groups: Sequence[Sequence[int]], width: float) -> list[Bar]:
    """Groups of bars from left to right, as high as their share of the highest. Values are not negative."""
    highest = max((value for group in groups for value in group), default=0) or 1
    place = width / max(1, len(groups))
    drawn = []
    for number, group in enumerate(groups):
        each = place * (1 - _GAP) / max(1, len(group))
        for series, value in enumerate(group):
            height = round(HEIGHT * value / highest, 2)
            x = number * place + place * _GAP / 2 + series * each
            drawn.append(Bar(round(x, 2), round(HEIGHT - height, 2), round(each, 2), height, series))
    return drawn
