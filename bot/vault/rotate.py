"""Bring everything to the first key, from older keys and from plain, while the product runs.

Row by row in small transactions that lock what they read, so nothing that is written meanwhile is lost. What is done stays
done: after a crash it is begun anew and passes over it. In the end the older keys are struck from the table of keys.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.files import NAME, beginning, load, save
from bot.attachments.tables import attachments
from bot.contacts.tables import consents
from bot.db import Database, Json, metadata
from bot.sealing.columns import Findable, Sealed, SealedJson
from bot.sealing.keys import Keyring
from bot.vault.tables import sealing_keys

#: Rows of one transaction: writers wait for it.
_AT_ONCE = 200
PLAIN = "plain"
_FILES = "files"
#: The trigger that keeps evidence from being changed (`bot/migrations`, step 0007).
_GUARD = "consents_are_kept"

_Column = Sealed | SealedJson


@dataclass
class Kept:
    """Under which key how much is kept: place → key's id, or `PLAIN` → values or files."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, place: str, key: str | None) -> None:
        """Count one more."""
        self.counts.setdefault(place, Counter())[key or PLAIN] += 1

    def under(self) -> Counter[str]:
        """All places together."""
        return sum(self.counts.values(), Counter())


@dataclass(frozen=True)
class _Sealable:
    """A table with the columns that `rotate` brings to the first key, and all of it as it is stored."""

    table: sa.Table
    kinds: dict[str, _Column]
    stored: sa.TableClause
    keys: tuple[str, ...]  #: its primary key


def status(database: Database, keyring: Keyring, folder: Path) -> Kept:
    """Count, changing nothing. Reads everything."""
    kept = Kept()
    for sealable in _tables():
        after: tuple[Any, ...] | None = None
        while rows := database.read_now(partial(_page, sealable=sealable, after=after, locked=False)):
            _count(sealable, rows, keyring, kept)
            after = _place(sealable, rows[-1])
    for name in _names(folder):
        if (head := beginning(folder, name)) is not None:
            kept.add(_FILES, keyring.key_of_file(head))
    return kept


def rotate(database: Database, folder: Path, tell: Callable[[str, int], None]) -> int:
    """Seal everything that is not under the first key; how much that was. `tell` hears of each place and of how many so far.

    Raises what the database and the disk raise.
    """
    keyring = database.keyring
    if keyring is None:
        return 0
    done = 0
    for sealable in _tables():
        after: tuple[Any, ...] | None = None
        while True:
            job = partial(_reseal_page, sealable=sealable, keyring=keyring, after=after)
            changed, after = database.write_now(job)
            done += changed
            tell(sealable.table.name, done)
            if after is None:
                break
    for name in _names(folder):
        done += database.write_now(partial(_reseal_file, folder=folder, name=name, keyring=keyring))
        tell(_FILES, done)
    return done


def forget_others(connection: Connection, keyring: Keyring) -> None:
    """Strike the keys that nothing is sealed under any more: from now on no start asks for them."""
    connection.execute(sa.delete(sealing_keys).where(sealing_keys.c.id != keyring.first.id))


def _tables() -> Iterator[_Sealable]:
    for table in metadata.sorted_tables:
        kinds = {
            column.name: column.type
            for column in table.columns
            if isinstance(column.type, Sealed | SealedJson) and not isinstance(column.type, Findable)
        }
        if kinds:
            columns = [sa.column(column.name, _as_stored(column.type)) for column in table.columns]
            keys = tuple(column.name for column in table.primary_key.columns)
            yield _Sealable(table, kinds, sa.table(table.name, *columns), keys)


def _as_stored(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    return Json if isinstance(kind, SealedJson) else sa.Text() if isinstance(kind, Sealed) else kind


def _page(connection: Connection, sealable: _Sealable, after: tuple[Any, ...] | None, *, locked: bool) -> list[Any]:
    """The next rows behind the one with this key. SQLite has one writer and ignores the lock."""
    columns = sealable.stored.c
    keys = [columns[name] for name in sealable.keys]
    query = sa.select(*keys, *(columns[name] for name in sealable.kinds)).order_by(*keys).limit(_AT_ONCE)
    if after is not None:
        query = query.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, after)))
    return list(connection.execute(query.with_for_update() if locked else query).all())


def _place(sealable: _Sealable, row: Any) -> tuple[Any, ...]:
    return tuple(row._mapping[name] for name in sealable.keys)


def _count(sealable: _Sealable, rows: list[Any], keyring: Keyring, kept: Kept) -> None:
    for row in rows:
        for name, kind in sealable.kinds.items():
            if stored := row._mapping[name]:
                kept.add(kind.place, kind.key_of(keyring, stored))


def _reseal_page(
    connection: Connection, sealable: _Sealable, keyring: Keyring, after: tuple[Any, ...] | None
) -> tuple[int, tuple[Any, ...] | None]:
    """How many values changed, and the key of the last row, or None at the end."""
    rows = _page(connection, sealable, after, locked=True)
    changes = [(row, new) for row in rows if (new := _anew(sealable, row, keyring))]
    if changes:
        with _unguarded(connection, sealable.table):
            for row, new in changes:
                here = sa.and_(*(sealable.stored.c[name] == row._mapping[name] for name in sealable.keys))
                connection.execute(sa.update(sealable.stored).where(here).values(new))
    return sum(len(new) for _, new in changes), _place(sealable, rows[-1]) if len(rows) == _AT_ONCE else None


def _anew(sealable: _Sealable, row: Any, keyring: Keyring) -> dict[str, Any]:
    """What of a row is not under the first key, as it is to be stored."""
    stored = {name: row._mapping[name] for name in sealable.kinds}
    return {
        name: kind.anew(keyring, stored[name])
        for name, kind in sealable.kinds.items()
        if stored[name] and kind.key_of(keyring, stored[name]) != keyring.first.id
    }


@contextmanager
def _unguarded(connection: Connection, table: sa.Table) -> Iterator[None]:
    """Evidence is sealed anew and says the same: within this transaction its guard is off, and nobody else sees that."""
    if table is not consents:
        yield
    elif connection.dialect.name == "sqlite":
        guard = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": _GUARD}).scalar_one()
        connection.exec_driver_sql(f"DROP TRIGGER {_GUARD}")
        yield
        connection.exec_driver_sql(guard)
    else:
        connection.exec_driver_sql(f"ALTER TABLE consents DISABLE TRIGGER {_GUARD}")
        yield
        connection.exec_driver_sql(f"ALTER TABLE consents ENABLE TRIGGER {_GUARD}")


def _names(folder: Path) -> Iterator[str]:
    """Every file that is kept."""
    for path in sorted(folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
        if NAME.fullmatch(path.name):
            yield path.name


def _reseal_file(connection: Connection, folder: Path, name: str, keyring: Keyring) -> int:
    """1 if a file was sealed anew. Its row is locked meanwhile: what is erased at this moment does not come back."""
    head = beginning(folder, name)
    if head is None or keyring.key_of_file(head) == keyring.first.id:
        return 0
    row = sa.select(attachments.c.id).where(attachments.c.id == name[:32]).with_for_update()
    if connection.execute(row).first() is None:
        return 0  # nobody's: retention takes it away
    try:
        save(folder, name, load(folder, name, keyring), keyring)
    except FileNotFoundError:
        return 0
    return 1
