"""Agents, the bot and customers at the same conversation: one of them talks, nothing is said twice, nobody wins twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.fake_twilio import Faults
from bot.conversations import desk
from bot.conversations.desk import Desk, HeldError, NotFailedError, NotYoursError, WindowClosedError
from bot.conversations.inbox import record_deed
from bot.conversations.queries import Standing, standing
from bot.engine.inputs import AgentReplied
from bot.messages.tables import Status, messages
from bot.runtime import rules_of
from bot.tickets import queries
from bot.tickets.lifecycle import NotAllowedError
from bot.tickets.lifecycle import Status as TicketStatus
from bot.tickets.queries import Ticket
from bot.tickets.service import TicketChangedError, open_ticket
from tests.stack import Stack, running_stack
from tests.tickets.world import asked

CUSTOMER = "whatsapp:+573005550142"
NUMBER = "SF-000001"
AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """A product in which a customer said hello and has one ticket."""
    chosen = {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    with running_stack(tmp_path, at=AT, **chosen) as running:
        running.receive(CUSTOMER, text="hola")
        running.settle()
        open_one(running)
        yield running


def open_one(stack: Stack, cause: str = "SM1:0") -> str:
    """One more ticket of the customer."""

    def job(connection: sa.Connection) -> str:
        row = connection.execute(sa.select(messages.c.conversation_id)).first()
        assert row is not None
        by_id = sa.text("SELECT contact_id FROM conversations WHERE id = :id")
        contact = connection.execute(by_id, {"id": row.conversation_id}).scalar_one()
        ticket = asked("ana", cause)
        fields = {**vars(ticket), "contact_id": contact, "conversation_id": row.conversation_id}
        return open_ticket(connection, type(ticket)(**fields), stack.runtime.clock.now())

    return stack.runtime.database.write_now(job)


def at_desk(stack: Stack, agent: str, job: Any, **values: Any) -> Any:
    """Let an agent do something, in one transaction."""
    runtime = stack.runtime
    rules = rules_of(runtime.settings, runtime.flow)
    return runtime.database.write_now(
        lambda connection: job(Desk(connection, rules, agent, agent.title(), runtime.clock.now()), **values)
    )


def take(stack: Stack, agent: str = "ana", number: str = NUMBER) -> Any:
    return at_desk(stack, agent, desk.act, number=number, trigger="assign", seen=ticket(stack, number).version)


def ticket(stack: Stack, number: str = NUMBER) -> Ticket:
    found = stack.runtime.database.read_now(partial(queries.ticket, number=number))
    assert found is not None
    return found


def here(stack: Stack) -> Standing:
    conversation = ticket(stack).conversation_id
    return stack.runtime.database.read_now(partial(standing, conversation_id=conversation))


def rows(stack: Stack) -> list[Any]:
    query = sa.select(messages).order_by(messages.c.position)
    return stack.runtime.database.read_now(lambda connection: list(connection.execute(query).all()))


def queued_by_the_bot(stack: Stack) -> None:
    """Let the bot have something to say that no sender takes for the next minute."""
    later = {"status": Status.QUEUED.value, "due_at": stack.runtime.clock.now() + timedelta(minutes=1), "sid": None}
    last = sa.select(sa.func.max(messages.c.position)).scalar_subquery()
    stack.runtime.database.write_now(
        lambda connection: connection.execute(sa.update(messages).where(messages.c.position == last).values(later))
    )


def test_what_the_bot_had_not_begun_to_send_is_withdrawn_with_the_claim(stack: Stack) -> None:
    queued_by_the_bot(stack)
    take(stack)
    withdrawn = [row for row in rows(stack) if row.status == "withdrawn"]
    assert [row.author for row in withdrawn] == ["bot"]
    stack.advance(1)
    stack.settle()
    assert [row.status for row in rows(stack) if row.id == withdrawn[0].id] == ["withdrawn"]
    assert [text for text in stack.said(CUSTOMER) if text == withdrawn[0].body] == [withdrawn[0].body]  # once, before


def test_a_message_that_is_being_sent_when_an_agent_takes_over_is_let_go(stack: Stack) -> None:
    stack.fake.faults = Faults(slow=1, slow_seconds=0.5)
    stack.receive(CUSTOMER, text="gracias")
    while not any(row.status == "sending" for row in rows(stack)):
        pass
    take(stack)
    stack.settle()
    *_, answer, note, told = rows(stack)
    assert answer.status in ("accepted", "sent", "delivered")
    assert (note.direction, note.body) == ("note", f"agent_took_over {NUMBER}")
    assert told.status in ("accepted", "sent", "delivered")


def test_a_claim_that_fails_withdraws_nothing_and_leaves_the_bot_talking(stack: Stack) -> None:
    queued_by_the_bot(stack)
    before = rows(stack)

    def fail(at: Desk) -> None:
        desk.act(at, NUMBER, "assign", 0)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        at_desk(stack, "ana", fail)
    assert (rows(stack), ticket(stack).status, here(stack).agent) == (before, TicketStatus.OPEN, "")


def test_of_eight_agents_who_claim_at_once_exactly_one_wins(stack: Stack) -> None:
    def claim(agent: str) -> str:
        try:
            at_desk(stack, agent, desk.act, number=NUMBER, trigger="assign", seen=0)
        except (TicketChangedError, NotAllowedError, HeldError):
            return "lost"
        return agent

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(claim, [f"agent{n}" for n in range(8)]))
    [winner] = [result for result in results if result != "lost"]
    assert (ticket(stack).assignee, here(stack).agent) == (winner, winner)
    stack.settle()
    assert sum("Desde ahora te atiende" in text for text in stack.said(CUSTOMER)) == 1


def test_a_reply_that_is_sent_twice_arrives_once(stack: Stack) -> None:
    take(stack)

    def send(_: int) -> bool:
        return bool(at_desk(stack, "ana", desk.reply, number=NUMBER, text="Hola, ya lo reviso.", key="ana:k1"))

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(send, range(4))) == [False, False, False, True]
    stack.settle()
    assert stack.said(CUSTOMER).count("Hola, ya lo reviso.") == 1
    assert [row.author for row in rows(stack) if row.body == "Hola, ya lo reviso."] == ["ana"]


def test_only_who_has_the_conversation_can_write_to_the_customer(stack: Stack) -> None:
    with pytest.raises(NotYoursError):
        at_desk(stack, "ana", desk.reply, number=NUMBER, text="Hola", key="k0")
    take(stack)
    with pytest.raises(NotYoursError):
        at_desk(stack, "luis", desk.reply, number=NUMBER, text="Hola", key="k1")
    at_desk(stack, "ana", desk.act, number=NUMBER, trigger="release", seen=1)
    with pytest.raises(NotYoursError):
        at_desk(stack, "ana", desk.reply, number=NUMBER, text="Hola", key="k2")
    stack.settle()
    assert "Hola" not in stack.said(CUSTOMER)


def test_a_customer_of_a_colleague_cannot_be_taken_through_another_ticket(stack: Stack) -> None:
    second = open_one(stack, "SM2:0")
    take(stack, "ana")
    with pytest.raises(HeldError) as held:
        take(stack, "luis", second)
    assert held.value.agent == "ana"
    assert (ticket(stack, second).status, here(stack).agent) == (TicketStatus.OPEN, "ana")
    take(stack, "ana", second)
    assert here(stack).ticket == second
    at_desk(stack, "ana", desk.talk, number=NUMBER)
    assert here(stack).ticket == NUMBER
    with pytest.raises(NotYoursError):
        at_desk(stack, "luis", desk.talk, number=NUMBER)


def test_what_the_customer_writes_to_the_agent_marks_the_ticket_unread_until_it_is_looked_at(stack: Stack) -> None:
    take(stack)
    at_desk(stack, "ana", desk.act, number=NUMBER, trigger="wait", seen=1)
    assert not ticket(stack).unread
    stack.settle()
    said = stack.said(CUSTOMER)
    stack.receive(CUSTOMER, text="ya pude, gracias")
    stack.settle()
    assert (ticket(stack).unread, ticket(stack).status) == (True, TicketStatus.ASSIGNED)
    assert stack.said(CUSTOMER) == said
    at_desk(stack, "ana", desk.reply, number=NUMBER, text="Con gusto.", key="k1")
    assert not ticket(stack).unread


def test_a_secret_that_was_announced_is_masked_though_an_agent_wrote_in_between(stack: Stack) -> None:
    take(stack)
    stack.receive(CUSTOMER, text="mi contraseña es:")
    stack.settle()
    at_desk(stack, "ana", desk.reply, number=NUMBER, text="No me la envíes, por favor.", key="k1")
    stack.receive(CUSTOMER, text="Gato2024*xy")
    stack.settle()
    assert "Gato2024" not in str(rows(stack))


def test_an_input_of_an_agent_is_recorded_once_for_each_key(stack: Stack) -> None:
    conversation, now = ticket(stack).conversation_id, stack.runtime.clock.now()
    reply = AgentReplied(NUMBER, "ana", "Hola")
    record = partial(record_deed, conversation_id=conversation, deed=reply, now=now, key="reply:k")
    assert [stack.runtime.database.write_now(record) for _ in range(2)] == [True, False]


def test_a_conversation_that_is_passed_on_is_told_to_the_customer_and_cannot_be_written_to_any_more(stack: Stack) -> None:
    take(stack, "ana")
    at_desk(stack, "ana", desk.transfer, number=NUMBER, to="luis", name="Luis", seen=1)
    assert (ticket(stack).assignee, here(stack).agent) == ("luis", "luis")
    with pytest.raises(NotYoursError):
        at_desk(stack, "ana", desk.reply, number=NUMBER, text="Hola", key="k1")
    at_desk(stack, "luis", desk.reply, number=NUMBER, text="Hola, soy Luis", key="k1")
    with pytest.raises(NotAllowedError):
        at_desk(stack, "ana", desk.transfer, number=NUMBER, to="luis", name="Luis", seen=2)
    with pytest.raises(TicketChangedError):
        at_desk(stack, "ana", desk.transfer, number=NUMBER, to="eva", name="Eva", seen=1)
    stack.settle()
    assert stack.said(CUSTOMER)[-1] == "Hola, soy Luis"
    assert "Desde ahora te atiende *Luis*" in stack.said(CUSTOMER)[-2]


def test_a_message_that_failed_arrives_once_when_two_agents_send_it_again(stack: Stack) -> None:
    take(stack)
    stack.settle()
    stack.fake.faults = Faults(undelivered=1, undelivered_code=63003)
    at_desk(stack, "ana", desk.reply, number=NUMBER, text="Los pasos", key="k1")
    stack.settle()
    failed = rows(stack)[-1]
    assert failed.status == "failed"

    def again(agent: str) -> bool:
        try:
            at_desk(stack, agent, desk.retry, number=NUMBER, message=failed.id)
        except NotFailedError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(again, ["ana", "luis"])) == [False, True]
    stack.settle()
    assert [row.status for row in rows(stack) if row.id == failed.id] == ["delivered"]
    assert stack.said(CUSTOMER).count("Los pasos") == 2  # the one that failed, and the one that arrived


def test_a_template_goes_out_once_though_its_outcome_was_unknown(stack: Stack) -> None:
    take(stack)
    stack.settle()
    stack.advance(25)
    stack.fake.faults = Faults(error_after=1)
    at_desk(stack, "ana", desk.reply, number=NUMBER, text="Ya quedó.", key="k1")
    waiting = here(stack).pending
    assert [reply.text for reply in waiting] == ["Ya quedó."]
    stack.advance(0.01)
    stack.settle()
    invitation = stack.runtime.flow.phrases["invitation"]
    assert stack.said(CUSTOMER)[-1] == invitation
    assert stack.said(CUSTOMER).count(invitation) == 1
    assert rows(stack)[-1].status in ("accepted", "delivered")
    stack.receive(CUSTOMER, text="abrir")
    stack.settle()
    assert (stack.said(CUSTOMER)[-1], here(stack).pending) == ("Ya quedó.", ())


def test_without_a_template_nothing_is_written_once_the_window_is_over(tmp_path: Path) -> None:
    with running_stack(tmp_path, at=AT, twilio={"reopen_template_sid": ""}) as stack:
        stack.receive(CUSTOMER, text="hola")
        stack.settle()
        open_one(stack)
        take(stack)
        stack.advance(24)
        with pytest.raises(WindowClosedError):
            at_desk(stack, "ana", desk.reply, number=NUMBER, text="Hola", key="k1")
        assert here(stack).pending == ()


def test_a_template_that_failed_can_be_sent_again_after_24_hours_and_nothing_else(stack: Stack) -> None:
    take(stack)
    stack.settle()
    stack.advance(25)
    stack.fake.faults = Faults(undelivered=1, undelivered_code=63003)
    at_desk(stack, "ana", desk.reply, number=NUMBER, text="Ya quedó.", key="k1")
    stack.settle()
    *_, told, template = rows(stack)
    assert template.status == "failed"
    with pytest.raises(WindowClosedError):
        at_desk(stack, "ana", desk.retry, number=NUMBER, message=told.id)
    at_desk(stack, "ana", desk.retry, number=NUMBER, message=template.id)
    stack.settle()
    assert rows(stack)[-1].status == "delivered"
