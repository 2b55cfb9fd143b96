import random
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.db import Database
from bot.tickets import lifecycle, queries
from bot.tickets.lifecycle import NotAllowedError, Status
from bot.tickets.queries import Event, Ticket
from bot.tickets.service import UnknownTicketError, move, open_ticket
from bot.tickets.tables import ticket_events, tickets
from tests.tickets.world import MINUTE, NOW, asked


def opened(database: Database, name: str = "ana", cause: str = "SM1:0") -> str:
    return database.write_now(lambda connection: open_ticket(connection, asked(name, cause), NOW))


def moved(database: Database, number: str, trigger: str, actor: str = "ana.gomez") -> Status:
    return database.write_now(lambda connection: move(connection, number, trigger, actor, NOW + MINUTE))


def ticket(database: Database, number: str) -> Ticket:
    found = database.read_now(lambda connection: queries.ticket(connection, number))
    assert found is not None
    return found


def history(database: Database, number: str) -> list[Event]:
    return database.read_now(lambda connection: queries.events(connection, ticket(database, number).id))


def test_a_new_ticket_gets_the_next_number_and_keeps_what_was_collected(database: Database) -> None:
    assert [opened(database, cause="SM1:0"), opened(database, "luis", "SM2:0")] == ["SF-000001", "SF-000002"]
    found, wanted = ticket(database, "SF-000001"), asked("ana", "SM1:0")
    assert (found.status, found.assignee, found.created_at, found.updated_at) == (Status.OPEN, "", NOW, NOW)
    assert (found.category, found.case, found.fields, found.detail) == (
        wanted.category,
        wanted.case,
        wanted.fields,
        wanted.detail,
    )
    assert history(database, "SF-000001") == [Event(NOW, "opened", "customer", {"to": "open"})]


def test_attachments_come_back_as_they_were_given(database: Database) -> None:
    attachments = (
        {"url": "https://media.example/1", "content_type": "image/png"},
        {"latitude": 4.6, "longitude": -74.1, "address": "", "label": "Oficina"},
    )
    asked_for = asked("ana", "SM1:0", attachments=attachments)
    number = database.write_now(lambda connection: open_ticket(connection, asked_for, NOW))
    assert ticket(database, number).attachments == attachments


def test_opening_twice_for_the_same_cause_returns_the_number_and_writes_nothing(database: Database) -> None:
    assert opened(database) == opened(database) == "SF-000001"
    again = asked("ana", "SM1:0", detail="otra cosa")
    assert database.write_now(lambda connection: open_ticket(connection, again, NOW + MINUTE)) == "SF-000001"
    assert ticket(database, "SF-000001").detail == asked("ana", "SM1:0").detail
    assert len(history(database, "SF-000001")) == 1
    assert opened(database, cause="SM3:0") == "SF-000002"


def test_a_number_is_not_given_out_again_after_a_delete(database: Database) -> None:
    number = opened(database)
    database.write_now(lambda connection: connection.execute(sa.delete(ticket_events)))
    database.write_now(lambda connection: connection.execute(sa.delete(tickets).where(tickets.c.number == number)))
    assert opened(database, cause="SM2:0") == "SF-000002"


def test_a_ticket_that_is_not_committed_leaves_nothing_behind(database: Database) -> None:
    def job(connection: sa.Connection) -> None:
        open_ticket(connection, asked("ana", "SM1:0"), NOW)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        database.write_now(job)
    assert database.read_now(lambda connection: queries.ticket(connection, "SF-000001")) is None
    assert database.read_now(lambda connection: connection.scalar(sa.select(sa.func.count()).select_from(ticket_events))) == 0


def test_a_ticket_of_nobody_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        opened(database, "nadie")


def test_a_move_changes_the_state_and_is_told_in_the_history(database: Database) -> None:
    number = opened(database)
    assert moved(database, number, "assign") is Status.ASSIGNED
    found = ticket(database, number)
    assert (found.status, found.assignee, found.updated_at) == (Status.ASSIGNED, "ana.gomez", NOW + MINUTE)
    assert history(database, number)[-1] == Event(NOW + MINUTE, "assigned", "ana.gomez", {"from": "open", "to": "assigned"})


def test_a_move_that_the_lifecycle_forbids_changes_nothing(database: Database) -> None:
    number = opened(database)
    before = ticket(database, number)
    for trigger in ("wait", "resume", "release", "reopen", "close"):
        with pytest.raises(NotAllowedError):
            moved(database, number, trigger)
    assert (ticket(database, number), len(history(database, number))) == (before, 1)


def test_of_two_agents_who_take_a_ticket_the_second_is_refused(database: Database) -> None:
    number = opened(database)
    moved(database, number, "assign", "ana.gomez")
    with pytest.raises(NotAllowedError) as refusal:
        moved(database, number, "assign", "luis.paz")
    assert refusal.value.status is Status.ASSIGNED
    assert ticket(database, number).assignee == "ana.gomez"


def test_moving_a_ticket_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(UnknownTicketError, match="SF-000009"):
        moved(database, "SF-000009", "assign")


def test_a_ticket_belongs_to_its_agent_until_it_is_open_again(database: Database) -> None:
    number = opened(database)
    held = []
    for trigger in ("assign", "wait", "resume", "resolve", "reopen", "assign", "release"):
        moved(database, number, trigger, "luis.paz" if trigger == "resolve" else "ana.gomez")
        held.append(ticket(database, number).assignee)
    assert held == ["ana.gomez"] * 4 + ["", "ana.gomez", ""]


def test_the_database_itself_refuses_an_owner_that_contradicts_the_state(database: Database) -> None:
    number = opened(database)
    for values in ({"assignee": "ana.gomez"}, {"status": "assigned"}, {"status": "waiting"}):
        change = sa.update(tickets).where(tickets.c.number == number).values(values)
        with pytest.raises(IntegrityError):
            database.write_now(partial(sa.Connection.execute, statement=change))


def test_the_state_follows_from_the_history(database: Database) -> None:
    number, chance = opened(database), random.Random(7)  # noqa: S311 (a repeatable walk, nothing secret)
    for _ in range(40):
        moved(database, number, chance.choice(lifecycle.triggers_from(ticket(database, number).status)))
    triggers = {event: trigger for trigger, event in lifecycle.EVENTS.items()}
    status = Status.OPEN
    for event in history(database, number)[1:]:
        assert event.data["from"] == status
        status = lifecycle.after(status, triggers[event.kind])
        assert event.data["to"] == status
    assert status is ticket(database, number).status
