from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.db import Database
from bot.engine.hours import Hours
from bot.tickets import queries
from bot.tickets.promises import Due, Promises, Target, business_time, due_at
from bot.tickets.service import mark_answered, move, open_ticket
from bot.tickets.tables import tickets
from tests.conversations.transcript import ZONE
from tests.empty import new_database
from tests.engine import world
from tests.tickets.world import MINUTE, NOW, add_customer, asked

#: Monday to Friday 8 to 18, Saturday 8 to 12.
HOURS = world.real_flow().hours
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("opened", "hours", "expected"),
    [
        ("2026-11-23 10:00", 4, "2026-11-23 14:00"),
        ("2026-11-23 14:00", 4, "2026-11-23 18:00"),  # exactly at closing time
        ("2026-11-23 14:01", 4, "2026-11-24 08:01"),
        ("2026-11-23 03:00", 4, "2026-11-23 12:00"),  # before the doors open
        ("2026-11-23 18:00", 1, "2026-11-24 09:00"),  # the closing minute is closed
        ("2026-11-27 17:00", 2, "2026-11-28 09:00"),  # over a night into a Saturday
        ("2026-11-28 11:00", 2, "2026-11-30 09:00"),  # over a Sunday
        ("2026-11-23 08:00", 20, "2026-11-24 18:00"),
        ("2026-11-13 17:00", 2, "2026-11-14 09:00"),
        ("2026-11-14 11:30", 1, "2026-11-17 08:30"),  # Monday 16 is a holiday: Independencia de Cartagena
        ("2026-12-24 17:00", 2, "2026-12-26 09:00"),  # over Christmas
        ("2026-12-31 17:00", 2, "2027-01-02 09:00"),  # over New Year's Day
        ("2026-11-23 10:00", 0, "2026-11-23 10:00"),
        ("2026-11-29 10:00", 0.5, "2026-11-30 08:30"),
    ],
)
def test_a_target_counts_only_hours_in_which_agents_are_there(opened: str, hours: float, expected: str) -> None:
    due = due_at(at(opened), HOURS, timedelta(hours=hours))
    assert due == at(expected)
    assert business_time(at(opened), at(expected), HOURS) == timedelta(hours=hours)


def test_a_time_in_another_zone_is_the_same_time() -> None:
    assert due_at(NOW, HOURS, 4 * HOUR) == at("2026-11-23 14:00")


def test_who_is_never_there_promises_nothing() -> None:
    closed = HOURS.model_copy(update={"open": {}})
    assert due_at(NOW, closed, HOUR) is None
    assert Promises(closed, Target(HOUR, HOUR)).due("", NOW) is None
    assert business_time(NOW, NOW + 90 * 24 * HOUR, closed) == timedelta()


def test_no_business_time_passes_backwards() -> None:
    assert business_time(NOW, NOW - HOUR, HOURS) == timedelta()


def test_two_spans_of_a_day_are_counted_in_order_with_the_pause_between_them() -> None:
    written = {"monday": ["14:00-18:00", "08:00-12:00"]}
    split = Hours.model_validate({**HOURS.model_dump(), "open": written})
    assert due_at(at("2026-11-23 11:00"), split, 2 * HOUR) == at("2026-11-23 15:00")
    assert due_at(at("2026-11-23 17:00"), split, 2 * HOUR) == at("2026-11-30 09:00")


def test_a_category_has_its_own_promise_or_the_default() -> None:
    promises = Promises(HOURS, Target(HOUR, 2 * HOUR), {"Ventas": Target(2 * HOUR, 3 * HOUR)})
    assert promises.due("Ventas", NOW) == Due(at("2026-11-23 12:00"), at("2026-11-23 13:00"))
    assert promises.due("ventas", NOW) == Due(at("2026-11-23 11:00"), at("2026-11-23 12:00"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = new_database(tmp_path, url)
    made.write_now(lambda connection: add_customer(connection, "ana"))
    yield made
    made.close()


def opened(database: Database, cause: str = "SM1:0", due: Due | None = None) -> str:
    return database.write_now(partial(open_ticket, ticket=asked("ana", cause), now=NOW, due=due))


def overdue(database: Database, after: timedelta) -> set[str]:
    query = sa.select(tickets.c.number).where(queries.is_overdue(NOW + after))
    return database.read_now(lambda connection: set(connection.scalars(query)))


def test_a_ticket_is_overdue_from_the_moment_until_which_it_was_promised(database: Database) -> None:
    number, _without = opened(database, due=Due(NOW + HOUR, NOW + 3 * HOUR)), opened(database, "SM2:0")
    assert overdue(database, HOUR - MINUTE) == set()
    assert overdue(database, HOUR) == {number}
    database.write_now(partial(mark_answered, conversation_id="conversation-ana", now=NOW + 2 * HOUR))
    assert overdue(database, 2 * HOUR) == set()
    assert overdue(database, 3 * HOUR) == {number}
    for trigger, expected in (
        ("assign", {number}),
        ("wait", set()),
        ("resume", {number}),
        ("resolve", set()),
        ("reopen", {number}),
    ):
        database.write_now(partial(move, number=number, trigger=trigger, actor="ana.gomez", now=NOW + 3 * HOUR))
        assert overdue(database, 3 * HOUR) == expected, trigger


def test_only_the_first_answer_counts_and_none_to_what_is_resolved(database: Database) -> None:
    number, resolved = opened(database, due=Due(NOW + HOUR, NOW + HOUR)), opened(database, "SM2:0")
    database.write_now(partial(move, number=resolved, trigger="resolve", actor="ana.gomez", now=NOW))
    for minutes in (1, 2):
        database.write_now(partial(mark_answered, conversation_id="conversation-ana", now=NOW + minutes * MINUTE))
    found = {name: database.read_now(partial(queries.ticket, number=name)) for name in (number, resolved)}
    answered, other = found[number], found[resolved]
    assert answered is not None
    assert other is not None
    assert (answered.first_responded_at, answered.resolved_at) == (NOW + MINUTE, None)
    assert (other.first_responded_at, other.resolved_at) == (None, NOW)


def test_a_customer_is_told_until_when_an_answer_is_due_until_it_is_given(database: Database) -> None:
    opened(database, due=Due(NOW + HOUR, NOW + 3 * HOUR))
    of_ana = partial(queries.tickets_of, contact_id="contact-ana")
    assert [state.answer_due for state in database.read_now(of_ana)] == [NOW + HOUR]
    database.write_now(partial(mark_answered, conversation_id="conversation-ana", now=NOW))
    assert [state.answer_due for state in database.read_now(of_ana)] == [None]
