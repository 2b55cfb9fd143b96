"""What a database leaves behind of deleted rows: bytes in its file and in its log. SQLite is written anew without them.

PostgreSQL's tables are vacuumed; what its own log and its backups hold ends with them (`docs/privacy.md`).
"""

import sqlite3
from contextlib import closing

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bot.db import Database

#: A larger file is not written anew in the middle of the day: writers wait meanwhile.
LARGEST_AT_ONCE = 64 * 1024 * 1024
_PATIENCE_SECONDS = 10.0


class BusyError(Exception):
    """Somebody read or wrote all the while; nothing is harmed, to be tried again."""


def size(database: Database) -> int:
    """Bytes of an SQLite file; 0 for a server."""
    if not database.embedded:
        return 0
    with database.reading.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def clean(database: Database) -> None:
    """Leave nothing of deleted rows. Blocks, for seconds per gigabyte, and so do writers meanwhile. Raises BusyError."""
    if database.embedded:
        _write_anew(make_url(str(database.engine.url)).database or "")
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM"))


def _write_anew(file: str) -> None:
    try:
        with closing(sqlite3.connect(file, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            # The index of words keeps deleted ones until its parts are merged.
            connection.execute("INSERT INTO ticket_search(ticket_search) VALUES ('optimize')")
            connection.execute("VACUUM")
            # The log still holds the old pages; cut to nothing, it holds none.
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        raise BusyError(str(error)) from None
    if busy:
        raise BusyError("the log is being read")
