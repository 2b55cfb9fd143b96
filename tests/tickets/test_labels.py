from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.db import Database
from bot.tickets import labels, queries
from bot.tickets.desk_tables import ticket_labels
from bot.tickets.labels import Colour, Label, LabelRefusedError, UnknownLabelError
from bot.tickets.service import UnknownTicketError, hear, label, open_ticket, unlabel
from bot.tickets.tables import tickets
from tests.tickets.world import MINUTE, NOW, asked


@pytest.fixture
def number(database: Database) -> str:
    """A ticket, and a label that it does not have."""
    database.write_now(partial(labels.add, name="Pago pendiente", colour=Colour.AMBER))
    number: str = database.write_now(partial(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW))
    return number


def put(database: Database, number: str, key: str = "pago-pendiente", *, off: bool = False) -> bool:
    return database.write_now(partial(unlabel if off else label, number=number, key=key, actor="ana.gomez", now=NOW))


def on(database: Database) -> list[str]:
    return [one.name for one in database.read_now(partial(labels.of_tickets, ids=[1]))[1]]


def test_a_label_is_put_on_once_and_taken_off_once_and_the_history_tells_both(database: Database, number: str) -> None:
    assert on(database) == []
    assert (put(database, number), put(database, number), on(database)) == (True, False, ["Pago pendiente"])
    assert (put(database, number, off=True), put(database, number, off=True), on(database)) == (True, False, [])
    events = database.read_now(partial(queries.events, ticket_id=1))
    assert [(event.kind, event.data.get("label")) for event in events[1:]] == [
        ("labelled", "Pago pendiente"),
        ("unlabelled", "Pago pendiente"),
    ]


@pytest.mark.parametrize("key", ["nada", "", "pago\0", "Pago pendiente"])
def test_a_label_or_a_ticket_that_is_not_there_is_refused(database: Database, number: str, key: str) -> None:
    for off in (False, True):
        with pytest.raises(UnknownLabelError):
            put(database, number, key, off=off)
        with pytest.raises(UnknownTicketError):
            put(database, "SF-000099", off=off)


def test_an_archived_label_stays_where_it_is_and_goes_on_nothing_else(database: Database, number: str) -> None:
    put(database, number)
    before, after = database.write_now(partial(labels.archive, key="pago-pendiente", at=NOW))
    assert (before.archived_at, after.archived_at) == (None, NOW)
    assert on(database) == ["Pago pendiente"]
    assert put(database, number, off=True)
    with pytest.raises(UnknownLabelError):
        put(database, number)
    database.write_now(partial(labels.archive, key="pago-pendiente", at=None))
    assert put(database, number)


def test_a_label_keeps_its_key_when_it_is_renamed(database: Database, number: str) -> None:
    database.write_now(partial(labels.change, key="pago-pendiente", name="  Falta   el pago ", colour=Colour.RED))
    again = database.write_now(partial(labels.add, name="Pago Pendiente", colour=Colour.GREY))
    assert again.key == "pago-pendiente-2"
    assert database.read_now(labels.listed) == [Label("pago-pendiente", "Falta el pago", Colour.RED), again]


@pytest.mark.parametrize(
    ("name", "reason"), [("", "no_name"), (" \n\u200b", "no_name"), ("ñ" * 41, "too_long"), ("PAGO  pendienté", "taken")]
)
def test_a_name_that_cannot_be_told_apart_is_refused(database: Database, number: str, name: str, reason: str) -> None:
    other = database.write_now(partial(labels.add, name="Otra", colour=Colour.BLUE))
    jobs: list[Any] = [partial(labels.add), partial(labels.change, key=other.key)]
    for job in jobs:
        with pytest.raises(LabelRefusedError) as refusal:
            database.write_now(partial(job, name=name, colour=Colour.BLUE))
        assert refusal.value.reason == reason
    assert [one.name for one in database.read_now(labels.listed)] == ["Otra", "Pago pendiente"]


def test_a_name_without_a_letter_of_ours_gets_a_key_all_the_same(database: Database) -> None:
    assert database.write_now(partial(labels.add, name="★★", colour=Colour.PINK)).key == "etiqueta"


def test_a_labels_order_follows_the_customers_messages(database: Database, number: str) -> None:
    put(database, number)
    database.write_now(partial(hear, conversation_id="conversation-ana", text="hola", now=NOW + MINUTE))
    times = sa.select(tickets.c.last_message_at, ticket_labels.c.last_message_at).join(
        ticket_labels, ticket_labels.c.ticket_id == tickets.c.id
    )
    assert database.read_now(lambda connection: connection.execute(times).one()) == (NOW + MINUTE, NOW + MINUTE)
