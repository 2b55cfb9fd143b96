import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa

from bot.db import Database
from bot.tickets import labels, listing
from bot.tickets.filters import CLOSING, FILTERS, WINDOW, Asking
from bot.tickets.labels import Colour
from bot.tickets.lifecycle import Status
from bot.tickets.listing import SORTS, Mark, MarkRefusedError, Page, Question, read_mark
from bot.tickets.promises import Due
from bot.tickets.queries import Ticket
from bot.tickets.service import hear, label, mark_read, move, open_ticket
from bot.tickets.tables import tickets
from tests.empty import new_database
from tests.tickets.world import MINUTE, NOW, asked, open_many

ANA = Asking("ana.gomez", NOW + timedelta(hours=1))


def page(database: Database, **chosen: object) -> Page:
    question = Question(**{"asking": ANA, **chosen})  # type: ignore[arg-type]
    return database.read_now(lambda connection: listing.page(connection, question))


def numbers(database: Database, **filters: str) -> list[str]:
    return [ticket.number for ticket in page(database, filters=filters).tickets]


def all_numbers(database: Database, sort: str, filters: dict[str, str]) -> list[str]:
    seen: list[str] = []
    behind: Mark | None = None
    while True:
        found = page(database, sort=sort, filters=filters, behind=behind, size=3)
        seen += [ticket.number for ticket in found.tickets]
        if found.more is None:
            return seen
        behind = read_mark(str(found.more), sort)


def varied(database: Database) -> None:
    """Tickets in every state, some heard from again, several at the same moment."""
    chance = random.Random(3)  # noqa: S311 (a repeatable walk, nothing secret)

    def job(connection: sa.Connection) -> None:
        labels.add(connection, "Cobro", Colour.RED)
        for n in range(23):
            name, case = chance.choice(["ana", "luis"]), chance.choice(["olvide_clave", "olvide_usuario", ""])
            opened = NOW - MINUTE * chance.randrange(4) * 400
            due = chance.choice([None, Due(opened + 5 * MINUTE, opened + 500 * MINUTE)])
            number = open_ticket(connection, asked(name, f"v:{n}", case=case), opened, due)
            for trigger in chance.choice([(), ("assign",), ("assign", "wait"), ("resolve",)]):
                move(connection, number, trigger, chance.choice(["ana.gomez", "luis.paz"]), NOW)
            if n % 3:
                label(connection, number, "cobro", "ana.gomez", NOW)
        hear(connection, "conversation-luis", "hola", NOW + MINUTE)

    database.write_now(job)


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"mias": "si"},
        {"caso": "olvide_clave"},
        {"estado": "open", "no_leidas": "si"},
        {"etiqueta": "cobro"},
        {"etiqueta": "cobro", "caso": "olvide_clave"},
    ],
    ids=str,
)
def test_page_after_page_shows_every_ticket_once_in_order(database: Database, sort: str, filters: dict[str, str]) -> None:
    varied(database)
    whole = page(database, sort=sort, filters=filters, size=1000).tickets
    assert all_numbers(database, sort, filters) == [ticket.number for ticket in whole]
    keys = [(ticket.last_message_at, ticket.id) if "-" in str(_mark(database, sort)) else ticket.id for ticket in whole]
    assert keys == sorted(keys, reverse=SORTS[sort].descending)
    assert whole or filters


def _mark(database: Database, sort: str) -> Mark | None:
    return page(database, sort=sort, size=1).more


def test_each_filter_lets_through_exactly_what_it_says(database: Database) -> None:
    varied(database)
    everything = page(database, size=1000).tickets
    now = ANA.now
    labelled = database.read_now(partial(labels.of_tickets, ids=[ticket.id for ticket in everything]))
    expected: dict[tuple[str, str], Callable[[Ticket], bool]] = {
        ("estado", "waiting"): lambda ticket: ticket.status is Status.WAITING,
        ("caso", "olvide_usuario"): lambda ticket: ticket.case == "olvide_usuario",
        ("categoria", "Otra consulta"): lambda _: True,
        ("asesor", "luis.paz"): lambda ticket: ticket.assignee == "luis.paz",
        ("etiqueta", "cobro"): lambda ticket: bool(labelled[ticket.id]),
        ("mias", "si"): lambda ticket: ticket.assignee == "ana.gomez" and ticket.status in {Status.ASSIGNED, Status.WAITING},
        ("sin_asesor", "si"): lambda ticket: not ticket.assignee and ticket.status is not Status.RESOLVED,
        ("no_leidas", "si"): lambda ticket: ticket.unread,
        ("vencidas", "si"): lambda ticket: ticket.is_overdue(now),
        ("por_cerrar", "si"): lambda ticket: _open(ticket) and timedelta(0) < ticket.last_message_at + WINDOW - now <= CLOSING,
        ("ventana_abierta", "si"): lambda ticket: _open(ticket) and ticket.last_message_at + WINDOW > now,
    }
    assert {name for name, _ in expected} == set(FILTERS)
    for (name, value), passes in expected.items():
        through = [ticket.number for ticket in everything if passes(ticket)]
        assert numbers(database, **{name: value}) == through
        assert database.read_now(partial(listing.count, filters={name: value}, asking=ANA)) == len(through)
        assert through, name


