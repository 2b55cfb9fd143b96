"""The loop that looks for missed messages brings nobody back, although the provider still lists what they wrote."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.fake_twilio import Faults
from bot.commands import backup, restore
from bot.conversations.tables import catch_ups
from bot.privacy.finish import due
from bot.privacy.tables import erasures
from tests.privacy.test_erasing import (
    CANARIES,
    NAME,
    OTHER,
    PHONE,
    WORDS,
    contact_of,
    erase_zoraida,
    finish,
    found_at_twilio,
    found_in,
    found_in_tables,
    run_command,
)
from tests.stack import Stack, running_stack

OFTEN = {"every_seconds": 0.1}
DOWN = Faults(deletion_error=10**6)


def await_(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def looked(stack: Stack) -> datetime | None:
    query = sa.select(catch_ups.c.looked_at)
    return stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar())


def write(stack: Stack) -> None:
    """Zoraida writes twice; of the second no webhook tells."""
    stack.receive(PHONE, text=f"hola, {WORDS}", profile_name=NAME)
    stack.settle()
    stack.fake.faults = Faults(webhook_lost=1)
    stack.receive(PHONE, text=f"otra vez {WORDS}", profile_name=NAME)
    stack.fake.faults = DOWN


def let_it_look(stack: Stack) -> None:
    """Until the loop has taken up what somebody else wrote, and has looked twice more."""
    stack.fake.faults = Faults(webhook_lost=1, deletion_error=10**6)
    stack.receive(OTHER, text="hola")
    # What came less than a minute ago is left to its webhook.
    stack.advance(0.1)
    await_(lambda: contact_of(stack, OTHER))
    for _ in range(2):
        before = looked(stack)
        await_(lambda before=before: looked(stack) != before)  # type: ignore[misc]


def left(stack: Stack) -> list[str]:
    """The person's words in the database, but for the erasure's own notes, which are emptied when it is finished."""
    return [found for found in found_in_tables(stack) if not found.endswith(f" in {erasures.name}")]


def settle_all(stack: Stack) -> None:
    """The provider deletes again, and time goes on until nothing is left to do."""
    stack.fake.faults = Faults()
    stack.advance(1)
    now = stack.runtime.clock.now()
    for identity in stack.runtime.database.read_now(partial(due, now=now)):
        finish(stack, identity)
    await_(lambda: not any(WORDS in record.body for record in stack.fake.conversation(f"whatsapp:{PHONE}")))


def test_what_twilio_still_lists_is_not_taken_up_again(tmp_path: Path) -> None:
    with running_stack(tmp_path, catch_up=OFTEN) as stack:
        write(stack)
        assert not finish(stack, erase_zoraida(stack)), "Twilio deletes nothing"
        let_it_look(stack)
        assert len(found_at_twilio(stack.fake)) == 3, "all of it is listed: two of hers and a greeting"
        assert (contact_of(stack, PHONE), left(stack)) == (None, [])
        settle_all(stack)
        assert found_at_twilio(stack.fake) == []
        await_(lambda: found_in_tables(stack) == [])
        await_(lambda: found_in(tmp_path) == [])
        assert contact_of(stack, OTHER)
        stack.receive(PHONE, text="hola otra vez")
        stack.settle()
        assert contact_of(stack, PHONE), "whoever writes anew is a new customer"


def test_neither_is_it_after_an_older_backup_and_who_wrote_since_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live, file = tmp_path / "live", tmp_path / "before.backup"
    with running_stack(live, catch_up=OFTEN) as stack:
        fake, clock, settings = stack.fake, stack.runtime.clock, stack.runtime.settings
        write(stack)
        assert run_command(backup, settings, str(file)) == 0
        assert not finish(stack, erase_zoraida(stack))
        stack.advance(0.1)
        stack.receive(PHONE, text="soy nueva")
        stack.settle()
    assert run_command(restore, settings, str(file), "--force") == 0
    assert any(word in file for file in found_in(live) for word in CANARIES)
    with running_stack(live, catch_up=OFTEN, fake=fake, clock=clock) as stack:
        let_it_look(stack)
        assert contact_of(stack, PHONE), "who wrote after the erasure, and of whom the backup knows nothing, is there"
        assert {found.partition(" in ")[0] for found in left(stack)} == {PHONE[3:]}, "and nothing that is older"
        settle_all(stack)
        assert "soy nueva" in [record.body for record in stack.fake.conversation(f"whatsapp:{PHONE}")]
    capsys.readouterr()
