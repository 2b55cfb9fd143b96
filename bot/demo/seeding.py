"""Fill a database with made-up tickets, quickly: rows go to the driver in bulk, past SQLAlchemy's row by row work.

Into a database without tickets they go before the indexes, which are then built at once: that takes a third of the time. Only
those that make things quicker wait, none that keeps something unique. Whoever kills the process in between has slow lists
until the next seeding, which begins by making what is missing.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import addresses, contacts
from bot.conversations.tables import conversations, dialogues
from bot.db import Database
from bot.demo import rows
from bot.demo.invented import Story, stories
from bot.demo.rows import At, Row
from bot.messages.tables import messages
from bot.tickets.tables import ticket_events, tickets

_AT_ONCE = 5000
_FILLED = (contacts, addresses, conversations, tickets, messages, ticket_events, dialogues)
_COLUMNS = (
    rows.CONTACTS, rows.ADDRESSES, rows.CONVERSATIONS, rows.TICKETS, rows.MESSAGES, rows.EVENTS_OF_TICKETS, rows.DIALOGUES,
)  # fmt: skip
#: What is not in `metadata`: the search index of PostgreSQL, as migration 0002 makes it.
_GIN = "ON ticket_search USING gin (words) WITH (gin_pending_list_limit = 64)"
#: SQLite's search index gathers in memory and is merged once, at the end. The second of each pair is what it has otherwise.
_GATHERING = {"hashsize": (64 << 20, 1 << 20), "automerge": (0, 4), "crisismerge": (1000, 16)}


def seed(database: Database, count: int, state: Mapping[str, Any], now: datetime) -> Generator[int, None, None]:
    """Add `count` tickets with their customers and conversations; yields how many there are after every few thousand.

    `state`: the snapshot of a conversation at rest. The same count in an empty database makes the same tickets. Who stops
    early keeps what is there.
    """
    highest = database.read_now(lambda connection: connection.scalar(sa.select(sa.func.max(tickets.c.id)))) or 0
    coming, done, snapshot = stories(count, highest + 1, now), 0, json.dumps(state)
    database.write_now(partial(_open_indexes, is_empty=highest == 0))
    try:
        while batch := list(islice(coming, _AT_ONCE)):
            database.write_now(partial(_write, batch=batch, first=highest + 1 + done, state=snapshot))
            done += len(batch)
            if done < count:  # the last is told when the indexes stand
                yield done
    finally:
        for job in _settling(database):
            database.write_now(job)
    if done:
        yield done


def _write(connection: Connection, batch: list[Story], first: int, state: str) -> None:
    at: At = _for_sqlite if connection.dialect.name == "sqlite" else _as_it_is
    numbered = list(enumerate(batch, first))
    new = [story for story in batch if story.is_new]
    made = {
        tickets: [rows.ticket(story, identity, at) for identity, story in numbered],
        messages: [row for identity, story in numbered for row in rows.messages(story, identity, at)],
        ticket_events: [row for identity, story in numbered for row in rows.events(story, identity, at)],
        dialogues: [row for story in batch for row in rows.dialogues(story, at)],
        contacts: [rows.contact(story, at) for story in new],
        addresses: [rows.address(story) for story in new],
        conversations: [rows.conversation(story, state, at) for story in new],
    }
    for table, names in zip(_FILLED, _COLUMNS, strict=True):
        _load(connection, table, names, made[table])
    _load_words(connection, ((identity, rows.found_by(story, identity)) for identity, story in numbered))
    known = {story.person.key: story.person for story in batch}
    for story in new:
        del known[story.person.key]
    if known:
        moved = [{"key": person.key, "at_position": person.positions, "at": person.last_message_at} for person in known.values()]
        here = sa.update(conversations).where(conversations.c.id == sa.bindparam("key"))
        values: dict[str, Any] = {"positions": sa.bindparam("at_position"), "last_message_at": sa.bindparam("at")}
        connection.execute(here.values(values), moved)


def _load(connection: Connection, table: sa.Table, names: Sequence[str], some: list[Row]) -> None:
    """Insert rows in bulk; what a column holds unless it is told otherwise stands in all of them."""
    fixed = {
        column.name: column.default.arg
        for column in table.columns
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar and column.name not in names
    }
    filled = tuple(fixed.values())
    _insert(connection, table.name, [*names, *fixed], (row + filled for row in some) if filled else some)


def _load_words(connection: Connection, found_by: Iterable[tuple[int, set[str]]]) -> None:
    if connection.dialect.name == "sqlite":
        _insert(connection, "ticket_search", ["rowid", "words"], ((identity, " ".join(some)) for identity, some in found_by))
    else:
        quoted = ((identity, "'" + "' '".join(some) + "'") for identity, some in found_by)
        _insert(connection, "ticket_search", ["ticket_id", "words"], quoted)


def _insert(connection: Connection, table: str, names: Sequence[str], some: Iterable[Row]) -> None:
    columns = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 (names of our own)
        driver.executemany(statement, some)
        return
    with driver.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in some:
            copy.write_row(row)


def _for_sqlite(moment: datetime) -> str:
    """A time as SQLAlchemy keeps it there: the UTC clock reading."""
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _as_it_is(moment: datetime) -> datetime:
    return moment


def _indexes() -> list[sa.Index]:
    return [index for table in _FILLED for index in sorted(table.indexes, key=lambda one: str(one.name)) if not index.unique]


def _open_indexes(connection: Connection, *, is_empty: bool) -> None:
    """Take the indexes away if there is nothing to be found by them yet; else make sure that they are there."""
    for index in _indexes():
        if is_empty:
            index.drop(connection, checkfirst=True)
        else:
            index.create(connection, checkfirst=True)
    if connection.dialect.name == "sqlite":
        _set_gathering(connection, is_on=True)
    elif is_empty:
        connection.exec_driver_sql("DROP INDEX IF EXISTS ix_ticket_search_words")


def _settling(database: Database) -> Iterator[Callable[[Connection], object]]:
    """Jobs that bring the database back to how it is at work, each in a transaction of its own, so that nobody waits long."""
    yield from (partial(index.create, checkfirst=True) for index in _indexes())
    yield _settle_sqlite if database.embedded else _settle_postgresql


def _settle_sqlite(connection: Connection) -> None:
    _set_gathering(connection, is_on=False)
    connection.exec_driver_sql("INSERT INTO ticket_search (ticket_search) VALUES ('optimize')")


def _settle_postgresql(connection: Connection) -> None:
    """Let it take up what came in past its own ways: the search index, the next number, and how values are spread."""
    connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS ix_ticket_search_words {_GIN}")
    highest = "SELECT setval(pg_get_serial_sequence('tickets', 'id'), (SELECT max(id) FROM tickets))"
    connection.exec_driver_sql(highest)
    connection.exec_driver_sql("ANALYZE")


def _set_gathering(connection: Connection, *, is_on: bool) -> None:
    for name, (gathering, usual) in _GATHERING.items():
        set_to = sa.text("INSERT INTO ticket_search (ticket_search, rank) VALUES (:name, :value)")
        connection.execute(set_to, {"name": name, "value": gathering if is_on else usual})
