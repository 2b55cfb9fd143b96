"""The audit trail: who did what to what, when and from where. Rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.tables import audit


class Action(StrEnum):
    """What is recorded."""

    LOGIN_SUCCEEDED = "agent:login:succeeded"
    LOGIN_FAILED = "agent:login:failed"
    LOGGED_OUT = "agent:logout"
    ADDED = "agent:added"
    DISABLED = "agent:disabled"
    PASSWORD_SET = "agent:password:set"  # noqa: S105 (the name of an action)
    TICKET_READ = "ticket:read"
    TICKET_CHANGED = "ticket:changed"
    CUSTOMER_ANSWERED = "ticket:answered"


@dataclass(frozen=True)
class Deed:
    """One line of the trail. `about` is a username or a ticket's number, never a text that somebody typed."""

    action: Action
    about: str
    agent_id: str = ""  #: empty for a failed login and for the operator's commands
    address: str = ""  #: the client's address; empty for the operator's commands
    data: Mapping[str, Any] = field(default_factory=dict)


def record(connection: Connection, deed: Deed, now: datetime) -> None:
    """Add one line."""
    values = {
        "at": now,
        "agent_id": deed.agent_id,
        "action": deed.action.value,
        "object": deed.about,
        "address": deed.address,
        "data": dict(deed.data),
    }
    connection.execute(sa.insert(audit).values(values))
