"""The audit trail: who did what to what, when and from where. Rows are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.tables import audit


class Action(StrEnum):
    """What is recorded."""

    LOGIN_SUCCEEDED = "agent:login:succeeded"
    LOGIN_FAILED = "agent:login:failed"
    PASSWORD_RIGHT = "agent:login:password"  # noqa: S105 (the name of an action) half a login: the code is still to come
    CODE_WRONG = "agent:login:code_wrong"
    LOGGED_OUT = "agent:logout"
    ADDED = "agent:added"
    ROLE_SET = "agent:role:set"
    DISABLED = "agent:disabled"
    ENABLED = "agent:enabled"
    PASSWORD_SET = "agent:password:set"  # noqa: S105 (the name of an action)
    FACTOR_SET = "agent:factor:set"
    FACTOR_REMOVED = "agent:factor:removed"
    RECOVERY_USED = "agent:factor:recovery_used"
    RECOVERY_RENEWED = "agent:factor:recovery_renewed"
    SESSIONS_ENDED = "agent:sessions:ended"
    LINKED = "agent:linked"
    UNLINKED = "agent:unlinked"
    TICKET_READ = "ticket:read"
    TICKET_CHANGED = "ticket:changed"
    CUSTOMER_ANSWERED = "ticket:answered"
    TICKETS_EXPORTED = "ticket:exported"
    EXPORT_FETCHED = "ticket:export:fetched"
    ATTACHMENT_READ = "attachment:read"
    CUSTOMER_BLOCKED = "customer:blocked"
    CUSTOMER_UNBLOCKED = "customer:unblocked"
    PERSON_READ = "person:read"
    PERSON_EXPORTED = "person:exported"
    PERSON_ERASED = "person:erased"
    ERASURE_REFUSED = "person:erasure_refused"
    MESSAGE_HIDDEN = "message:hidden"
    CASE_PROLONGED = "ticket:prolonged"
    LABEL_ADDED = "label:added"
    LABEL_CHANGED = "label:changed"
    REPLY_ADDED = "reply:added"
    REPLY_CHANGED = "reply:changed"
    REPLY_DELETED = "reply:deleted"


@dataclass(frozen=True)
class Author:
    """Who does something, and from where. Both are empty for a command of the operator's."""

    agent_id: str = ""
    address: str = ""  #: the client's address


OPERATOR = Author()


@dataclass(frozen=True)
class Deed:
    """One line of the trail. `about` is a username, a ticket's number, the id of a file or a contact, or the key of a label or a
    canned reply: never a text that somebody typed.
    """

    action: Action
    about: str
    agent_id: str = ""  #: empty for a failed login and for the operator's commands
    address: str = ""  #: the client's address; empty for the operator's commands
    data: Mapping[str, Any] = field(default_factory=dict)


def deed_of(author: Author, action: Action, about: str, data: Mapping[str, Any] = MappingProxyType({})) -> Deed:
    """What `author` did to `about`."""
    return Deed(action, about, author.agent_id, author.address, data)


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


def is_recorded_since(connection: Connection, deed: Deed, since: datetime) -> bool:
    """Whether the same agent did the same to the same since then."""
    same = sa.and_(audit.c.agent_id == deed.agent_id, audit.c.action == deed.action.value, audit.c.object == deed.about)
    return connection.execute(sa.select(audit.c.id).where(audit.c.at >= since, same).limit(1)).first() is not None


def record_change(connection: Connection, deed: Deed, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> None:
    """Add a line that tells what a change made of what: only the keys whose values differ. Nothing if none does.

    The values must be plain JSON, and neither secrets nor texts that customers wrote: the trail is never cut.
    """
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if not changed:
        return
    data = {"before": {key: before.get(key) for key in changed}, "after": {key: after.get(key) for key in changed}}
    record(connection, replace(deed, data={**deed.data, **data}), now)
