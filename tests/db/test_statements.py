"""Prepared statements give on both databases what SQLAlchemy's own way gives, and keep values out of what they raise."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.contacts.tables import contacts
from bot.conversations.tables import conversations, inbox
from bot.db import Database
from bot.statements import Prepared, insert
from tests.empty import new_database

NOW = datetime(2026, 11, 23, 15, 0, 0, 250_000, tzinfo=UTC)
CONTACT = {"id": "ana", "phone": "+573001112233", "profile_name": "Ana", "created_at": NOW}
CONVERSATION = {
    "id": "c1",
    "contact_id": "ana",
    "address": "whatsapp:+573001112233",
    "state": {"node": "inicio", "answers": {"nombre": "Ñandú 😀", "n": [1, None, True]}},
    "version": 0,
    "arrivals": 7,
    "positions": 0,
    "last_message_at": NOW,
    "wake_at": None,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    made = new_database(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")
    made.write_now(lambda connection: insert(connection, contacts, CONTACT))
    made.write_now(lambda connection: insert(connection, conversations, CONVERSATION))
    yield made
    made.close()


def test_rows_come_back_as_they_come_by_sqlalchemy(database: Database) -> None:
    by_id = sa.select(conversations).where(conversations.c.id == sa.bindparam("its_id"))
    row = database.read_now(lambda connection: Prepared(by_id).first(connection, its_id="c1"))
    usual = database.read_now(lambda connection: connection.execute(by_id, {"its_id": "c1"}).one())
    assert row._asdict() == usual._asdict()
    assert row._asdict().items() >= CONVERSATION.items()


def test_a_change_tells_how_many_rows_it_met_or_what_they_became(database: Database) -> None:
    more = (
        sa.update(conversations).where(conversations.c.id == sa.bindparam("its_id")).values(arrivals=conversations.c.arrivals + 1)
    )
    change, telling = Prepared(more), Prepared(more.returning(conversations.c.arrivals))
    assert database.write_now(lambda connection: change.run(connection, its_id="c1")) == 1
    assert database.write_now(lambda connection: change.run(connection, its_id="nobody's")) == 0
    assert database.write_now(lambda connection: telling.scalar(connection, its_id="c1")) == 9
    assert database.write_now(lambda connection: telling.scalar(connection, its_id="nobody's")) is None


def test_what_the_database_refuses_is_told_without_the_customers_words(database: Database) -> None:
    with pytest.raises(IntegrityError) as refused:
        database.write_now(lambda connection: insert(connection, contacts, CONTACT | {"profile_name": "vive en la calle 8"}))
    assert "calle 8" not in str(refused.value)


def test_an_insert_fills_in_the_plain_defaults_of_the_table(database: Database) -> None:
    values = {"conversation_id": "c1", "arrival": 1, "key": "SM1", "input": {}, "parameters": {}, "awaits_secret": False}
    database.write_now(lambda connection: insert(connection, inbox, values | {"received_at": NOW}))
    query = sa.select(inbox.c.attempts, inbox.c.error, inbox.c.received_at, inbox.c.handled_at)
    row = database.read_now(lambda connection: connection.execute(query).one())
    assert tuple(row) == (0, "", NOW, None)
