"""Read a backup into an empty database, with the schema that it was made with, and bring it to that of this version.

What was to be sent when the backup was made may have been sent since: all of it counts as unknown, and is looked up at the
provider before anything is sent. Agents' sessions are not restored: one that was ended meanwhile stays ended.
"""

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.tables import sessions
from bot.attachments.files import NAME, save
from bot.backup.dump import FILES, KEYS, counter_of
from bot.backup.form import TYPES, BrokenBackupError, from_line, sections
from bot.db import metadata
from bot.messages import outbox
from bot.migrations import upgrade_on
from bot.tickets import search

_AT_ONCE = 500
_LEFT_OUT = (sessions.name,)
_KEY = re.compile(r"[a-z][a-z-]*\.key", re.ASCII)


@dataclass
class Restored:
    """What came out of a backup."""

    rows: int = 0
    files: int = 0
    in_doubt: int = 0  #: messages that may have been sent since


def is_empty(connection: Connection) -> bool:
    """Whether a database holds nothing of ours, or only empty tables."""
    there = set(sa.inspect(connection).get_table_names())
    ours = (table for table in metadata.sorted_tables if table.name in there)
    return not any(connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() for table in ours)


def clear(connection: Connection) -> None:
    """Remove our tables, whatever version made them. PostgreSQL takes it back if the transaction fails."""
    there = set(sa.inspect(connection).get_table_names())
    for name in there & {*metadata.tables, "ticket_search", "alembic_version"}:
        connection.exec_driver_sql(f'DROP TABLE "{name}" CASCADE')


def fill(connection: Connection, folder: Path, file: Path, schema: str, now: datetime) -> Restored:
    """Fill a database without tables from a backup of this schema, and `folder` (data_dir) with its files and keys.

    Raises BrokenBackupError and what the database raises; the caller takes back the transaction then.
    """
    upgrade_on(connection, schema)
    done = Restored()
    for head, values in sections(file):
        match head:
            case {"soporte": _}:
                pass
            case {"table": str(name), "columns": dict(kinds), "last": last}:
                done.rows += _table(connection, name, kinds, values)
                _count_on(connection, name, last)
            case {"words": True}:
                for identity, words in values:
                    search.keep(connection, identity, set(words.split()))
            case {"file": str(name), "bytes": int(size)}:
                _file(folder, name, size, values)
                done.files += 1
            case _:
                raise BrokenBackupError(f"it holds something unknown: {', '.join(head)}")
    upgrade_on(connection, "head")
    done.in_doubt = outbox.doubt(connection, now)
    return done


def _table(connection: Connection, name: str, kinds: dict[str, str], values: Iterator[list[Any]]) -> int:
    table = sa.table(name, *(sa.column(column, TYPES[kind]) for column, kind in kinds.items()))
    count = 0
    while rows := list(islice(values, _AT_ONCE)):
        read = [{column: from_line(kinds[column], value) for column, value in zip(kinds, row, strict=True)} for row in rows]
        if name not in _LEFT_OUT:
            connection.execute(sa.insert(table), read)
            count += len(read)
    return count


def _count_on(connection: Connection, name: str, last: int | None) -> None:
    """Let the table's counter go on behind the last number that was given out, also if that row is gone."""
    counter = counter_of(metadata.tables[name]) if name in metadata.tables else None
    if counter is None or last is None:
        return
    if connection.dialect.name == "sqlite":
        if metadata.tables[name].dialect_options["sqlite"]["autoincrement"]:
            connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            values = {"name": name, "last": last}
            connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)
        return
    values = {"name": name, "counter": counter, "last": last}
    connection.execute(sa.text("SELECT setval(pg_get_serial_sequence(:name, :counter), :last)"), values)


def _file(folder: Path, name: str, size: int, values: Iterator[str]) -> None:
    """Keep a file of the backup under its name, if that is one of ours. Raises BrokenBackupError and OSError."""
    content = b"".join(base64.b64decode(piece, validate=True) for piece in values)
    if len(content) != size:
        raise BrokenBackupError("a file in it has another size than it says")
    match name.split("/"):
        case [place, kept] if place == FILES and NAME.fullmatch(kept):
            save(folder / FILES, kept, content)
        case [place, key] if place == KEYS and _KEY.fullmatch(key):
            _keep_key(folder / key, content)
        case _:
            raise BrokenBackupError("a file in it has a name that is none of ours")


def _keep_key(path: Path, content: bytes) -> None:
    """Put a key in its place; another one that was there stays beside it."""
    if path.exists() and path.read_bytes() != content:
        path.rename(path.with_name(f"{path.name}.before"))
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as made:
            made.write(content)
            made.flush()
            os.fsync(made.fileno())


def foreign_keys(folder: Path, file: Path) -> list[str]:
    """Names of the keys in `folder` that are not those of the backup: what was made with them cannot be read with these."""
    found = []
    for head, values in sections(file):
        place, _, name = str(head.get("file", "")).partition("/")
        if place == KEYS and _KEY.fullmatch(name) and (folder / name).exists():
            content = b"".join(base64.b64decode(piece, validate=True) for piece in values)
            found += [name] if (folder / name).read_bytes() != content else []
    return found
