"""The exports that agents asked for, from the question to the file's end. Files are written by `exporter`."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.tickets.exporting import Wanted, Words
from bot.tickets.tables import exports

#: So long a file can be fetched.
KEPT = timedelta(hours=24)
#: Who writes a file says so more often than this; after it somebody else begins it anew.
LEASE = timedelta(minutes=2)
#: So many that are not finished one agent may have.
MOST_UNFINISHED = 3
_SHOWN = 20


class State(StrEnum):
    """Where an export stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


_UNFINISHED = (State.WAITING.value, State.RUNNING.value)


@dataclass(frozen=True)
class Export:
    """One export. `total` is what is to come at most, and 0 until it is known."""

    id: str
    agent: str
    format: str
    wanted: Wanted
    words: Words
    state: State
    total: int
    done: int
    size: int
    created_at: datetime
    expires_at: datetime | None

    @property
    def is_unfinished(self) -> bool:
        """Whether there is still something to wait for."""
        return self.state in (State.WAITING, State.RUNNING)

    @property
    def percent(self) -> int | None:
        """How far it is, if that can be told."""
        return None if not self.total or self.wanted.words else min(100, 100 * self.done // self.total)


def ask_for(connection: Connection, wanted: Wanted, words: Words, kind: str, now: datetime) -> str | None:
    """Note what is wanted and return its id; None if the agent has `MOST_UNFINISHED` already."""
    mine = sa.and_(exports.c.agent == wanted.username, exports.c.state.in_(_UNFINISHED))
    if connection.execute(sa.select(sa.func.count()).select_from(exports).where(mine)).scalar_one() >= MOST_UNFINISHED:
        return None
    values = {
        "id": secrets.token_hex(16),
        "agent": wanted.username,
        "format": kind,
        "wanted": {"wanted": vars(wanted), "words": words.as_json()},
        "state": State.WAITING.value,
        "total": 0,
        "done": 0,
        "size": 0,
        "created_at": now,
        "updated_at": now,
        "expires_at": None,
    }
    connection.execute(sa.insert(exports).values(values))
    return str(values["id"])


def find(connection: Connection, identity: str, agent: str) -> Export | None:
    """This agent's export of this id."""
    own = sa.and_(exports.c.id == identity, exports.c.agent == agent)
    row = connection.execute(sa.select(exports).where(own)).one_or_none() if "\0" not in identity else None
    return None if row is None else _from_row(row)


def of_agent(connection: Connection, agent: str) -> list[Export]:
    """The agent's last ones, the newest first."""
    query = sa.select(exports).where(exports.c.agent == agent).order_by(exports.c.created_at.desc()).limit(_SHOWN)
    return [_from_row(row) for row in connection.execute(query)]


def claim(connection: Connection, now: datetime) -> Export | None:
    """Take the oldest that waits, or one whose writer has been silent for `LEASE`; nobody else gets it then."""
    left = sa.and_(exports.c.state == State.RUNNING.value, exports.c.updated_at < now - LEASE)
    free = sa.or_(exports.c.state == State.WAITING.value, left)
    query = sa.select(exports).where(free).order_by(exports.c.created_at).limit(1).with_for_update(skip_locked=True)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    _set(connection, row.id, now, state=State.RUNNING.value, done=0)
    return _from_row(row)


def tell(connection: Connection, identity: str, now: datetime, **progress: int) -> None:
    """Note how far it is: `total`, `done`."""
    _set(connection, identity, now, **progress)


def give_back(connection: Connection, identity: str, now: datetime) -> None:
    """Let somebody else begin it anew, at once."""
    _set(connection, identity, now, state=State.WAITING.value)


def finish(connection: Connection, identity: str, now: datetime, *, done: int, size: int) -> None:
    """The file is whole."""
    _set(connection, identity, now, state=State.DONE.value, done=done, size=size, expires_at=now + KEPT)


def fail(connection: Connection, identity: str, now: datetime) -> None:
    """It could not be written."""
    _set(connection, identity, now, state=State.FAILED.value)


def expire(connection: Connection, now: datetime) -> list[str]:
    """Note which files have had their time, and return their names: they are to be deleted."""
    over = sa.and_(exports.c.state == State.DONE.value, exports.c.expires_at <= now)
    found = connection.execute(
        sa.update(exports).where(over).values(state=State.EXPIRED.value, updated_at=now).returning(exports.c.id, exports.c.format)
    )
    return [f"{identity}.{kind}" for identity, kind in found]


def _set(connection: Connection, identity: str, now: datetime, **values: Any) -> None:
    connection.execute(sa.update(exports).where(exports.c.id == identity).values(updated_at=now, **values))


def _from_row(row: Row[Any]) -> Export:
    return Export(
        id=row.id,
        agent=row.agent,
        format=row.format,
        wanted=Wanted(**row.wanted["wanted"]),
        words=Words(**row.wanted["words"]),
        state=State(row.state),
        total=row.total,
        done=row.done,
        size=row.size,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
