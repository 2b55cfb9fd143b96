"""Write a backup while the product runs: all tables as they are at one moment, and the files that they speak of.

Files never change once they are kept, so it does no harm that they are copied a little later.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.files import path_of
from bot.attachments.keep import THUMB, VIEW
from bot.attachments.tables import State, attachments
from bot.backup.form import FORMAT, TYPES, Writer, kind_of, to_line
from bot.db import Database, metadata
from bot.migrations import step_of
from bot.tickets import search
from bot.vault.tables import sealing_keys

#: Imported so that `metadata` knows it: what is encrypted goes into a backup as it is, and with it which keys it needs.
_NEEDED = sealing_keys
#: What lies beside the database and is not in it.
FILES, KEYS = "attachments", "keys"
_AT_ONCE = 1000


@dataclass(frozen=True)
class Made:
    """What went into a backup. `missing` are files that the tables speak of and nobody has."""

    rows: int
    files: int
    keys: tuple[str, ...]
    missing: int


def dump(database: Database, folder: Path, file: Path, now: datetime, *, with_keys: bool) -> Made:
    """Write a backup, whole or not at all, for the owner's eyes only. Raises FileExistsError and OSError.

    `folder` is the installation's data_dir.
    """
    with _appearing(file) as raw, database.snapshot() as connection:
        writer = Writer(raw)
        writer.write({"soporte": FORMAT, "schema": step_of(connection), "made_at": now.isoformat()})
        for table in metadata.sorted_tables:
            _table(connection, table, writer)
        writer.write({"words": True})
        for identity, words in search.everything(connection):
            writer.row([identity, words])
        missing = sum(not _content(writer, folder, f"{FILES}/{name}", name) for name in _names(connection))
        keys = sorted(folder.glob("*.key")) if with_keys else []
        for key in keys:
            writer.content(f"{KEYS}/{key.name}", key)
        writer.end()
        return Made(writer.rows, writer.files, tuple(key.name for key in keys), missing)


def _table(connection: Connection, table: sa.Table, writer: Writer) -> None:
    kinds = {column.name: kind_of(column) for column in table.columns}
    writer.write({"table": table.name, "columns": kinds, "last": last_number(connection, table)})
    raw = [sa.type_coerce(column, TYPES[kind_of(column)]).label(column.name) for column in table.columns]
    query = sa.select(*raw).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(query):
        writer.row([to_line(kind, value) for kind, value in zip(kinds.values(), row, strict=True)])


def counter_of(table: sa.Table) -> str | None:
    """The column of a table that counts up by itself."""
    column = table.autoincrement_column
    return column.name if column is not None else None


def last_number(connection: Connection, table: sa.Table) -> int | None:
    """The last number that the table's counter gave out; None if it has no counter, or gave out none."""
    counter = counter_of(table)
    if counter is None:
        return None
    if connection.dialect.name == "sqlite":
        if not table.dialect_options["sqlite"]["autoincrement"]:
            return connection.execute(sa.select(sa.func.max(table.c[counter]))).scalar()
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.execute(query, {"name": table.name}).scalar()
    sequence = sa.text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, :counter) AS regclass))")
    return connection.execute(sequence, {"name": table.name, "counter": counter}).scalar()


def _names(connection: Connection) -> Iterator[str]:
    """Names of the files that are kept."""
    query = sa.select(attachments.c.stored_as, attachments.c.has_preview).where(attachments.c.state == State.FETCHED.value)
    for row in connection.execute(query.order_by(attachments.c.id).execution_options(yield_per=_AT_ONCE)):
        yield row.stored_as
        if row.has_preview:
            yield from (row.stored_as + VIEW, row.stored_as + THUMB)


def _content(writer: Writer, folder: Path, as_: str, name: str) -> bool:
    try:
        writer.content(as_, path_of(folder / FILES, name))
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _appearing(file: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner may read and that is there only once it is whole. Raises FileExistsError."""
    part = file.with_name(f".{file.name}.part")
    if file.exists():
        raise FileExistsError(file)
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            yield raw
            raw.flush()
            os.fsync(raw.fileno())
        os.link(part, file)  # as rename, but it never takes the place of another one
    finally:
        part.unlink(missing_ok=True)
