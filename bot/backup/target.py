"""Where a backup goes: an SQLite file that takes the old one's place when it is whole, or PostgreSQL in one transaction."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from bot.backup.form import BrokenBackupError
from bot.backup.restore import Restored, clear, fill, foreign_keys, is_empty
from bot.db import Database
from bot.vault.opening import others_at_work

_SIDE_FILES = ("", "-wal", "-shm")


class NotEmptyError(Exception):
    """There is data already; the message says where."""


class InUseError(Exception):
    """The product runs there; the message says where."""


def restore(url: str, folder: Path, file: Path, schema: str, now: datetime, *, force: bool) -> Restored:
    """Restore a checked backup of this schema into the database at `url` and into `folder` (data_dir): all of it or nothing.

    With `force` data that is there gives way: an SQLite file is kept beside the new one under another name. An embedded
    installation that runs is never touched. Raises NotEmptyError, InUseError, BrokenBackupError and OSError.
    """
    into = _into_file if make_url(url).get_backend_name() == "sqlite" else _into_server
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return into(url, folder, file, schema, now, force=force)
    except (IntegrityError, DataError, ValueError, KeyError, TypeError) as error:
        raise BrokenBackupError(f"what it holds does not fit together ({type(error).__name__})") from None


def _into_file(url: str, folder: Path, file: Path, schema: str, now: datetime, *, force: bool) -> Restored:
    target = Path(make_url(url).database or "")
    part = target.with_name(f".{target.name}.restoring")
    with _nobody_else(folder):
        if target.exists() and not force and not _holds_nothing(url):
            raise NotEmptyError(f"{target} holds data")
        _refuse_other_keys(folder, file, force=force)
        _remove(part)
        database = Database(f"sqlite:///{part}")
        try:
            with database.engine.begin() as connection:
                done = fill(connection, folder, file, schema, now)
            database.close()  # with the last connection the log is taken up into the file
            _put_in_place(part, target, now)
        finally:
            database.close()
            _remove(part)
    return done


def _into_server(url: str, folder: Path, file: Path, schema: str, now: datetime, *, force: bool) -> Restored:
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            if not force and (others := others_at_work(connection)):
                raise InUseError(f"{others} other connections to the database are open")
            if not force and not is_empty(connection):
                raise NotEmptyError("the database holds data")
            _refuse_other_keys(folder, file, force=force)
            connection.execute(sa.text("SET LOCAL lock_timeout = '10s'"))
            clear(connection)
            return fill(connection, folder, file, schema, now)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == "55P03":  # lock_not_available
            raise InUseError("somebody works with the database") from None
        raise
    finally:
        database.close()


@contextmanager
def _nobody_else(folder: Path) -> Iterator[None]:
    """Hold the lock that a running product holds. Raises InUseError."""
    with (folder / "running.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InUseError(f"{folder} is in use by a running soporte") from None
        yield


def _refuse_other_keys(folder: Path, file: Path, *, force: bool) -> None:
    if not force and (others := foreign_keys(folder, file)):
        raise NotEmptyError(f"{folder} has another {others[0]}")


def _holds_nothing(url: str) -> bool:
    database = Database(url)
    try:
        return database.read_now(is_empty)
    finally:
        database.close()


def _put_in_place(part: Path, target: Path, now: datetime) -> None:
    """The new file takes the name; the old one, with what its log still holds, stays beside it."""
    part.chmod(0o600)
    before = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%S.%fZ}")
    for suffix in _SIDE_FILES:
        if (old := Path(f"{target}{suffix}")).exists():
            old.rename(f"{before}{suffix}")
    part.rename(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(part: Path) -> None:
    for suffix in _SIDE_FILES:
        Path(f"{part}{suffix}").unlink(missing_ok=True)
