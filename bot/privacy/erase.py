"""Erase everything of a person in one transaction, and note what is left to do outside of the database.

Erased are all rows that hang on the contact, the search index, queued messages; what follows (`finish`) are files on disk, the
provider's copies, and the bytes that a database leaves behind. From the first moment on the person's messages are buried:
nothing that comes later brings them back. What is kept are keyed hashes and the dates of their consents.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import addresses, consents, contacts
from bot.contacts.tombstones import bury, hashed
from bot.conversations.tables import conversations, inbox
from bot.messages.outbox import all_sids
from bot.messages.tables import Status, messages
from bot.privacy import reach, record
from bot.privacy.persons import person_hashes
from bot.privacy.tables import Reason, erasures
from bot.tickets.desk_tables import views
from bot.tickets.tables import exports

#: A message that was being sent when it was erased may only then reach the provider: its copy is looked for once more after this.
_STILL_ARRIVING = timedelta(seconds=90)


@dataclass(frozen=True)
class Place:
    """Where an installation keeps what an erasure needs besides its database."""

    folder: Path  #: of the record of erasures
    key: bytes = field(repr=False)  #: of the hashes of persons


@dataclass(frozen=True)
class Todo:
    """What of an erasure is left to do outside of the transaction. Personal until it is done: then it is empty."""

    files: tuple[str, ...] = ()  #: ids of files on disk
    exports: tuple[str, ...] = ()  #: names of files of tickets that agents had made
    sids: tuple[str, ...] = ()  #: the provider's ids of messages
    addresses: tuple[str, ...] = ()  #: whose messages are to be looked for at the provider
    until: str = ""  #: ISO 8601: the last of those messages is not younger, and no listing before this is the last one

    def is_done_but_for_cleaning(self) -> bool:
        """True when only the database's own leavings are left."""
        return not (self.files or self.exports or self.sids or self.addresses)


@dataclass(frozen=True)
class Order:
    """Who is to be erased, why, and who says so. `actor`: an agent's username, empty for the operator or for retention."""

    contact_ids: tuple[str, ...]
    reason: Reason
    actor: str = ""
    id: str = ""  #: of an erasure that is done again; a new one by default


def erase(connection: Connection, order: Order, place: Place, now: datetime) -> str | None:
    """Erase and return the erasure's id; None if none of the contacts is there (any more). Raises OSError: nothing is erased."""
    known = _lock(connection, order.contact_ids)
    if not known:
        return None
    identity = order.id or uuid4().hex
    where, sids = _addresses(connection, known), _sids(connection, known)
    persons = person_hashes(place.key, where)
    hashes = tuple(hashed(sid) for sid in sids)
    record.add(place.folder, record.Line(identity, now.isoformat(), tuple(persons), hashes))
    bury(connection, hashes, now)
    todo = Todo(
        files=tuple(reach.all_files(connection, known)),
        exports=_drop_exports(connection),
        sids=tuple(sids),
        addresses=tuple(where),
        until=(now + _STILL_ARRIVING if _is_sending(connection, known) else now).isoformat(),
    )
    proofs = _proofs(connection, known)
    _forget_views(connection, where)
    counts = reach.delete(connection, known)
    values = {
        "id": identity,
        "persons": persons,
        "reason": order.reason.value,
        "actor": order.actor,
        "at": now,
        "counts": counts,
        "proofs": proofs,
        "todo": asdict(todo),
        "due_at": now,
        "attempts": 0,
        "error": "",
        "finished_at": None,
    }
    connection.execute(sa.insert(erasures).values(values))
    return identity


def was_erased(connection: Connection, address: str, sent_at: datetime, key: bytes) -> bool:
    """Whether whoever wrote this from this address has been erased since. Then the message is not to come in any more.

    Only the provider knows of it, so it is not buried; it may be listed before its copy is deleted.
    """
    since = connection.execute(sa.select(erasures.c.persons).where(erasures.c.at >= sent_at)).scalars()
    (person,) = person_hashes(key, [address])
    return any(person in persons for persons in since)


