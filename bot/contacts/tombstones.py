"""Messages that must not come back: those of people whose data were erased, known by a hash of the provider's id.

Whatever brings a message here (a webhook, a repeated webhook, the catch-up after an outage) passes `is_buried` at the one door
where messages are recorded. An id is 128 random bits, so its hash tells nothing, with a key or without one.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import tombstones
from bot.statements import Prepared, insert_new

_BURIED = Prepared(sa.select(tombstones.c.sid_hash).where(tombstones.c.sid_hash == sa.bindparam("sid_hash")))


def hashed(sid: str) -> str:
    """What is kept of a message's id: 128 bits in hexadecimal."""
    return sha256(f"message:{sid}".encode()).hexdigest()[:32]


def is_buried(connection: Connection, sid: str) -> bool:
    """Whether this message belonged to somebody whose data were erased."""
    return _BURIED.first(connection, sid_hash=hashed(sid)) is not None


def bury(connection: Connection, hashes: Iterable[str], now: datetime) -> None:
    """Let no message with one of these hashes in any more. Doing it twice changes nothing."""
    for sid_hash in hashes:
        insert_new(connection, tombstones, {"sid_hash": sid_hash, "at": now})
