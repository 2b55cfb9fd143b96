"""Take an erasure to its end, outside of the database: files, the provider's copies, and what the database leaves behind.

Each piece is noted when it is done, so that a crash, an outage of the provider or a busy disk only means: go on later. Blocks.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.keep import remove
from bot.channels.base import Channel, SendError
from bot.contacts.tombstones import bury, hashed
from bot.db import Database
from bot.privacy import clean, record
from bot.privacy.erase import Place, Todo
from bot.privacy.tables import erasures

#: Between two tries: the provider may need minutes until a message can be deleted.
_LONGEST_PAUSE = timedelta(minutes=30)
#: So many copies are deleted before that is noted.
_AT_ONCE = 20
_CLEANING = "cleaning"
#: The folder of files of tickets, below that of attachments.
EXPORTS = "exports"


@dataclass(frozen=True)
class Means:
    """What an erasure is finished with."""

    database: Database
    channel: Channel
    attachments: Path
    place: Place
    now: Callable[[], datetime]
    may_clean_large: bool = True  #: whether a large database may be written anew now


def due(connection: Connection, now: datetime) -> list[str]:
    """Erasures to go on with."""
    query = sa.select(erasures.c.id).where(erasures.c.due_at <= now).order_by(erasures.c.due_at)
    return list(connection.execute(query.limit(50)).scalars())


def go_on(means: Means, identity: str) -> bool:
    """Do what can be done now; True if nothing is left. Raises what the database raises."""
    row = means.database.read_now(lambda connection: connection.execute(_row(identity)).one())
    todo, error = _todo(row.todo), ""
    try:
        todo = _remove_files(means, identity, todo)
        todo = _erase_copies(means, identity, todo)
    except SendError as failure:
        error = f"provider: {failure}"
    except OSError as failure:
        error = f"disk: {type(failure).__name__}"
    todo = _todo(means.database.read_now(lambda connection: connection.execute(_row(identity)).one()).todo)
    if todo.is_done_but_for_cleaning():
        return _clean(means, identity, row.attempts)
    _later(means, identity, row.attempts, error)
    return False


def _remove_files(means: Means, identity: str, todo: Todo) -> Todo:
    gone = sum(remove(means.attachments, name) for name in todo.files)
    for name in todo.exports:
        (means.attachments / EXPORTS / name).unlink(missing_ok=True)
    return _note(means, identity, replace(todo, files=(), exports=()), files=gone) if todo.files or todo.exports else todo


def _erase_copies(means: Means, identity: str, todo: Todo) -> Todo:
    """Delete what is known; then look for what is not; until a listing finds nothing. Raises SendError."""
    while todo.sids or todo.addresses:
        if not todo.sids:
            found = _copies(means.channel, todo)
            if found:
                todo = _bury(means, identity, replace(todo, sids=tuple(found)))
            elif _may_still_arrive(todo, means.now()):
                return todo
            else:
                return _note(means, identity, replace(todo, addresses=()))
        now, rest = todo.sids[:_AT_ONCE], todo.sids[_AT_ONCE:]
        gone = [sid for sid in now if means.channel.erase_copy(sid)]
        kept = tuple(sid for sid in now if sid not in gone)
        todo = _note(means, identity, replace(todo, sids=(*rest, *kept)), copies=len(gone))
        if len(gone) < len(now):
            return todo
    return todo


def _copies(channel: Channel, todo: Todo) -> list[str]:
    """Messages of before the erasure: whoever writes after it is a new customer."""
    last = datetime.fromisoformat(todo.until)
    return [copy.sid for address in todo.addresses for copy in channel.copies(address) if copy.created_at <= last]


def _may_still_arrive(todo: Todo, now: datetime) -> bool:
    return now < datetime.fromisoformat(todo.until)


def _bury(means: Means, identity: str, todo: Todo) -> Todo:
    """Messages that only the provider knew must not be caught up on while they are being deleted."""
    now, hashes = means.now(), tuple(map(hashed, todo.sids))
    record.add(means.place.folder, record.Line(identity, now.isoformat(), (), hashes))

    def job(connection: Connection) -> None:
        bury(connection, hashes, now)
        connection.execute(_update(identity).values(todo=asdict(todo)))

    means.database.write_now(job)
    return todo


def _note(means: Means, identity: str, todo: Todo, **done: int) -> Todo:
    def job(connection: Connection) -> None:
        counts = dict(connection.execute(_row(identity)).one().counts)
        for name, more in done.items():
            counts[name] = counts.get(name, 0) + more
        connection.execute(_update(identity).values(todo=asdict(todo), counts=counts))

    means.database.write_now(job)
    return todo


def _clean(means: Means, identity: str, attempts: int) -> bool:
    """The last step: no word of the person may be left in the bytes of the database, the erasure's own notes included."""
    means.database.write_now(lambda connection: connection.execute(_update(identity).values(todo={})))
    if not means.may_clean_large and clean.size(means.database) > clean.LARGEST_AT_ONCE:
        _later(means, identity, attempts, _CLEANING)
        return False
    try:
        clean.clean(means.database)
    except clean.BusyError:
        _later(means, identity, attempts, _CLEANING)
        return False
    done = {"finished_at": means.now(), "due_at": None, "error": ""}
    means.database.write_now(lambda connection: connection.execute(_update(identity).values(done)))
    return True


def _later(means: Means, identity: str, attempts: int, error: str) -> None:
    pause = min(_LONGEST_PAUSE, timedelta(seconds=30 * 2 ** min(attempts, 10)))
    values = {"due_at": means.now() + pause, "attempts": attempts + 1, "error": error}
    means.database.write_now(lambda connection: connection.execute(_update(identity).values(values)))


def _todo(stored: dict[str, Any]) -> Todo:
    lists = {name: tuple(stored.get(name, ())) for name in ("files", "exports", "sids", "addresses")}
    return Todo(**lists, until=stored.get("until", ""))


def _row(identity: str) -> sa.Select[Any]:
    return sa.select(erasures).where(erasures.c.id == identity)


def _update(identity: str) -> sa.Update:
    return sa.update(erasures).where(erasures.c.id == identity)
