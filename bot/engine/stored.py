"""Inputs as JSON, for the inbox: what happened is written down before anything is decided about it."""

from collections.abc import Mapping
from typing import Any, assert_never

from pydantic import TypeAdapter

from bot.engine.inputs import Input, MessageReceived, TimeRanOut

_MESSAGE = TypeAdapter(MessageReceived)


def to_json(happened: Input) -> dict[str, Any]:
    """`{"type": …, …}`; what is at its default is left out."""
    match happened:
        case MessageReceived():
            return {"type": "message_received", **_MESSAGE.dump_python(happened, mode="json", exclude_defaults=True)}
        case TimeRanOut():
            return {"type": "time_ran_out"}
        case _:
            assert_never(happened)


def from_json(stored: Mapping[str, Any]) -> Input:
    """Read it back. Raises ValueError for a type that this version does not know."""
    match stored["type"]:
        case "message_received":
            return _MESSAGE.validate_python({name: value for name, value in stored.items() if name != "type"})
        case "time_ran_out":
            return TimeRanOut()
        case unknown:
            message = f"an input of an unknown type: {unknown!r}"
            raise ValueError(message)
