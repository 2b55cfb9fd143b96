"""Opening what is sealed, at every start; and turning it on, once, with nothing else at work.

The table of keys says what the data need. A start without one of these is refused, so nobody is ever shown a sealed value, and
a lost key is noticed at once.
"""

import base64
import os
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import addresses, contacts
from bot.sealing.columns import Findable
from bot.sealing.keys import KEY_BYTES, Key, Keyring
from bot.statements import alone, insert_new
from bot.tickets import search
from bot.vault.tables import sealing_keys

_INDEX = "sealing_keys.index_key"
#: One process at a time turns it on, or adds a key.
_LOCK = 0x50C0_0003
_AT_ONCE = 1000


class LockedError(Exception):
    """The keys that were given do not fit the data; the message says how, in one line."""


def unlock(connection: Connection, keys: Sequence[Key], now: datetime, *, starts: bool) -> Keyring | None:
    """What this database is sealed with; None if it is not. Raises LockedError.

    `starts` is the product itself: it notes a first key that is new, and seals a database without customers from now on; one
    with them has to be turned on first. A command never is the first to seal with a key: the product could not read it.
    """
    alone(connection, _LOCK)
    keyring = opened(connection, keys)
    if keyring is not None and starts:
        _note(connection, keys[0], _index_secret(connection, keys), now)
    elif keyring is not None and not _is_noted(connection, keys[0]):
        raise LockedError(f"the first key ({keys[0].id}) is new: start the product with it before anything else")
    if keyring is not None or not keys or not starts:
        return keyring
    if connection.execute(sa.select(contacts.c.id).limit(1)).first() is not None:
        raise LockedError("there are keys, and the data are not encrypted yet: run `soporte key on` while nothing else runs")
    return turn_on(connection, keys, now)


def opened(connection: Connection, keys: Sequence[Key]) -> Keyring | None:
    """What this database is sealed with, changing nothing; None if it is not. Raises LockedError if a key is missing."""
    needed = set(connection.execute(sa.select(sealing_keys.c.id)).scalars())
    if not needed:
        return None
    if missing := sorted(needed - {key.id for key in keys}):
        some = "a key" if len(missing) == 1 else f"{len(missing)} keys"
        raise LockedError(f"{some} that data here were encrypted with is missing: {', '.join(missing)}")
    return Keyring(keys, _index_secret(connection, keys))


def is_on(connection: Connection) -> bool:
    """Whether anything here may be sealed."""
    return connection.execute(sa.select(sealing_keys.c.id).limit(1)).first() is not None


def others_at_work(connection: Connection) -> int:
    """Other connections to a server's database: what runs without keys does not see that they are needed from now on."""
    if connection.dialect.name == "sqlite":
        return 0
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
    return int(connection.execute(sa.text(query)).scalar_one())


def turn_on(connection: Connection, keys: Sequence[Key], now: datetime) -> Keyring:
    """Seal from now on. What is found by equality is sealed at once, all the rest when it is written next, or by `rotate`."""
    secret = os.urandom(KEY_BYTES)
    _note(connection, keys[0], secret, now)
    keyring = Keyring(keys, secret)
    for table, column in ((addresses, "address"), (contacts, "phone")):
        _seal_all(connection, keyring, table, column)
    search.rewrite(connection, keyring.word)
    return keyring


def _seal_all(connection: Connection, keyring: Keyring, table: sa.Table, name: str) -> None:
    """Every value of a column that is looked for: from now on no plain one would be found."""
    kind = table.c[name].type
    assert isinstance(kind, Findable)  # noqa: S101 (for the type checker)
    as_stored = sa.table(table.name, sa.column(name, sa.Text))
    plain = list(connection.execute(sa.select(as_stored.c[name]).distinct()).scalars())
    change = sa.update(as_stored).where(as_stored.c[name] == sa.bindparam("before")).values({name: sa.bindparam("after")})
    changes = [{"before": text, "after": kind.seal(keyring, text)} for text in plain if text]
    for start in range(0, len(changes), _AT_ONCE):
        connection.execute(change, changes[start : start + _AT_ONCE])


def _note(connection: Connection, key: Key, index_secret: bytes, now: datetime) -> None:
    if not _is_noted(connection, key):
        sealed = base64.b64encode(key.seal(_INDEX, index_secret)).decode()
        insert_new(connection, sealing_keys, {"id": key.id, "index_key": sealed, "added_at": now})


def _is_noted(connection: Connection, key: Key) -> bool:
    return connection.execute(sa.select(sealing_keys.c.id).where(sealing_keys.c.id == key.id)).first() is not None


def _index_secret(connection: Connection, keys: Sequence[Key]) -> bytes:
    rows = {row.id: row.index_key for row in connection.execute(sa.select(sealing_keys))}
    key = next(key for key in keys if key.id in rows)
    return key.open(base64.b64decode(rows[key.id]), _INDEX.encode())
