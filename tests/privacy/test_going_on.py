"""An erasure that was interrupted goes on where it was; and no table is forgotten."""

from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.fake_twilio import Faults
from bot.db import metadata
from bot.messages.tables import messages
from bot.privacy import clean, reach, record
from bot.privacy.finish import due
from bot.privacy.tables import erasures
from tests.privacy.test_erasing import (
    PHONE,
    contact_of,
    erase_zoraida,
    finish,
    found_at_twilio,
    found_in,
    found_in_tables,
)
from tests.stack import Stack, running_stack

#: Alembic's own.
_VERSIONS = "alembic_version"


def erasure(stack: Stack, identity: str) -> sa.Row[tuple[object, ...]]:
    query = sa.select(erasures).where(erasures.c.id == identity)
    return stack.runtime.database.read_now(lambda connection: connection.execute(query).one())


def greeted(stack: Stack) -> None:
    stack.receive(PHONE, text="hola", profile_name="Zoraida")
    stack.settle()


def test_every_table_hangs_on_a_person_or_is_known_to_hold_nothing_of_customers(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        names = set(stack.runtime.database.read_now(lambda connection: sa.inspect(connection).get_table_names()))
    names = {name for name in names if not name.startswith("ticket_search")} - {_VERSIONS}
    reached = {table.name for table in reach.conditions(["anybody"])}
    assert names == set(metadata.tables)
    assert names - reached == reach.APART, "a table is reached by a foreign key, or it is written down in APART"


def test_while_twilio_is_down_the_rest_is_erased_and_the_copies_later(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        greeted(stack)
        stack.fake.faults = Faults(deletion_error=1)
        identity = erase_zoraida(stack)
        assert not finish(stack, identity)
        row = erasure(stack, identity)
        assert (row.finished_at, row.error) == (None, "provider: unknown (20500) HTTP 500")
        assert contact_of(stack, PHONE) is None
        assert found_at_twilio(stack.fake)
        now = stack.runtime.clock.now()
        assert stack.runtime.database.read_now(partial(due, now=now)) == []
        stack.advance(1)
        now = stack.runtime.clock.now()
        assert stack.runtime.database.read_now(partial(due, now=now)) == [identity]
        assert finish(stack, identity)
        row = erasure(stack, identity)
        assert (row.todo, row.error, row.due_at, row.counts["copies"]) == ({}, "", None, 2)
        assert (found_in(tmp_path), found_in_tables(stack), found_at_twilio(stack.fake)) == ([], [], [])


def test_a_message_that_was_being_sent_is_looked_for_once_more(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        greeted(stack)
        being_sent = sa.update(messages).where(messages.c.direction == "out").values(status="sending", sid=None)
        stack.runtime.database.write_now(lambda connection: connection.execute(being_sent) and None)
        identity = erase_zoraida(stack)
        assert not finish(stack, identity), "it may reach the provider at any moment"
        stack.advance(1)
        stack.receive(PHONE, text="hola otra vez")
        stack.settle()
        assert finish(stack, identity)
        assert len(found_at_twilio(stack.fake)) == 2, "what is written later is a new customer's"


def test_a_busy_database_is_cleaned_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_stack(tmp_path) as stack:
        greeted(stack)
        identity = erase_zoraida(stack)
        monkeypatch.setattr(clean, "_PATIENCE_SECONDS", 0.05)
        with stack.runtime.database.engine.connect() as other, other.begin():
            assert found_in(tmp_path)
            with pytest.raises(clean.BusyError):
                clean.clean(stack.runtime.database)
        assert finish(stack, identity)
        assert found_in(tmp_path) == []


def test_the_record_is_written_before_the_database_and_read_in_spite_of_half_a_line(tmp_path: Path) -> None:
    line = record.Line("a", "2026-11-23T15:00:00+00:00", ("p",), ("m",))
    record.add(tmp_path, line)
    with (tmp_path / record.RECORD_FILE).open("a") as file:
        file.write('{"id": "b", "at"')
    assert record.lines(tmp_path) == [line]
    assert (tmp_path / record.RECORD_FILE).stat().st_mode & 0o777 == 0o600
    assert record.lines(tmp_path / "nowhere") == []
