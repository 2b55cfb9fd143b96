"""Finding a person, and what there is of them: what is shown before somebody is exported or erased."""

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import addresses, consents, contacts, erasure_refusals
from bot.privacy import reach
from bot.tickets.rights import Case, cases_of
from bot.tickets.tables import tickets

_TICKET = re.compile(r"SF-[0-9]{6,19}", re.ASCII)


@dataclass(frozen=True)
class Consent:
    """One answer to the notice, as it is proved."""

    at: datetime
    given: bool
    revokes: bool
    policy_version: str
    text_sha256: str
    answer: str
    message_sid: str
    purposes: tuple[str, ...]
    notice_sid: str
    notice_status: str


@dataclass(frozen=True)
class Turned:
    """A request to erase that was turned down."""

    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True)
class Person:
    """Somebody and how much there is of them. Names and words are the customer's: untrusted."""

    id: str
    phone: str  #: E.164, or empty while WhatsApp hides it
    profile_name: str
    since: datetime
    addresses: tuple[str, ...]
    tickets: tuple[str, ...]  #: numbers, newest first
    counts: dict[str, int]  #: table → rows; also `files`
    consents: tuple[Consent, ...]  #: oldest first
    cases: tuple[Case, ...]
    refusals: tuple[Turned, ...]

    @property
    def confirmation(self) -> str:
        """What has to be typed to erase them: what names them, and nobody else."""
        return self.phone or self.id[:8]


def find(connection: Connection, named: str) -> str | None:
    """The id of the person behind a telephone, an address of WhatsApp, a ticket's number, or an id; None if there is none."""
    wanted = named.strip()
    if _TICKET.fullmatch(wanted.upper()):
        return connection.execute(sa.select(tickets.c.contact_id).where(tickets.c.number == wanted.upper())).scalar_one_or_none()
    bare = wanted.removeprefix("whatsapp:")
    by_address = sa.select(addresses.c.contact_id).where(addresses.c.address == f"whatsapp:{bare}")
    by_phone = sa.select(contacts.c.id).where(contacts.c.phone == bare, contacts.c.phone != "")
    by_id = sa.select(contacts.c.id).where(contacts.c.id == wanted)
    return next(
        (found for query in (by_address, by_phone, by_id) if (found := connection.execute(query.limit(1)).scalar())), None
    )


def person(connection: Connection, contact_id: str) -> Person | None:
    """Somebody, with counts and evidence."""
    row = connection.execute(sa.select(contacts).where(contacts.c.id == contact_id)).one_or_none()
    if row is None:
        return None
    where = sa.select(addresses.c.address).where(addresses.c.contact_id == contact_id)
    numbers = sa.select(tickets.c.number).where(tickets.c.contact_id == contact_id).order_by(tickets.c.id.desc())
    counts = reach.count(connection, [contact_id])
    if files := len(reach.all_files(connection, [contact_id])):
        counts["files"] = files
    return Person(
        id=row.id,
        phone=row.phone,
        profile_name=row.profile_name,
        since=row.created_at,
        addresses=tuple(sorted(connection.execute(where).scalars())),
        tickets=tuple(connection.execute(numbers).scalars()),
        counts=counts,
        consents=_consents(connection, contact_id),
        cases=tuple(cases_of(connection, contact_id)),
        refusals=_refusals(connection, contact_id),
    )


def refuse(connection: Connection, contact_id: str, reason: str, actor: str, now: datetime) -> None:
    """Write down that somebody's data are not erased, and why."""
    values = {"contact_id": contact_id, "reason": reason, "actor": actor, "at": now}
    connection.execute(sa.insert(erasure_refusals).values(values))


def _consents(connection: Connection, contact_id: str) -> tuple[Consent, ...]:
    query = sa.select(consents).where(consents.c.contact_id == contact_id).order_by(consents.c.id)
    return tuple(
        Consent(
            row.at,
            row.given,
            row.revokes,
            row.policy_version,
            row.text_sha256,
            row.answer,
            row.message_sid,
            tuple(row.purposes),
            row.notice_sid,
            row.notice_status,
        )
        for row in connection.execute(query)
    )


def _refusals(connection: Connection, contact_id: str) -> tuple[Turned, ...]:
    query = sa.select(erasure_refusals).where(erasure_refusals.c.contact_id == contact_id).order_by(erasure_refusals.c.id)
    return tuple(Turned(row.at, row.actor, row.reason) for row in connection.execute(query))
