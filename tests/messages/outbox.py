"""An outbox without a product around it, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import contacts
from bot.conversations.tables import conversations
from bot.db import Database
from bot.messages import outbox
from bot.messages.tables import messages
from tests.empty import new_database

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ANA = "whatsapp:+573005550142"


@contextmanager
def opened(folder: Path, url: str) -> Iterator[Database]:
    """A database with one conversation, `c`."""
    database = new_database(folder, url)

    def begin(connection: Connection) -> None:
        person = {"id": "p", "phone": "", "profile_name": "", "created_at": NOW}
        connection.execute(sa.insert(contacts).values(person))
        place = {"id": "c", "contact_id": "p", "address": ANA, "state": {"node": "inicio"}, "last_message_at": NOW}
        connection.execute(sa.insert(conversations).values({**place, "version": 0, "arrivals": 0, "positions": 0}))

    database.write_now(begin)
    yield database
    database.close()


def say(database: Database, position: int, body: str = "hola", **more: Any) -> None:
    """Queue a message of the bot's."""
    author = more.pop("author", "bot")
    message = outbox.NewMessage("c", position, f"1:{position}", author, ANA, body, **more)
    database.write_now(lambda connection: outbox.queue(connection, message, NOW))


def statuses(database: Database) -> list[str]:
    """Of all messages, in order."""
    query = sa.select(messages.c.status).order_by(messages.c.position)
    return database.read_now(lambda connection: list(connection.execute(query).scalars()))


def claim(database: Database, now: datetime = NOW, limit: int = 5) -> list[outbox.Claimed]:
    """What a sender may send."""
    return database.write_now(lambda connection: outbox.claim(connection, now, limit))


def change(database: Database, position: int = 1, **values: Any) -> None:
    """Put a row into another state."""
    row = sa.update(messages).where(messages.c.position == position).values(**values)
    database.write_now(lambda connection: connection.execute(row))
