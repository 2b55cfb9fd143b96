"""Texts of the flow: filling placeholders, and spelling dates in the flow's language."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

#: The only thing a text may hold besides words: a name in braces.
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def placeholders(text: str) -> list[str]:
    """The names in braces, in order."""
    return _PLACEHOLDER.findall(text)


def has_stray_brace(text: str) -> bool:
    """True if a brace stands there that belongs to no placeholder: most likely a slip of the author's."""
    rest = _PLACEHOLDER.sub("", text)
    return "{" in rest or "}" in rest


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in place. Values are customers' words: they are copied as they are and never looked at for placeholders."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


@dataclass(frozen=True)
class CalendarWords:
    """The names a date is spelled with (`flows/phrases.yaml`)."""

    weekdays: tuple[str, ...]  #: Monday first
    months: tuple[str, ...]
    date: str  #: with {weekday}, {day}, {month}

    def spell(self, day: dt.date) -> str:
        """`lunes 23 de noviembre`, as the flow words it."""
        values = {"weekday": self.weekdays[day.weekday()], "day": str(day.day), "month": self.months[day.month - 1]}
        return fill(self.date, values)
