from dataclasses import replace
from functools import partial

import pytest

from bot.db import Database
from bot.engine.effects import FieldValue
from bot.tickets import queries
from bot.tickets.lifecycle import Status
from bot.tickets.queries import Page, TicketState
from bot.tickets.service import move, open_ticket
from tests.tickets.world import MINUTE, NOW, asked, open_many


def page(database: Database, **chosen: object) -> Page:
    return database.read_now(lambda connection: queries.page(connection, **chosen))  # type: ignore[arg-type]


def numbers(found: Page) -> list[str]:
    return [ticket.number for ticket in found.tickets]


def test_no_tickets_make_one_empty_page(database: Database) -> None:
    assert page(database) == Page([], None)
    assert database.read_now(queries.counts) == dict.fromkeys(Status, 0)


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (3, [3]), (4, [3, 1]), (6, [3, 3]), (7, [3, 3, 1])])
def test_pages_show_every_ticket_once_newest_first(database: Database, count: int, sizes: list[int]) -> None:
    opened = database.write_now(lambda connection: open_many(connection, "ana", count))
    found, pages = page(database, size=3), []
    pages.append(numbers(found))
    while found.older is not None:
        found = page(database, size=3, before=found.older)
        pages.append(numbers(found))
    assert [len(shown) for shown in pages] == sizes
    assert [number for shown in pages for number in shown] == opened[::-1]


def test_a_ticket_opened_while_somebody_leafs_through_moves_nothing_on_the_next_page(database: Database) -> None:
    database.write_now(lambda connection: open_many(connection, "ana", 4))
    first = page(database, size=2)
    database.write_now(lambda connection: open_ticket(connection, asked("luis", "new"), NOW))
    assert numbers(page(database, size=2, before=first.older)) == ["SF-000002", "SF-000001"]


def test_a_list_of_one_state_holds_only_that_and_its_count_agrees(database: Database) -> None:
    opened = database.write_now(lambda connection: open_many(connection, "ana", 5))
    for number in opened[::2]:
        database.write_now(partial(move, number=number, trigger="assign", actor="ana.gomez", now=NOW))
    found = page(database, status=Status.ASSIGNED, size=2)
    assert numbers(found) == [opened[4], opened[2]]
    assert numbers(page(database, status=Status.ASSIGNED, size=2, before=found.older)) == [opened[0]]
    assert database.read_now(queries.counts) == {**dict.fromkeys(Status, 0), Status.OPEN: 2, Status.ASSIGNED: 3}


def test_a_customer_is_told_of_their_own_tickets_only_newest_first(database: Database) -> None:
    database.write_now(lambda connection: open_many(connection, "ana", 2))
    database.write_now(lambda connection: open_many(connection, "luis", 1))
    database.write_now(lambda connection: move(connection, "SF-000001", "resolve", "ana.gomez", NOW + 9 * MINUTE))
    assert database.read_now(lambda connection: queries.tickets_of(connection, "contact-ana")) == [
        TicketState("SF-000002", "Otra consulta", Status.OPEN, NOW + MINUTE, NOW + MINUTE, None),
        TicketState("SF-000001", "Otra consulta", Status.RESOLVED, NOW, NOW + 9 * MINUTE, NOW + 9 * MINUTE),
    ]
    assert database.read_now(lambda connection: queries.tickets_of(connection, "contact-nadie")) == []


@pytest.mark.parametrize("number", ["SF-000002", "sf-000001", "", "SF-000001 ", "SF-\0", "SF-٠٠٠٠٠١", "' OR 1=1 --"])
def test_a_number_that_was_not_given_out_finds_no_ticket(database: Database, number: str) -> None:
    database.write_now(lambda connection: open_many(connection, "ana", 1))
    assert database.read_now(lambda connection: queries.ticket(connection, number)) is None


def test_the_name_from_the_form_goes_before_the_one_of_the_profile(database: Database) -> None:
    database.write_now(lambda connection: open_many(connection, "ana", 1))
    found = database.read_now(lambda connection: queries.ticket(connection, "SF-000001"))
    assert found is not None
    given = replace(found, profile_name="Anita ✨", fields=(FieldValue("nombre", "Nombre", "Ana Gómez"),))
    assert given.customer == "Ana Gómez"
    assert replace(given, fields=(FieldValue("nombre", "Nombre", " "),)).customer == "Anita ✨"
    assert replace(given, fields=(), profile_name="").customer == ""
