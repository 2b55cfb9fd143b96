"""How log lines look: a sentence, and the ids that it is about. Nothing of a customer's gets in.

The text of an exception can hold whatever was being worked on, so of an exception only its type and the lines of code are told.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Literal

#: What is added to a line with `extra=`; nothing else is shown.
FIELDS = ("conversation", "input", "message_id", "attachment", "ticket", "attempts", "node", "ms")


class Plain(logging.Formatter):
    """For people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the way to where an exception was raised."""
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        fields = "".join(f" {name}={value}" for name, value in fields_of(record).items())
        line = f"{at} {record.levelname} {record.name}: {record.getMessage()}{fields}"
        return "\n".join([line, *raised(record)])


class Json(logging.Formatter):
    """For programs: one object to a line."""

    def format(self, record: logging.LogRecord) -> str:
        """`at`, `level`, `logger`, `message`, the ids, and `raised` for an exception."""
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if way := raised(record):
            told["raised"] = way
        return json.dumps(told, ensure_ascii=False, default=str)


FORMATTERS = {"plain": Plain, "json": Json}


def set_up(form: Literal["plain", "json"]) -> None:
    """Write this process's warnings, and what is more serious, to stderr in this form."""
    handler = logging.StreamHandler()
    handler.setFormatter(FORMATTERS[form]())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """The ids that a line is about."""
    return {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}


def raised(record: logging.LogRecord) -> list[str]:
    """The types of an exception and of those behind it, each with where it came from; without their texts."""
    error = record.exc_info[1] if record.exc_info else None
    lines: list[str] = []
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        lines.append(type(error).__name__)
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines
