"""How commands show data in a terminal: aligned columns and JSON. Customers' texts cannot move the cursor or turn the line."""

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Bogota")
#: Control characters, and those that turn the direction of writing.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def line(text: str, longest: int | None = None) -> str:
    """A text on one line, safe for a terminal; cut to `longest` columns, with an ellipsis."""
    flat = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    if longest is None or _width(flat) <= longest:
        return flat
    kept = flat[:longest]
    while _width(kept) > longest - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def lines(text: str) -> list[str]:
    """A text line by line, each safe for a terminal."""
    return [line(part) for part in text.splitlines()]


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with two blanks between its columns. The cells are already safe (`line`)."""
    widths = [max(_width(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [heads, *rows]
    )


def clock(moment: datetime) -> str:
    """A time as Colombia's clocks show it."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def to_json(value: Any) -> str:
    """JSON for programs, readable by people: accents stay, times are ISO 8601 in UTC."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    return re.sub(
        r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _width(text: str) -> int:
    """How many columns a terminal gives the text: two for wide characters, none for combining ones."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
