"""Inputs as JSON, for the inbox: what happened is written down before anything is decided about it."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from bot.engine.inputs import (
    AgentReleased,
    AgentReplied,
    AgentTookOver,
    Input,
    MessageReceived,
    MessagesPiledUp,
    TicketResolved,
    TimeRanOut,
)

#: What each kind of input is called in the inbox. These names are stored for ever.
_TYPES: dict[str, TypeAdapter[Any]] = {
    "message_received": TypeAdapter(MessageReceived),
    "time_ran_out": TypeAdapter(TimeRanOut),
    "messages_piled_up": TypeAdapter(MessagesPiledUp),
    "agent_took_over": TypeAdapter(AgentTookOver),
    "agent_released": TypeAdapter(AgentReleased),
    "agent_replied": TypeAdapter(AgentReplied),
    "ticket_resolved": TypeAdapter(TicketResolved),
}
_NAMES: dict[type[Input], str] = {
    MessageReceived: "message_received",
    TimeRanOut: "time_ran_out",
    MessagesPiledUp: "messages_piled_up",
    AgentTookOver: "agent_took_over",
    AgentReleased: "agent_released",
    AgentReplied: "agent_replied",
    TicketResolved: "ticket_resolved",
}


def to_json(happened: Input) -> dict[str, Any]:
    """`{"type": …, …}`; what is at its default is left out."""
    name = _NAMES[type(happened)]
    return {"type": name, **_TYPES[name].dump_python(happened, mode="json", exclude_defaults=True)}


def from_json(stored: Mapping[str, Any]) -> Input:
    """Read it back. Raises ValueError for a type that this version does not know."""
    adapter = _TYPES.get(stored["type"])
    if adapter is None:
        message = f"an input of an unknown type: {stored['type']!r}"
        raise ValueError(message)
    happened: Input = adapter.validate_python({name: value for name, value in stored.items() if name != "type"})
    return happened
