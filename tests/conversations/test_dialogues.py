"""The way of each customer through the flow, as the running product notes it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.conversations import desk
from bot.conversations.merge import merge
from bot.conversations.tables import dialogues
from tests.conversations.test_desk import at_desk, open_one, take
from tests.stack import Stack, running_stack

ANA = "whatsapp:+573005550142"
AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
TO_ACCESS = ["inicio", "menu.principal", "menu.producto", "menu.facturacion", "acceso"]


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    chosen = {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    with running_stack(tmp_path, at=AT, **chosen) as running:
        yield running


def say(stack: Stack, *texts: str, address: str = ANA) -> None:
    for text in texts:
        stack.receive(address, text=text)
        stack.settle()


def noted(stack: Stack) -> list[Any]:
    query = sa.select(dialogues).order_by(dialogues.c.id)
    return list(stack.runtime.database.read_now(lambda connection: connection.execute(query).all()))


def test_a_dialogue_tells_the_way_and_where_it_stopped(stack: Stack) -> None:
    say(stack, "hola", "1 3 1")
    (one,) = noted(stack)
    assert (one.path, one.node) == (TO_ACCESS, "acceso")
    assert (one.answered, one.opened_ticket, one.asked_agent) == (False, False, False)
    say(stack, "acepto", "cuánto hay que esperar para la activación", "asesor")
    (one,) = noted(stack)
    assert one.path == [*TO_ACCESS, "acceso.nombre", "espera_activacion", "asesor", *one.path[8:]]
    assert (one.answered, one.asked_agent) == (True, True)


def test_what_comes_to_rest_is_remembered_by_where_it_was_before(stack: Stack) -> None:
    say(stack, "hola", "olvidé la contraseña", "sí")
    (one,) = noted(stack)
    assert one.path == ["inicio", "menu.principal", "olvide_clave", "ayudo", "resuelto"]
    assert (one.node, one.answered, one.helped) == ("resuelto", True, True)
    say(stack, "hola")
    (one,) = noted(stack)
    assert (one.node, one.helped) == ("menu.principal", True)


def test_after_a_day_of_silence_a_new_dialogue_begins_and_not_before(stack: Stack) -> None:
    say(stack, "hola")
    stack.advance(23)
    say(stack, "1")
    assert len(noted(stack)) == 1
    stack.advance(25)
    say(stack, "hola")
    assert [row.path for row in noted(stack)] == [["inicio", "menu.principal", "menu.producto"], ["inicio", "menu.principal"]]


def test_what_is_said_to_an_agent_or_to_rate_them_is_no_dialogue_with_the_bot(stack: Stack) -> None:
    say(stack, "hola")
    open_one(stack)
    take(stack)
    (one,) = noted(stack)
    say(stack, "olvidé la contraseña")
    assert noted(stack) == [one]
    assert one.asked_agent
    at_desk(stack, "ana", desk.act, number="SF-000001", trigger="resolve", seen=1)
    stack.settle()
    say(stack, "5", "muy bien")
    assert noted(stack) == [one]


def test_dialogues_go_with_the_person_when_two_turn_out_to_be_one(stack: Stack) -> None:
    say(stack, "hola")
    say(stack, "hola", "1", address="whatsapp:+573005550143")
    find = sa.text("SELECT contact_id, id FROM conversations ORDER BY address")
    (kept, conversation), (duplicate, _) = stack.runtime.database.read_now(lambda connection: connection.execute(find).all())
    stack.runtime.database.write_now(lambda connection: merge(connection, kept=kept, duplicate=duplicate))
    assert [row.conversation_id for row in noted(stack)] == [conversation] * 2
