"""Delivery when Twilio is busy, silent, broken or forgetful: every answer arrives once, in order, and blocks nobody else."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.fake_twilio import Faults
from bot.messages import sender
from bot.messages.outbox import recover, retry
from bot.messages.queries import conversation_of, transcript
from bot.messages.sender import pause
from bot.messages.tables import Direction, Status, messages
from tests.stack import Stack, running_stack

ANA, LUIS = "whatsapp:+573005550142", "whatsapp:+573115550178"
QUICK: dict[str, Any] = {"sender": {"look_up_after_seconds": 0.1}}

#: What goes wrong → whether it can be told afterwards how far the messages got.
TROUBLE = {
    "429 twice": Faults(too_many_requests=2),
    "500, not accepted": Faults(error_before=1),
    "500, yet accepted": Faults(error_after=1),
    "connection lost, not accepted": Faults(reset_before=1),
    "connection lost, yet accepted": Faults(reset_after=1),
    "accepted with an answer nobody can read": Faults(garbage_after=1),
    "accepted, but the answer comes too late": Faults(slow=1, slow_seconds=1.0),
    "500 yet accepted, and the listing fails once": Faults(error_after=1, listing_error=1),
    "a third of everything": Faults(seed=7, error_before=0.3, error_after=0.3, duplicated_callbacks=0.3, early_callbacks=0.3),
    "callbacks before the answer": Faults(early_callbacks=3),
    "callbacks twice and in reverse": Faults(duplicated_callbacks=3, shuffled_callbacks=3),
}


def talk(stack: Stack) -> list[str]:
    """Say three things at once and return what was answered."""
    for text in ("menú", "ayuda", "menú"):
        assert stack.receive(ANA, text=text) == 200
    stack.settle()
    return stack.said(ANA)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the same customer is answered on a good day; the first and the third answer are word for word the same."""
    with running_stack(tmp_path_factory.mktemp("good")) as stack:
        answers = talk(stack)
    assert len(answers) == 3
    assert answers[0] == answers[2]
    return answers


@pytest.mark.parametrize("trouble", TROUBLE)
def test_every_answer_arrives_once_and_in_order(trouble: str, wanted: list[str], tmp_path: Path) -> None:
    timeout = 0.5 if TROUBLE[trouble].slow else 10
    with running_stack(tmp_path, **QUICK, twilio={"timeout_seconds": timeout}) as stack:
        stack.fake.faults = TROUBLE[trouble]
        assert talk(stack) == wanted
        outgoing = [message for message in read(stack) if message.direction is Direction.OUT]
        assert {message.status for message in outgoing} <= {Status.DELIVERED, Status.READ}
        assert len({message.id for message in outgoing}) == 3


def test_dropped_callbacks_leave_what_is_known(tmp_path: Path) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        stack.fake.faults = Faults(dropped_callbacks=1.0)
        talk(stack)
        assert {message.status for message in read(stack) if message.direction is Direction.OUT} == {Status.ACCEPTED}


def test_a_refused_message_is_marked_with_its_reason_and_the_next_ones_go_on(tmp_path: Path) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        stack.fake.faults = Faults(undelivered=1, undelivered_code=63003)
        answers = talk(stack)
        assert len(answers) == 3
        outgoing = [message for message in read(stack) if message.direction is Direction.OUT]
        assert (outgoing[0].status, outgoing[0].error_code) == (Status.FAILED, 63003)
        assert {message.status for message in outgoing[1:]} <= {Status.DELIVERED, Status.READ}


def test_outside_the_window_the_reason_is_kept(tmp_path: Path) -> None:
    with running_stack(tmp_path, at=datetime(2026, 11, 23, 15, 0, tzinfo=UTC), **QUICK) as stack:
        stack.receive(ANA, text="1 3 1")
        stack.receive(ANA, text="acepto")
        stack.settle()
        stack.advance(25)  # the reminder is due only now: 24 hours are over
        stack.settle()
        last = read(stack)[-1]
        assert (last.direction, last.status, last.error_code) == (Direction.OUT, Status.FAILED, 63016)


def test_what_broke_on_the_way_is_sent_again(tmp_path: Path) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        stack.fake.faults = Faults(undelivered=1, undelivered_code=63010)
        stack.receive(ANA, text="hola")
        for _ in range(3):
            stack.advance(0.02)
            stack.settle()
        [answer] = [message for message in read(stack) if message.direction is Direction.OUT]
        assert answer.status in (Status.DELIVERED, Status.READ)
        assert len(stack.said(ANA)) == 2  # the one that failed, and the one that arrived


