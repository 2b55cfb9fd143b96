"""What is done by itself: who did not agree is forgotten, terms are warned of, the night's work is done once."""

import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.contacts.tables import contacts
from bot.housekeeping import terms_of
from bot.privacy.keeper import Keeper, Night
from bot.privacy.tables import erasures, retention_runs
from bot.runtime import means_of
from bot.tickets.queries import events
from bot.tickets.rights import cases
from bot.tickets.tables import tickets
from tests.privacy.test_erasing import PHONE, found_at_twilio, found_in, found_in_tables
from tests.stack import Stack, running_stack

BOGOTA = ZoneInfo("America/Bogota")


@pytest.fixture
def told() -> list[str]:
    return []


def keeper_of(stack: Stack, told: list[str]) -> Keeper:
    async def tell(conversation_id: str) -> None:
        told.append(conversation_id)

    runtime = stack.runtime
    return Keeper(means_of(runtime), terms_of(runtime.settings, runtime.flow), Night(runtime.settings.retention.hour), tell)


def look(stack: Stack, told: list[str]) -> None:
    async def both() -> None:
        keeper = keeper_of(stack, told)
        await keeper.look_around()
        await keeper.go_on()

    asyncio.run(both())


def count(stack: Stack, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one())


def test_of_whoever_does_not_agree_nothing_is_kept_but_a_keyed_hash_and_the_date(tmp_path: Path, told: list[str]) -> None:
    with running_stack(tmp_path) as stack:
        for text in ("asesor", "no acepto"):
            stack.receive(PHONE, text=text, profile_name="Zoraida")
            stack.settle()
        assert "no registro ninguno de tus datos" in stack.said(f"whatsapp:{PHONE}")[-1]
        look(stack, told)
        assert count(stack, contacts) == 1, "they may still be reading the answer"
        stack.advance(1.1)
        look(stack, told)
        assert (found_in(tmp_path), found_in_tables(stack), found_at_twilio(stack.fake)) == ([], [], [])
        row = stack.runtime.database.read_now(lambda connection: connection.execute(sa.select(erasures)).one())
        assert (row.reason, row.actor, row.todo, len(row.persons)) == ("refused", "", {}, 1)


def test_agents_are_warned_at_half_at_four_fifths_and_at_the_end_once_each(tmp_path: Path, told: list[str]) -> None:
    begin = datetime(2026, 11, 23, 10, 0, tzinfo=BOGOTA)
    with running_stack(tmp_path, at=begin, retention={"hour": 23}) as stack:
        stack.receive(PHONE, text="mis datos")
        stack.settle()
        days = 0.0
        for hours in (24, 8 * 24, 11 * 24, 15 * 24):
            stack.advance(hours - days)
            days = hours
            stack.runtime.database.write_now(
                lambda connection: connection.execute(sa.update(tickets).values(unread=False)) and None
            )
            look(stack, told)
            look(stack, told)
        history = stack.runtime.database.read_now(lambda connection: events(connection, 1))
        assert [event.data["share"] for event in history if event.kind == "legal_warned"] == [50, 80, 100]
        assert len(told) == 3
        [case] = stack.runtime.database.read_now(lambda connection: cases(connection, [1])).values()
        assert (case.number, case.warning(stack.runtime.clock.now()), case.is_open) == ("SF-000001", 100, True)
        assert stack.runtime.database.read_now(lambda connection: connection.scalar(sa.select(tickets.c.unread)))


def test_the_nights_work_is_done_once(tmp_path: Path, told: list[str]) -> None:
    with running_stack(tmp_path, at=datetime(2026, 11, 23, 2, 30, tzinfo=BOGOTA)) as stack:
        look(stack, told)
        assert count(stack, retention_runs) == 0
        stack.advance(1)
        look(stack, told)
        look(stack, told)
        assert count(stack, retention_runs) == 1
