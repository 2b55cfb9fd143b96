"""Group commit: one thread does all writing of an embedded database and shares a commit between the jobs that wait.

There only one writer can be at work anyway, and the disk's flush is the expensive part. Each job runs in a savepoint, so that
none spoils another.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy.engine import Connection, Engine

from bot import metrics
from bot.statements import on_driver

T = TypeVar("T")
Job = Callable[[Connection], T]
_LONGEST_BATCH = 64


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


class GroupCommit:
    """One thread that runs jobs in order and commits those that wait together; each in a savepoint, so none spoils another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._waiting: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="db-write", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T], future: "Future[T] | asyncio.Future[T]") -> None:
        """Run the job in the thread; the future is told how it ended, after the commit."""
        if not self._thread.is_alive():
            future.set_exception(RuntimeError("the database is closed"))
        else:
            self._waiting.put(_Asked(job, future))

    def shutdown(self) -> None:
        """Finish what was accepted."""
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