def test_one_slow_send_delays_only_its_own_conversation(tmp_path: Path) -> None:
    with running_stack(tmp_path, sender={"look_up_after_seconds": 0.1, "typing": False}) as stack:
        stack.fake.faults = Faults(slow=1, slow_seconds=2.0, dropped_callbacks=1.0)
        stack.receive(ANA, text="hola")
        stack.receive(LUIS, text="hola")
        stack.settle()
        rows = stack.runtime.database.read_now(
            lambda connection: connection.execute(sa.select(messages).where(messages.c.direction == "out")).all()
        )
        settled = {row.address: row.updated_at for row in rows}
        assert settled[ANA] - settled[LUIS] > timedelta(seconds=1)


def test_a_message_that_was_being_sent_when_the_sender_died_is_looked_up_and_not_sent_again(tmp_path: Path) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        answers = talk(stack)

        def die(connection: sa.Connection) -> None:
            """As if the sender had died between the provider's yes and our note of it, for the last message."""
            last = sa.select(sa.func.max(messages.c.position)).scalar_subquery()
            forgotten = {"status": Status.SENDING.value, "sid": None, "due_at": stack.runtime.clock.now()}
            connection.execute(sa.update(messages).where(messages.c.position == last).values(forgotten))

        stack.runtime.database.write_now(die)
        stack.settle()
        assert stack.said(ANA) == answers
        assert read(stack)[-1].status is Status.DELIVERED  # as the list tells it


def test_what_was_being_sent_when_the_only_process_died_is_unknown_at_its_next_start(tmp_path: Path) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        talk(stack)
        at = stack.runtime.clock.now() + timedelta(seconds=5)
        stack.runtime.database.write_now(
            lambda connection: connection.execute(
                sa.update(messages).where(messages.c.direction == "out").values(status="sending", due_at=at + timedelta(hours=1))
            )
        )
        assert stack.runtime.database.write_now(lambda connection: recover(connection, at)) == 3
        assert {(m.status, m.direction) for m in read(stack)} == {
            (Status.UNKNOWN, Direction.OUT),
            (Status.RECEIVED, Direction.IN),
        }


def test_pauses_grow_and_stay_bounded() -> None:
    assert pause(1, 0.0) == timedelta(seconds=0.5)
    assert pause(1, 1.0) == timedelta(seconds=1)
    assert pause(4, 1.0) == timedelta(seconds=8)
    assert pause(40, 1.0) == timedelta(seconds=300)


def read(stack: Stack) -> list[Any]:
    def job(connection: sa.Connection) -> list[Any]:
        ids = connection.execute(sa.select(messages.c.conversation_id).distinct()).scalars().all()
        return [message for conversation in ids for message in transcript(connection, conversation)]

    return stack.runtime.database.read_now(job)


def failing(stack: Stack, faults: Faults) -> None:
    """Let the next answer go wrong: with this and with every callback lost."""
    stack.fake.faults = replace(faults, dropped_callbacks=1.0)
    stack.receive(ANA, text="hola")


def test_a_list_that_lags_makes_nothing_go_twice(tmp_path: Path) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        failing(stack, Faults(error_after=1, stale_listing=0.25))
        stack.settle()
        assert len(stack.said(ANA)) == 1
        assert read(stack)[-1].status is Status.DELIVERED


def test_a_look_up_that_is_refused_fails_the_message_and_once_more_looks_it_up_first(tmp_path: Path) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        failing(stack, Faults(error_after=1, listing_refused=1))
        stack.settle()
        last = read(stack)[-1]
        assert (last.status, last.error_code) == (Status.FAILED, 20003)
        stack.receive(ANA, text="ayuda")
        stack.settle()
        assert read(stack)[-1].status is Status.ACCEPTED  # nobody waits for it
        stack.fake.faults = Faults()
        conversation = stack.runtime.database.read_now(partial(conversation_of, message_id=last.id))
        again = partial(retry, conversation_id=conversation, message_id=last.id, now=stack.runtime.clock.now())
        assert stack.runtime.database.write_now(again)
        stack.settle()
        assert len(stack.said(ANA)) == 2  # it had arrived, and was not sent again
        assert [m.status for m in read(stack) if m.id == last.id] == [Status.DELIVERED]


def test_a_sender_that_slept_through_its_lease_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_stack(tmp_path, **QUICK) as stack:
        monkeypatch.setattr(sender, "_MOST_OF_LEASE", -1.0)
        stack.receive(ANA, text="hola")
        deadline = time.monotonic() + 10
        while [message.status for message in read(stack)][-1:] != [Status.SENDING]:
            assert time.monotonic() < deadline
        assert stack.said(ANA) == []
