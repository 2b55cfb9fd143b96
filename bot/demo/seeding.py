"""Fill a database with made-up tickets, quickly: rows go to the driver in bulk, past SQLAlchemy's row by row work."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import islice
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import addresses, contacts
from bot.conversations.tables import conversations
from bot.db import Database, Moment
from bot.demo.invented import Story, stories
from bot.messages.tables import messages
from bot.tickets.lifecycle import EVENTS, Status
from bot.tickets.service import number_of
from bot.tickets.tables import ticket_events, tickets
from bot.tickets.words import words

_AT_ONCE = 5000
_MINUTE = timedelta(minutes=1)
#: A ticket came to where it stands by these.
_WAY = {Status.OPEN: (), Status.ASSIGNED: ("assign",), Status.WAITING: ("assign", "wait"), Status.RESOLVED: ("assign", "resolve")}

Row = dict[str, Any]
Rows = dict[sa.Table, list[Row]]


def seed(database: Database, count: int, state: Mapping[str, Any], now: datetime) -> Iterator[int]:
    """Add `count` tickets with their customers and conversations; yields how many there are after every few thousand.

    `state`: the snapshot of a conversation at rest. The same count in an empty database makes the same tickets. Who stops
    early keeps what is there.
    """
    first = 1 + (database.read_now(lambda connection: connection.scalar(sa.select(sa.func.max(tickets.c.id)))) or 0)
    coming, done = stories(count, first, now), 0
    try:
        while batch := list(islice(coming, _AT_ONCE)):
            database.write_now(partial(_write, batch=batch, first=first + done, state=json.dumps(state)))
            done += len(batch)
            yield done
    finally:
        database.write_now(_settle)


def _write(connection: Connection, batch: list[Story], first: int, state: str) -> None:
    rows: Rows = {table: [] for table in (contacts, conversations, addresses, tickets, messages, ticket_events)}
    found_by: list[tuple[int, set[str]]] = []
    for identity, story in enumerate(batch, first):
        _customer(rows, story, state)
        _ticket(rows, story, identity)
        _messages(rows[messages], story, identity)
        _events(rows[ticket_events], story, identity)
        found_by.append((identity, _words(story, identity)))
    last = {story.person.key: story.person for story in batch}
    for row in rows[conversations]:
        row |= {"positions": last[row["contact_id"]].positions, "last_message_at": last[row["contact_id"]].last_message_at}
    for table, some in rows.items():
        _load(connection, table, some)
    _load_words(connection, found_by)
    known = last.keys() - {row["contact_id"] for row in rows[conversations]}
    if known:
        moved = [{"key": key, "at_position": last[key].positions, "at": last[key].last_message_at} for key in known]
        here = sa.update(conversations).where(conversations.c.id == sa.bindparam("key"))
        values: Row = {"positions": sa.bindparam("at_position"), "last_message_at": sa.bindparam("at")}
        connection.execute(here.values(values), moved)


def _customer(rows: Rows, story: Story, state: str) -> None:
    if not story.is_new:
        return
    person = story.person
    address = f"whatsapp:{person.phone}"
    rows[contacts].append(
        {"id": person.key, "phone": person.phone, "profile_name": person.name.split()[0], "created_at": story.created_at}
    )
    rows[addresses].append({"address": address, "contact_id": person.key})
    rows[conversations].append(
        {"id": person.key, "contact_id": person.key, "address": address, "state": state, "version": 1, "arrivals": 3}
    )


def _ticket(rows: Rows, story: Story, identity: int) -> None:
    rows[tickets].append(
        {
            "id": identity,
            "number": number_of(identity),
            "contact_id": story.person.key,
            "conversation_id": story.person.key,
            "cause": f"demo:{identity:012d}",
            "category": story.category,
            "case": story.case,
            "status": story.status.value,
            "assignee": story.assignee,
            "fields": json.dumps([vars(field) for field in story.fields]),
            "detail": story.detail,
            "attachments": "[]",
            "created_at": story.created_at,
            "updated_at": story.last_message_at,
            "last_message_at": story.last_message_at,
            "unread": story.unread,
        }
    )


def _messages(rows: list[Row], story: Story, identity: int) -> None:
    person = story.person
    for n, (is_customers, body) in enumerate(story.said):
        person.positions += 1
        at = story.created_at - (len(story.said) - n) * _MINUTE / 2
        rows.append(
            {
                "id": f"{identity:024x}{n:08x}",
                "conversation_id": person.key,
                "position": person.positions,
                "direction": "in" if is_customers else "out",
                "author": "customer" if is_customers else "bot",
                "cause": f"demo:{identity:012d}:{n}",
                "sid": None,
                "address": f"whatsapp:{person.phone}",
                "kind": "text",
                "body": body,
                "attachments": "[]",
                "reasons": "[]",
                "status": "received" if is_customers else "read",
                "attempts": 1,
                "answers_sid": "",
                "created_at": at,
                "updated_at": at,
            }
        )


def _events(rows: list[Row], story: Story, identity: int) -> None:
    rows.append(_event(identity, story.created_at, "opened", "customer", {"to": "open"}))
    for n, trigger in enumerate(_WAY[story.status], 1):
        rows.append(_event(identity, story.created_at + n * _MINUTE, EVENTS[trigger], story.assignee, {}))


def _event(identity: int, at: datetime, kind: str, actor: str, data: Mapping[str, str]) -> Row:
    return {"ticket_id": identity, "at": at, "kind": kind, "actor": actor, "data": json.dumps(data)}


def _words(story: Story, identity: int) -> set[str]:
    texts = {number_of(identity), story.detail, *(field.value for field in story.fields)}
    return set().union(
        *map(words, texts), *(_common(text) for is_customers, text in story.said if is_customers and text not in texts)
    )


#: Greetings and numbers of a menu come again and again.
_common = lru_cache(256)(words)


def _load(connection: Connection, table: sa.Table, rows: list[Row]) -> None:
    """Insert rows in bulk; all have the same columns. Times are aware, JSON is text."""
    if not rows:
        return
    fixed = {
        column.name: column.default.arg
        for column in table.columns
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar and column.name not in rows[0]
    }
    names = [*rows[0], *fixed]
    cut, filled = itemgetter(*rows[0]), tuple(fixed.values())
    if connection.dialect.name == "sqlite":
        times = [n for n, name in enumerate(names) if isinstance(table.c[name].type, Moment)]
        _insert(connection, table.name, names, (_for_sqlite([*cut(row), *filled], times) for row in rows))
    else:
        _insert(connection, table.name, names, (cut(row) + filled for row in rows))


def _load_words(connection: Connection, found_by: list[tuple[int, set[str]]]) -> None:
    if connection.dialect.name == "sqlite":
        _insert(connection, "ticket_search", ["rowid", "words"], ((identity, " ".join(some)) for identity, some in found_by))
    else:
        quoted = ((identity, " ".join(f"'{word}'" for word in some)) for identity, some in found_by)
        _insert(connection, "ticket_search", ["ticket_id", "words"], quoted)


def _insert(connection: Connection, table: str, names: list[str], rows: Iterable[Sequence[Any]]) -> None:
    columns = ", ".join(f'"{name}"' for name in names)
    driver: Any = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 (names of our own)
        driver.executemany(statement, rows)
        return
    with driver.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _for_sqlite(row: list[Any], times: list[int]) -> list[Any]:
    """Times as SQLAlchemy keeps them there: the UTC clock reading."""
    for n in times:
        if row[n] is not None:
            row[n] = row[n].isoformat(" ", "microseconds")[:26]
    return row


def _settle(connection: Connection) -> None:
    """Let PostgreSQL take up what came in past its own ways: the next number, and how values are spread."""
    if connection.dialect.name == "postgresql":
        highest = "SELECT setval(pg_get_serial_sequence('tickets', 'id'), (SELECT max(id) FROM tickets))"
        connection.exec_driver_sql(highest)
        connection.exec_driver_sql("ANALYZE")
