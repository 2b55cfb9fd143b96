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
    for identity, persons in _by_erasure(missing).items():
        contact_ids = contacts_behind(connection, persons, place.key)
        order = Order(tuple(contact_ids), Reason.RESTORED, id=identity)
        if erase(connection, order, place, now) is None:
            _write_down(connection, identity, persons, now)
        else:
            back += len(contact_ids)
    return back


def _by_erasure(lines: list[Line]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.id, []).extend(line.persons)
    return found


def _write_down(connection: Connection, identity: str, persons: list[str], now: datetime) -> None:
    """Nothing came back: the erasure is known to this database from now on."""
    empty: dict[str, Any] = {"actor": "", "counts": {}, "proofs": [], "todo": {}, "due_at": None, "attempts": 0, "error": ""}
    values = {"id": identity, "persons": persons, "reason": Reason.RESTORED.value, "at": now, "finished_at": now, **empty}
    connection.execute(sa.insert(erasures).values(values))
