import io
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from stdnum.co import nit

from bot.contacts.tables import contacts
from bot.conversations.tables import conversations, dialogues
from bot.db import Database
from bot.demo.invented import material
from bot.demo.progress import progress
from bot.demo.seeding import seed
from bot.flows import our_flow
from bot.messages.queries import transcript
from bot.messages.tables import messages
from bot.tickets import lifecycle, listing, queries, search
from bot.tickets.filters import Asking
from bot.tickets.lifecycle import Status
from bot.tickets.listing import Question
from bot.tickets.queries import Ticket
from bot.tickets.service import hear, open_ticket
from bot.tickets.tables import tickets
from tests.empty import new_database
from tests.tickets.world import NOW, add_customer, asked

COUNT = 400


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    made = new_database(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")
    assert list(seed(made, COUNT, {}, NOW)) == [COUNT]
    yield made
    made.close()


def everything(database: Database) -> list[Ticket]:
    question = Question(Asking("agente", NOW), sort="antiguas", size=10_000)
    return list(database.read_now(lambda connection: listing.page(connection, question)).tickets)


def test_every_ticket_is_found_by_number_nit_phone_and_name(database: Database) -> None:
    tickets = everything(database)
    assert [ticket.number for ticket in tickets] == [f"SF-{n:06d}" for n in range(1, COUNT + 1)]
    with database.reading.connect() as connection:
        for ticket in tickets[::20]:
            values = {field.name: field.value for field in ticket.fields}
            for query in (ticket.number, values["nit"], ticket.phone, ticket.customer, values["correo"], ticket.detail[-12:]):
                assert ticket.id in search.found(connection, query, below=None, most=COUNT), query


def test_what_is_made_up_is_plausible(database: Database) -> None:
    tickets = everything(database)
    cases = our_flow().cases
    for ticket in tickets:
        assert nit.is_valid({field.name: field.value for field in ticket.fields}["nit"].rjust(10, "0"))
        assert not ticket.case or ticket.case in cases
        assert NOW - timedelta(days=15) < ticket.created_at <= ticket.last_message_at <= NOW
        assert (ticket.status is Status.OPEN) == (not ticket.assignee)
    assert {ticket.status for ticket in tickets} == set(Status)
    assert {ticket.case for ticket in tickets} >= {case for _, case, *_ in material()["details"][:6]}
    assert 0 < sum(ticket.unread for ticket in tickets) < COUNT / 2
    assert len({ticket.contact_id for ticket in tickets}) < COUNT


def test_each_ticket_has_a_history_that_leads_to_its_state_and_a_conversation_in_order(database: Database) -> None:
    for ticket in everything(database)[::20]:
        events = database.read_now(lambda connection, ticket=ticket: queries.events(connection, ticket.id))  # type: ignore[misc]
        triggers = {event: trigger for trigger, event in lifecycle.EVENTS.items()}
        status = Status.OPEN
        for event in (event for event in events[1:] if event.kind != "rated"):
            status = lifecycle.after(status, triggers[event.kind])
        assert (events[0].kind, status) == ("opened", ticket.status)
        said = database.read_now(lambda connection, ticket=ticket: transcript(connection, ticket.conversation_id))  # type: ignore[misc]
        assert [message.position for message in said] == list(range(1, len(said) + 1))
        assert ticket.detail in [message.body for message in said]


def test_what_was_promised_answered_solved_and_rated_comes_in_the_order_of_time(database: Database) -> None:
    for ticket in everything(database):
        assert (ticket.resolved_at is not None) == (ticket.status is Status.RESOLVED)
        assert (ticket.first_responded_at is None) == (ticket.status is Status.OPEN)
        moments = [ticket.created_at, ticket.first_responded_at, ticket.resolved_at, NOW]
        assert [moment for moment in moments if moment] == sorted(moment for moment in moments if moment)
        assert ticket.rating is None or ticket.status is Status.RESOLVED
    stars = [ticket.rating for ticket in everything(database) if ticket.rating]
    assert set(stars) == {1, 2, 3, 4, 5}
    assert any(ticket.rating_comment for ticket in everything(database))


def test_customers_took_ways_that_there_are_in_the_flow(database: Database) -> None:
    flow = our_flow()
    made = database.read_now(lambda connection: connection.execute(sa.select(dialogues)).all())
    assert len(made) > COUNT
    assert sum(row.opened_ticket for row in made) == COUNT
    assert {name for row in made for name in row.path} <= set(flow.nodes)
    assert all(row.node == row.path[-1] for row in made)


def test_the_indexes_stand_again_after_seeding_and_after_one_that_was_stopped(database: Database) -> None:
    wanted = {index.name for table in (tickets, messages) for index in table.indexes}

    def standing() -> set[str | None]:
        inspector = sa.inspect(database.engine)
        return {index["name"] for name in ("tickets", "messages") for index in inspector.get_indexes(name)}

    assert wanted <= standing()
    database.write_now(lambda connection: next(iter(tickets.indexes)).drop(connection))
    begun = seed(database, 20, {}, NOW)
    next(begun)
    begun.close()
    assert wanted <= standing()


def test_a_conversation_knows_how_long_it_is(database: Database) -> None:
    longest = sa.select(sa.func.max(messages.c.position)).where(messages.c.conversation_id == conversations.c.id)
    wrong = sa.select(sa.func.count()).where(conversations.c.positions != longest.scalar_subquery())
    assert database.read_now(lambda connection: connection.scalar(wrong)) == 0


def test_a_seeded_database_goes_on_as_any_other(database: Database) -> None:
    database.write_now(lambda connection: add_customer(connection, "ana"))
    number = database.write_now(lambda connection: open_ticket(connection, asked("ana", "SM1:0"), NOW))
    assert number == f"SF-{COUNT + 1:06d}"
    database.write_now(lambda connection: hear(connection, "conversation-ana", "Zanahoria", NOW))
    assert list(seed(database, 20, {}, NOW)) == [20]
    assert len(everything(database)) == COUNT + 21
    assert database.read_now(lambda connection: search.found(connection, "zanahoria", below=None, most=5)) == [COUNT + 1]


def test_the_same_count_makes_the_same_tickets(tmp_path: Path) -> None:
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        database = new_database(tmp_path / name)
        list(seed(database, 50, {}, NOW))
        made.append((everything(database), database.read_now(lambda c: c.execute(sa.select(contacts)).all())))
        database.close()
    assert made[0] == made[1]


def test_progress_is_told_in_a_few_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    report = progress(1000, "tickets")
    for done in range(1, 1001):
        report(done)
    lines = said.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith(f"[{'#' * 30}] 1,000 of 1,000 tickets")
