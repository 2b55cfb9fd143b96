from dataclasses import replace

import pytest

from bot.db import Database
from bot.engine.effects import FieldValue
from bot.tickets import queries
from bot.tickets.lifecycle import Status
from bot.tickets.queries import TicketState
from bot.tickets.service import move
from tests.tickets.world import MINUTE, NOW, open_many


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
