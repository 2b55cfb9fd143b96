"""The database: the same tables on SQLite (embedded) and on PostgreSQL (many processes), always through SQLAlchemy Core.

A piece of work is a *job*: a function that takes a connection. `write` runs it in a transaction and returns once that is
durable; on SQLite one thread does all writing and shares a commit between the jobs that wait (group commit), because
there only one writer can be at work anyway and the disk's flush is the expensive part. `read` sees committed data only.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Dialect, Engine, make_url

from bot import json_text
from bot.group_commit import GroupCommit, Job
from bot.postgres import CONNECTIONS, postgres_engine
from bot.sealing.columns import hold
from bot.sealing.keys import Keyring

T = TypeVar("T")

#: All tables of the product hang on this; `bot/migrations` brings a database to the same shape.
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: A whole number that counts up by itself and never comes back, also after a delete.
Counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

#: Characters of a time as SQLite keeps it, in UTC and without saying so: 2026-01-31 12:00:00.000000
_CLOCK_READING = 26


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware UTC time. SQLite has no time zones, so it keeps the UTC clock reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Refuse a time without a zone: it would be off by hours somewhere."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a time without a zone: {value!r}"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite both ways in one step each: every message writes and reads dozens of times."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def written(value: datetime | None) -> str | None:
            at = self.process_bind_param(value, dialect)
            return None if at is None else at.isoformat(" ", "microseconds")[:_CLOCK_READING]

        return written

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """The other way."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)

        def read(value: str | None) -> datetime | None:
            return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)

        return read


class Database:
    """One database and the threads that work on it. `close` finishes what was accepted."""

    def __init__(self, url: str, keyring: Keyring | None = None) -> None:
        """`url` as SQLAlchemy writes it: `sqlite:////path/file.db` or `postgresql://user:password@host/name`.

        With a keyring what is personal is written and read sealed.
        """
        parsed = make_url(url)
        self.embedded = parsed.get_backend_name() == "sqlite"
        self.engine: Engine
        self.reading: Engine
        if self.embedded:
            Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
            self.engine = _sqlite_engine(url, read_only=False)
            self.reading = _sqlite_engine(url, read_only=True)
            self._writer: GroupCommit | ThreadPoolExecutor = GroupCommit(self.engine)
        else:
            self.engine = self.reading = postgres_engine(url)
            self._writer = ThreadPoolExecutor(CONNECTIONS // 2, thread_name_prefix="db-write")
        self._readers = ThreadPoolExecutor(CONNECTIONS // 2, thread_name_prefix="db-read")
        self.keyring = keyring
        for engine in (self.engine, self.reading):
            hold(engine, keyring)

    def submit(self, job: Job[T]) -> "Future[T]":
        """Start a job in a transaction of its own; the future is done when it is durable, or holds what went wrong."""
        match self._writer:
            case GroupCommit():
                future: Future[T] = Future()
                self._writer.submit(job, future)
                return future
            case ThreadPoolExecutor():
                return self._writer.submit(_in_transaction, self.engine, job)

    async def write(self, job: Job[T]) -> T:
        """Run a job, all or nothing, and return its result once it is durable. Raises what the job or the database raises."""
        if isinstance(self._writer, ThreadPoolExecutor):
            return await asyncio.wrap_future(self.submit(job))
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._writer.submit(job, future)
        return await future

    def write_now(self, job: Job[T]) -> T:
        """`write` for callers without an event loop: commands and set-up."""
        return self.submit(job).result()

    async def read(self, job: Job[T]) -> T:
        """Run a job that changes nothing on committed data, beside the writers."""
        return await asyncio.wrap_future(self._readers.submit(_in_transaction, self.reading, job))

    def read_now(self, job: Job[T]) -> T:
        """`read` for callers without an event loop."""
        return _in_transaction(self.reading, job)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection on which every query sees the same committed data, beside the writers. It cannot write."""
        with self.reading.connect() as connection:
            if not self.embedded:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Finish accepted jobs, then let go of the connections."""
        self._writer.shutdown()
        self._readers.shutdown()
        self.engine.dispose()
        self.reading.dispose()


def _in_transaction(engine: Engine, job: Job[T]) -> T:
    with engine.begin() as connection:
        return job(connection)


def _sqlite_engine(url: str, *, read_only: bool) -> Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": 5.0, "check_same_thread": False},
        json_serializer=json_text.written,
        json_deserializer=json_text.read,
    )
    # Pages are in the system's cache too: each connection's own need hold no more than what is read again and again.
    pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8000"]
    if read_only:
        pragmas = ["query_only=ON", "cache_size=-4000"]

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # Taking the write lock at once: a transaction that reads first and writes later can fail with "locked" for good.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
