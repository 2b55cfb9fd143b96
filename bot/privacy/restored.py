"""At the start: erase (again) whoever the record of erasures knows and the database does not. A backup was older than that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tombstones import bury
from bot.privacy import record
from bot.privacy.erase import Order, Place, contacts_behind, erase
from bot.privacy.record import Line
from bot.privacy.tables import Reason, erasures


def erase_again(connection: Connection, place: Place, now: datetime) -> int:
    """Bring the database up to the record; returns how many people had come back. Raises OSError."""
    lines = record.lines(place.folder)
    if not lines:
        return 0
    known = set(connection.execute(sa.select(erasures.c.id)).scalars())
    missing = [line for line in lines if line.id not in known]
    for line in missing:
        bury(connection, line.messages, line.moment)
    back = 0
    for identity, its in _by_erasure(missing).items():
        # As if it had been done when it was done: whoever wrote after it is a new customer.
        persons, moment = [person for line in its for person in line.persons], its[0].moment
        contact_ids = contacts_behind(connection, persons, place.key)
        order = Order(tuple(contact_ids), Reason.RESTORED, id=identity)
        if erase(connection, order, place, moment) is None:
            _write_down(connection, identity, persons, moment, now)
        else:
            back += len(contact_ids)
    return back


def _by_erasure(lines: list[Line]) -> Mapping[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.id, []).append(line)
    return found


def _write_down(connection: Connection, identity: str, persons: list[str], at: datetime, now: datetime) -> None:
    """Nothing came back: the erasure is known to this database from now on."""
    empty: dict[str, Any] = {"actor": "", "counts": {}, "proofs": [], "todo": {}, "due_at": None, "attempts": 0, "error": ""}
    values = {"id": identity, "persons": persons, "reason": Reason.RESTORED.value, "at": at, "finished_at": now, **empty}
    connection.execute(sa.insert(erasures).values(values))
