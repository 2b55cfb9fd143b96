"""What customers wrote while nobody listened is found, in order, once, with its files, and answered."""

import asyncio
import logging
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.fake_twilio import FakeTwilio, Faults, File
from bot.channels.twilio import channel as channel_module
from bot.conversations import catch_up
from bot.conversations.catch_up import CatchUp
from bot.conversations.tables import catch_ups, inbox
from bot.housekeeping import forgets
from bot.messages.queries import transcript
from bot.messages.tables import messages
from bot.runtime import Clock
from tests.stack import ACCOUNT, SENDER, TOKEN, Stack, running_stack

ANA, LUIS = "whatsapp:+573005550142", "whatsapp:+573115550178"
LOST = Faults(webhook_lost=1.0)


def stand_in(clock: Clock) -> FakeTwilio:
    return FakeTwilio(account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, webhook_url="", clock=clock.now)


def write(fake: FakeTwilio, address: str, **incoming: Any) -> None:
    """A customer writes while nobody listens."""
    fake.faults = LOST
    asyncio.run(fake.receive(address, **incoming))
    fake.faults = Faults()


def heard(stack: Stack) -> list[tuple[str, str]]:
    query = sa.select(inbox.c.input, inbox.c.sent_at).where(inbox.c.sent_at.is_not(None)).order_by(inbox.c.id)
    rows = stack.runtime.database.read_now(lambda connection: list(connection.execute(query).all()))
    return [(row.input.get("text", ""), row.input["kind"]) for row in rows]


def found(stack: Stack) -> int:
    query = sa.select(catch_ups.c.found)
    return int(stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one()))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_day_of_downtime_is_made_up_for_before_anything_new_is_heard(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "_PAGE_SIZE", 2)
    chosen = {} if kind == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    clock = Clock()
    fake = stand_in(clock)
    with running_stack(tmp_path, fake=fake, clock=clock, **chosen) as stack:
        stack.receive(ANA, text="hola")
        stack.settle()
    clock.advance(timedelta(hours=2))
    for text in ("1", "3", "1", "no acepto"):
        write(fake, ANA, text=text)
    write(fake, LUIS, media=[File("image/png", b"content")], text="mire")
    write(fake, LUIS, text="")
    clock.advance(timedelta(hours=22))
    with running_stack(tmp_path, fake=fake, clock=clock, **chosen) as stack:
        assert found(stack) == 6
        stack.receive(ANA, text="gracias")
        stack.settle()
        texts = [text for text, _ in heard(stack)]
        assert [text for text in texts if text not in {"mire", ""}] == ["1", "3", "1", "no acepto"]
        assert {pair for pair in heard(stack) if pair[0] in {"mire", ""}} == {("mire", "image"), ("", "unknown")}
        said = stack.said(ANA)
        assert "Perdona la demora" in said[1]
        assert sum("Perdona la demora" in text for text in said) == 1
        assert "no registro ninguno de tus datos" in said[-2]
        assert "Con mucho gusto" in said[-1]
    with running_stack(tmp_path, fake=fake, clock=clock, **chosen) as stack:
        stack.settle()
        assert found(stack) == 6  # and no message twice
        assert stack.said(ANA) == said


def test_what_a_new_installation_finds_at_the_provider_is_none_of_its_business(tmp_path: Path) -> None:
    clock = Clock()
    fake = stand_in(clock)
    write(fake, ANA, text="de hace un mes")
    clock.advance(timedelta(minutes=1))
    with running_stack(tmp_path, fake=fake, clock=clock) as stack:
        stack.settle()
        assert (heard(stack), found(stack)) == ([], 0)


def test_a_lost_webhook_is_made_up_for_within_the_next_rounds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with running_stack(tmp_path, catch_up={"every_seconds": 0.1}) as stack, caplog.at_level(logging.WARNING):
        stack.receive(LUIS, text="hola")
        write(stack.fake, ANA, text="hola")
        stack.settle()
        assert stack.said(ANA) == []  # left to its webhook, which may still come
        stack.advance(2 / 60)
        stack.await_said(ANA, 1)
        assert "found 1 messages that no webhook had brought" in caplog.text
        assert (found(stack), len(stack.said(LUIS))) == (1, 1)


def test_a_list_that_cannot_be_had_stops_no_start_and_is_asked_for_again(tmp_path: Path) -> None:
    clock = Clock()
    fake = stand_in(clock)
    with running_stack(tmp_path, fake=fake, clock=clock) as stack:
        stack.receive(ANA, text="hola")
        stack.settle()
    write(fake, ANA, text="ayuda")
    fake.faults = Faults(listing_error=1)
    clock.advance(timedelta(minutes=5))
    with running_stack(tmp_path, fake=fake, clock=clock, catch_up={"every_seconds": 0.1}) as stack:
        stack.await_said(ANA, 2)


def test_what_was_answered_in_a_life_that_a_backup_does_not_know_is_not_answered_twice(tmp_path: Path) -> None:
    clock = Clock()
    fake = stand_in(clock)
    with running_stack(tmp_path, fake=fake, clock=clock) as stack:
        stack.receive(ANA, text="hola")
        stack.settle()
    old = (tmp_path / "soporte.db").read_bytes()
    with running_stack(tmp_path, fake=fake, clock=clock) as stack:
        stack.receive(ANA, text="ayuda")
        stack.settle()
        said = stack.said(ANA)
    write(fake, ANA, text="mis datos")
    for name in ("soporte.db-wal", "soporte.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "soporte.db").write_bytes(old)
    clock.advance(timedelta(seconds=90))
    with running_stack(tmp_path, fake=fake, clock=clock, sender={"look_up_after_seconds": 0.1}) as stack:
        stack.settle()
        assert found(stack) == 2
        assert stack.said(ANA)[: len(said)] == said
        assert len(stack.said(ANA)) == len(said) + 1
        conversation = stack.runtime.database.read_now(
            lambda connection: connection.execute(sa.select(messages.c.conversation_id)).scalars().first()
        )
        shown = stack.runtime.database.read_now(partial(transcript, conversation_id=str(conversation)))
        assert [message.body for message in shown if message.author == "customer"] == ["hola", "ayuda", "mis datos"]


def test_of_two_processes_one_looks_at_a_time(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_stack(tmp_path, database_url=postgres_url) as stack:
        runtime = stack.runtime
        policy = catch_up.Policy(SENDER, timedelta(seconds=1), timedelta(hours=1), timedelta(hours=1))
        second = CatchUp(runtime.database, runtime.channel, runtime.coordination, runtime.flow, policy, forgets(runtime.settings))
        with catch_up._alone(runtime.database) as first:  # as another process does it
            assert first is True
            assert second._compare(runtime.clock.now(), is_start=True) is None
        assert second._compare(runtime.clock.now(), is_start=True) == 0
