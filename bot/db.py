"""The database: the same tables on SQLite (embedded) and on PostgreSQL (many processes), always through SQLAlchemy Core.

A piece of work is a *job*: a function that takes a connection. `write` runs it in a transaction and returns once that is
durable; on SQLite one thread does all writing and shares a commit between the jobs that wait (group commit), because
there only one writer can be at work anyway and the disk's flush is the expensive part. `read` sees committed data only.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Dialect, Engine, make_url

from bot import json_text, metrics
from bot.postgres import CONNECTIONS, postgres_engine
from bot.sealing.columns import hold
from bot.sealing.keys import Keyring
from bot.statements import on_driver

T = TypeVar("T")
Job = Callable[[Connection], T]

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

_LONGEST_BATCH = 64
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
            self._writer: _GroupCommit | ThreadPoolExecutor = _GroupCommit(self.engine)
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
            case _GroupCommit():
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


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What a job gave, or why it failed."""

    result: T | None
    error: Exception | None = None


def attempt(connection: Connection, job: Job[T]) -> Outcome[T]:
    """Run a job so that, if it fails, nothing of it stays and the transaction goes on. Raises if that cannot be."""
    on_driver(connection, "SAVEPOINT attempt")
    try:
        result = job(connection)
    except Exception as error:
        if connection.invalidated or not _is_within(connection):
            raise
        on_driver(connection, "ROLLBACK TO SAVEPOINT attempt")
        on_driver(connection, "RELEASE SAVEPOINT attempt")
        return Outcome(None, error)
    on_driver(connection, "RELEASE SAVEPOINT attempt")
    return Outcome(result)


def _is_within(connection: Connection) -> bool:
    """Whether the transaction still stands: SQLite drops all of it by itself when the disk is full."""
    return not isinstance(driver := connection.connection.driver_connection, sqlite3.Connection) or driver.in_transaction


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


@dataclass(frozen=True)
class _Asked:
    """A job and where its outcome is waited for: in a thread, or in an event loop."""

    job: Job[Any]
    future: "Future[Any] | asyncio.Future[Any]"

    def is_wanted(self) -> bool:
        """False if whoever asked gave up before it was begun."""
        if isinstance(self.future, asyncio.Future):
            return not self.future.cancelled()
        return self.future.set_running_or_notify_cancel()


class _GroupCommit:
    """One thread that runs jobs in order and commits those that wait together; each in a savepoint, so none spoils another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._waiting: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="db-write", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T], future: "Future[T] | asyncio.Future[T]") -> None:
        if not self._thread.is_alive():
            future.set_exception(RuntimeError("the database is closed"))
        else:
            self._waiting.put(_Asked(job, future))

    def shutdown(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = [first], False
            while len(batch) < _LONGEST_BATCH and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    last = True
                    break
                batch.append(following)
            self._commit([asked for asked in batch if asked.is_wanted()])
            if last:
                break
        if self._connection is not None:
            self._connection.close()

    def _commit(self, batch: list[_Asked]) -> None:
        """Run the batch and tell every caller how it ended, only after the commit."""
        outcomes: list[Outcome[Any]] = []
        metrics.COMMIT_JOBS.observe(len(batch))
        try:
            # One connection for life: taking one from the pool for every commit costs more than most of the jobs.
            self._connection = self._connection or self._engine.connect()
            with metrics.COMMIT_SECONDS.time(), self._connection.begin():
                outcomes = [attempt(self._connection, asked.job) for asked in batch]
        except Exception as error:  # noqa: BLE001 (the callers raise it: nothing was committed)
            outcomes = [Outcome(None, error)] * len(batch)
        _tell([asked.future for asked in batch], outcomes)


def _tell(futures: "list[Future[Any] | asyncio.Future[Any]]", outcomes: list[Outcome[Any]]) -> None:
    """Hand out the outcomes; each event loop is woken once, however many of its jobs were in the batch."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome[Any]]]] = {}
    for future, outcome in zip(futures, outcomes, strict=True):
        if isinstance(future, asyncio.Future):
            loops.setdefault(future.get_loop(), []).append((future, outcome))
        else:
            _settle(future, outcome)
    for loop, settled in loops.items():
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(_settle_all, settled)


def _settle_all(settled: "list[tuple[asyncio.Future[Any], Outcome[Any]]]") -> None:
    for future, outcome in settled:
        if not future.done():  # else whoever asked has given up
            _settle(future, outcome)


def _settle(future: "Future[Any] | asyncio.Future[Any]", outcome: Outcome[Any]) -> None:
    if outcome.error is None:
        future.set_result(outcome.result)
    else:
        future.set_exception(outcome.error)
