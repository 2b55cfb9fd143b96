"""Customers who are not answered any more, why, and who decided it. What else that means is said in `conversations.blocking`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import contacts


class Reason(StrEnum):
    """Why a customer is blocked. A choice and not a text: it stands on the audit trail, which is never cut."""

    ABUSE = "abuse"  #: insults or threatens
    SPAM = "spam"  #: advertises, or floods
    FRAUD = "fraud"  #: pretends to be somebody else
    AUTOMATIC = "automatic"  #: a program, not a person
    OTHER = "other"


@dataclass(frozen=True)
class Blocked:
    """A customer who is blocked."""

    contact_id: str
    name: str  #: as WhatsApp told it: untrusted, may be empty
    phone: str  #: E.164, or empty
    reason: Reason
    by: str  #: username
    at: datetime


_BLOCKED = sa.select(contacts).where(contacts.c.blocked_at.is_not(None))


def block(connection: Connection, contact_id: str, reason: Reason, by: str, now: datetime) -> bool:
    """Block a customer; False if there is none of this id, or they are blocked already."""
    is_open = sa.and_(contacts.c.id == contact_id, contacts.c.blocked_at.is_(None))
    values = {"blocked_at": now, "blocked_by": by, "blocked_reason": reason.value}
    return connection.execute(sa.update(contacts).where(is_open).values(values)).rowcount == 1


def unblock(connection: Connection, contact_id: str) -> bool:
    """Let a customer be answered again; False if they were not blocked."""
    is_blocked = sa.and_(contacts.c.id == contact_id, contacts.c.blocked_at.is_not(None))
    values = {"blocked_at": None, "blocked_by": None, "blocked_reason": None}
    return connection.execute(sa.update(contacts).where(is_blocked).values(values)).rowcount == 1


def blocked(connection: Connection, contact_id: str) -> Blocked | None:
    """How a customer is blocked; None if they are not."""
    row = connection.execute(_BLOCKED.where(contacts.c.id == contact_id)).first()
    return None if row is None else _of(row)


def listed(connection: Connection) -> list[Blocked]:
    """Everybody who is blocked, the last one first."""
    return [_of(row) for row in connection.execute(_BLOCKED.order_by(contacts.c.blocked_at.desc(), contacts.c.id))]


def inherit(connection: Connection, *, kept: str, duplicate: str) -> None:
    """Two contacts turned out to be one person: who was blocked stays so under whichever address they write."""
    before = blocked(connection, duplicate)
    if before is not None:
        block(connection, kept, before.reason, before.by, before.at)


def _of(row: sa.Row[tuple[object, ...]]) -> Blocked:
    return Blocked(row.id, row.profile_name, row.phone, Reason(row.blocked_reason), row.blocked_by, row.blocked_at)