def _open(ticket: Ticket) -> bool:
    return ticket.status is not Status.RESOLVED


def test_counts_of_states_agree_with_the_lists_and_stop_at_the_most(database: Database) -> None:
    varied(database)
    counts = database.read_now(lambda connection: listing.counts(connection, ["estado", "no_leidas"], ANA, labels=["cobro"]))
    assert counts["etiqueta"] == {"cobro": len(numbers(database, etiqueta="cobro"))} == {"cobro": 15}
    assert list(counts["estado"]) == [status.value for status in Status]
    for status, count in counts["estado"].items():
        assert count == len(numbers(database, estado=status)) > 0
    assert counts["no_leidas"] == {"si": len(numbers(database, no_leidas="si"))}
    assert database.read_now(lambda connection: listing.count(connection, {}, ANA, most=5)) == 6


def test_a_customers_message_makes_their_unresolved_tickets_unread_until_the_page_is_opened(database: Database) -> None:
    database.write_now(lambda connection: open_many(connection, "ana", 2))
    database.write_now(lambda connection: open_ticket(connection, asked("luis", "l"), NOW))
    database.write_now(lambda connection: move(connection, "SF-000001", "resolve", "ana.gomez", NOW))
    assert numbers(database, no_leidas="si") == []
    later = NOW + timedelta(minutes=30)
    database.write_now(lambda connection: hear(connection, "conversation-ana", "hola", later))
    assert numbers(database, no_leidas="si") == ["SF-000002"]
    assert page(database, sort="actividad").tickets[0].last_message_at == later
    read = partial(database.write_now, lambda connection: mark_read(connection, "SF-000002"))
    assert (read(), read(), numbers(database, no_leidas="si")) == (True, False, [])


def test_the_values_of_a_column_are_listed_once_each_without_the_empty_one(database: Database) -> None:
    assert database.read_now(partial(listing.values, column=tickets.c.case)) == []
    varied(database)
    assert database.read_now(partial(listing.values, column=tickets.c.case)) == ["olvide_clave", "olvide_usuario"]


def test_a_ticket_opened_while_somebody_leafs_through_moves_nothing_on_the_next_page(database: Database) -> None:
    database.write_now(lambda connection: open_many(connection, "ana", 4))
    first = page(database, size=2)
    database.write_now(lambda connection: open_ticket(connection, asked("luis", "new"), NOW))
    assert [ticket.number for ticket in page(database, size=2, behind=first.more).tickets] == ["SF-000002", "SF-000001"]


@pytest.mark.parametrize(("text", "sort"), [("", "recientes"), ("1-1", "recientes"), ("1", "actividad")])
def test_a_mark_of_no_page_is_refused(text: str, sort: str) -> None:
    with pytest.raises(MarkRefusedError):
        read_mark(text, sort)
    assert read_mark("7", "recientes") == Mark(7)


@pytest.mark.parametrize("sort", list(SORTS))
def test_no_list_reads_all_tickets_or_sorts_them(sort: str) -> None:
    with TemporaryDirectory() as folder:
        database = new_database(Path(folder))
        plans: list[str] = []

        def explain(connection: sa.Connection, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
            if statement.startswith("SELECT tickets"):
                plans.extend(
                    row[3] for row in connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                )

        sa.event.listen(database.reading, "before_cursor_execute", explain)
        values = {"estado": "open", "caso": "a", "categoria": "b", "asesor": "luis.paz", "etiqueta": "cobro"}
        for name in FILTERS:
            # What was written within a day is sorted by number: that is little, come what may.
            is_few = name in {"por_cerrar", "ventana_abierta"} and SORTS[sort].column is not tickets.c.last_message_at
            if not is_few:
                page(database, sort=sort, filters={name: values.get(name, "si")})
        database.close()
    assert len([plan for plan in plans if "tickets" in plan]) > len(FILTERS) - 3
    assert [plan for plan in plans if "TEMP B-TREE" in plan or plan == "SCAN tickets"] == []
