"""A message that breaks the rules: a person gets it, the customer is told, and nobody else notices."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import addresses, contacts
from bot.conversations import inbox as arrivals
from bot.conversations.tables import conversations, inbox
from bot.messages.queries import transcript
from bot.statements import insert_new
from bot.tickets.tables import tickets
from tests.agent import Agent
from tests.stack import Stack, running_stack

ANA, LUIS = "whatsapp:+573005550142", "whatsapp:+573115550178"
SECRET_WORDS = "mis palabras privadas"


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    chosen = {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    with running_stack(tmp_path, **chosen) as running:
        running.receive(ANA, text="hola")
        running.settle()
        yield running


def conversation(stack: Stack) -> str:
    is_theirs = addresses.c.contact_id == conversations.c.contact_id
    query = sa.select(conversations.c.id).join_from(conversations, addresses, is_theirs).where(addresses.c.address == ANA)
    return str(stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one()))


def poison(stack: Stack, **more: Any) -> str:
    """Something in the inbox that no turn can be made of: a kind of message that this version does not know."""
    now, identity = stack.runtime.clock.now(), conversation(stack)

    def job(connection: Connection) -> str:
        by_id = conversations.c.id == identity
        counted = sa.update(conversations).where(by_id).values(arrivals=conversations.c.arrivals + 1)
        arrival = connection.execute(counted.returning(conversations.c.arrivals)).scalar_one()
        written = {"type": "message_received", "kind": "hologram", "text": SECRET_WORDS}
        row = {"conversation_id": identity, "arrival": arrival, "key": f"SM{arrival}", "input": written, "parameters": {}}
        insert_new(connection, inbox, {**row, "awaits_secret": False, "received_at": now, "attempts": 0, "error": "", **more})
        return identity

    return stack.runtime.database.write_now(job)


def opened(stack: Stack) -> list[Any]:
    return stack.runtime.database.read_now(lambda connection: list(connection.execute(sa.select(tickets)).all()))


def test_a_parked_message_lies_before_a_person_and_the_next_ones_go_on(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    poison(stack)
    stack.receive(ANA, text="menú")
    stack.receive(LUIS, text="hola")
    stack.settle()
    [ticket] = opened(stack)
    assert (ticket.detail, ticket.status) == (SECRET_WORDS, "open")
    _, told, menu = stack.said(ANA)
    assert ticket.number in told
    assert "*1.* Soporte de mi producto" in menu
    assert len(stack.said(LUIS)) == 1
    shown = stack.runtime.database.read_now(partial(transcript, conversation_id=conversation(stack)))
    assert [message.body for message in shown if message.author == "customer"] == ["hola", SECRET_WORDS, "menú"]
    parked = sa.select(inbox.c.attempts, inbox.c.error).where(inbox.c.error != "")
    rows = stack.runtime.database.read_now(lambda connection: list(connection.execute(parked).all()))
    assert [tuple(row) for row in rows] == [(5, "parked ValidationError")]
    assert SECRET_WORDS not in caplog.text


def test_an_agent_can_take_a_ticket_whose_customer_wrote_what_cannot_be_handled(stack: Stack) -> None:
    stack.receive(ANA, text="asesor")
    poison(stack)
    stack.settle()
    [ticket] = opened(stack)
    agent = Agent(stack, "Ana Gómez")
    poison(stack, due_at=stack.runtime.clock.now() + timedelta(hours=1))  # no worker takes it first
    assert agent.move(ticket.number, "assign").status_code == 303
    assert len(opened(stack)) == 2
    poison(stack, due_at=stack.runtime.clock.now() + timedelta(hours=1))
    assert agent.reply(ticket.number, "Ya lo reviso.").status_code == 303
    assert len(opened(stack)) == 2  # the agent reads it in the transcript: nobody else is needed
    stack.settle()
    assert stack.said(ANA)[-1] == "Ya lo reviso."


def test_whoever_waits_longest_comes_first_and_one_who_writes_a_lot_shuts_out_nobody(stack: Stack) -> None:
    now = stack.runtime.clock.now()
    later = {"due_at": now + timedelta(minutes=5)}
    for _ in range(20):
        poison(stack, **later)
    other = "f" * 32

    def wait_too(connection: Connection) -> None:
        connection.execute(sa.insert(contacts).values(id="p", phone="", profile_name="", created_at=now))
        row = {"id": other, "contact_id": "p", "address": LUIS, "state": {"node": "inicio"}, "last_message_at": now}
        connection.execute(sa.insert(conversations).values({**row, "version": 0, "arrivals": 1, "positions": 0}))
        written = {"type": "message_received", "kind": "text", "text": "hola"}
        row = {"conversation_id": other, "arrival": 1, "key": "SMlast", "input": written, "parameters": {}, **later}
        insert_new(connection, inbox, {**row, "awaits_secret": False, "received_at": now, "attempts": 0, "error": ""})

    stack.runtime.database.write_now(wait_too)
    read = stack.runtime.database.read_now
    assert read(partial(arrivals.waiting, now=now, limit=4)) == []
    assert read(partial(arrivals.waiting, now=now + timedelta(minutes=8), limit=4)) == [conversation(stack), other]
