from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.db import Database
from bot.messages.queries import Message, transcript
from bot.messages.tables import Direction, Status
from tests.empty import new_database
from tests.tickets.world import MINUTE, NOW, add_customer, say


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = new_database(tmp_path)
    for name in ("ana", "luis"):
        made.write_now(partial(add_customer, name=name))
    yield made
    made.close()


def read(database: Database, latest: int | None = None) -> list[Message]:
    return database.read_now(lambda connection: transcript(connection, "conversation-ana", latest=latest))


def test_the_transcript_is_one_conversation_in_its_order(database: Database) -> None:
    for position in (2, 0, 1):
        database.write_now(partial(say, name="ana", position=position, body=f"texto {position}"))
    database.write_now(lambda connection: say(connection, "luis", 0, "de otro"))
    assert [message.body for message in read(database)] == ["texto 0", "texto 1", "texto 2"]
    first, second, _ = read(database)
    assert (first.direction, first.author, first.status) == (Direction.IN, "customer", Status.RECEIVED)
    assert (second.direction, second.author, second.created_at) == (Direction.OUT, "bot", NOW + MINUTE)


def test_the_latest_messages_are_the_end_of_it_in_the_same_order(database: Database) -> None:
    for position in range(5):
        database.write_now(partial(say, name="ana", position=position, body=str(position)))
    assert [message.body for message in read(database, latest=2)] == ["3", "4"]
    assert [message.body for message in read(database, latest=9)] == ["0", "1", "2", "3", "4"]


def test_files_and_places_are_both_a_list_of_attachments(database: Database) -> None:
    photo, place = {"url": "https://media.example/1", "content_type": "image/png"}, {"latitude": 4.6, "longitude": -74.1}
    database.write_now(lambda connection: say(connection, "ana", 0, "", kind="image", attachments=[photo]))
    database.write_now(lambda connection: say(connection, "ana", 2, "", kind="location", attachments=place))
    assert [message.attachments for message in read(database)] == [(photo,), (place,)]


def test_a_conversation_without_messages_has_an_empty_transcript(database: Database) -> None:
    assert read(database) == []