def contacts_behind(connection: Connection, persons: Collection[str], key: bytes) -> list[str]:
    """Contacts with an address whose hash is among these. Looks at every address there is."""
    pairs = [(row.address, row.contact_id) for row in connection.execute(sa.select(addresses))]
    pairs += [(row.phone, row.id) for row in connection.execute(sa.select(contacts.c.phone, contacts.c.id)) if row.phone]
    wanted = set(persons)
    return sorted({identity for address, identity in pairs if wanted.intersection(person_hashes(key, [address]))})


def _lock(connection: Connection, contact_ids: Collection[str]) -> list[str]:
    """Those of the contacts that are there; no turn is made in their conversations until this transaction ends."""
    theirs = sa.select(conversations.c.id).where(conversations.c.contact_id.in_(list(contact_ids)))
    connection.execute(theirs.order_by(conversations.c.id).with_for_update()).all()
    return list(connection.execute(sa.select(contacts.c.id).where(contacts.c.id.in_(list(contact_ids)))).scalars())


def _addresses(connection: Connection, known: Collection[str]) -> list[str]:
    """Every address they ever wrote from, as the provider writes it."""
    by_address = sa.select(addresses.c.address).where(addresses.c.contact_id.in_(known))
    by_phone = sa.select(contacts.c.phone).where(contacts.c.id.in_(known), contacts.c.phone != "")
    last = sa.select(conversations.c.address).where(conversations.c.contact_id.in_(known))
    found = {*connection.execute(by_address).scalars(), *connection.execute(last).scalars()}
    return sorted(found | {f"whatsapp:{phone}" for phone in connection.execute(by_phone).scalars()})


def _sids(connection: Connection, known: Collection[str]) -> list[str]:
    """The provider's ids of all their messages: of those that were handled, and of those that wait to be."""
    where = reach.conditions(known)
    arrived = sa.select(inbox.c.key).where(where[inbox], ~inbox.c.key.like("%:%"))
    both = sa.select(messages.c.sid, messages.c.past_sids).where(where[messages])
    attempts = {sid for row in connection.execute(both) for sid in all_sids(row.past_sids, row.sid)}
    return sorted({*connection.execute(arrived).scalars(), *attempts})


def _drop_exports(connection: Connection) -> tuple[str, ...]:
    """Files of tickets may hold the person: agents can have them made again."""
    gone = connection.execute(sa.delete(exports).returning(exports.c.id, exports.c.format)).all()
    return tuple(name for row in gone for name in (f"{row.id}.{row.format}", f"{row.id}.part"))


def _forget_views(connection: Connection, where: Collection[str]) -> None:
    """Agents' own views that look for the person by an address or a number."""
    named = [address.removeprefix("whatsapp:").removeprefix("+57").removeprefix("+") for address in where]
    kept = connection.execute(sa.select(views.c.id, views.c.query)).all()  # a few of each agent; they may be sealed
    gone = [row.id for row in kept if any(name in row.query for name in named)]
    connection.execute(sa.delete(views).where(views.c.id.in_(gone)))


def _is_sending(connection: Connection, known: Collection[str]) -> bool:
    under_way = messages.c.status.in_([Status.SENDING.value, Status.UNKNOWN.value])
    query = sa.select(messages.c.id).where(reach.conditions(known)[messages], under_way)
    return connection.execute(query.limit(1)).first() is not None


def _proofs(connection: Connection, known: Collection[str]) -> list[dict[str, Any]]:
    query = sa.select(consents).where(consents.c.contact_id.in_(known)).order_by(consents.c.id)
    return [
        {
            "given": row.given,
            "revokes": row.revokes,
            "policy_version": row.policy_version,
            "text_sha256": row.text_sha256,
            "at": row.at.isoformat(),
        }
        for row in connection.execute(query)
    ]
