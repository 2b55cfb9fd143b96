"""An old backup comes back while Twilio remembers what was sent since: nothing is lost, nothing is said twice."""

import shutil
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.fake_twilio import FakeTwilio, Faults
from bot.cli import main
from bot.conversations.verify import verify
from bot.messages.tables import UNSETTLED, Status
from bot.tickets.tables import tickets
from tests.attachments.test_loop import until
from tests.conversations.test_verify import ANA, DIALOGUE, LUIS
from tests.messages.test_sender import read
from tests.stack import Stack, running_stack

QUICK: dict[str, Any] = {"sender": {"look_up_after_seconds": 0.1}}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("SOPORTE_DATA_DIR", str(folder))
    return folder


def back_up_while_twilio_is_away(stack: Stack, backup: Path) -> None:
    """Both customers write, nobody is answered, and that is when the backup is made."""
    stack.fake.faults = Faults(too_many_requests=10**6)
    for address in (ANA, LUIS):
        assert stack.receive(address, text="menú") == 200
    until(lambda: len([message for message in read(stack) if message.author == "bot"]) == 2 or None)
    assert main(["backup", str(backup)]) == 0
    assert stack.said(ANA) == stack.said(LUIS) == []


def restored(home: Path, backup: Path) -> None:
    shutil.rmtree(home)
    assert main(["restore", str(backup)]) == 0


def test_what_was_sent_since_is_not_sent_again(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_stack(home, **QUICK) as stack:
        back_up_while_twilio_is_away(stack, tmp_path / "backup")
        stack.fake.faults = Faults()
        stack.settle()
        said = {address: stack.said(address) for address in (ANA, LUIS)}
        fake: FakeTwilio = stack.fake
    assert [len(texts) for texts in said.values()] == [1, 1]
    restored(home, tmp_path / "backup")
    assert "2 messages were on their way then" in capsys.readouterr().out
    with running_stack(home, fake=fake, **QUICK) as stack:
        stack.settle()
        assert {address: stack.said(address) for address in (ANA, LUIS)} == said
        assert not {message.status for message in read(stack)} & {*UNSETTLED, Status.FAILED}


def test_what_was_not_sent_is_sent_once(home: Path, tmp_path: Path) -> None:
    with running_stack(home, **QUICK) as stack:
        back_up_while_twilio_is_away(stack, tmp_path / "backup")
        fake: FakeTwilio = stack.fake
    restored(home, tmp_path / "backup")
    fake.faults = Faults()
    with running_stack(home, fake=fake, **QUICK) as stack:
        stack.settle()
        assert [len(stack.said(address)) for address in (ANA, LUIS)] == [1, 1]


def settled_again(home: Path, backup: Path, fake: FakeTwilio) -> list[str]:
    """Restore the backup, start, and let it come to rest; returns the numbers of all tickets there are then."""
    restored(home, backup)
    with running_stack(home, fake=fake, **QUICK) as stack:
        stack.settle()
        database = stack.runtime.database
        assert list(verify(database, datetime.now(UTC), lambda done, total: None)) == []
        numbers = sa.select(tickets.c.number).order_by(tickets.c.id)
        return list(database.read_now(lambda connection: connection.execute(numbers).scalars().all()))


@pytest.mark.skipif(find_spec("bot.conversations.catch_up") is None, reason="nothing catches up yet")
def test_with_catching_up_an_old_backup_loses_nothing_and_repeats_nothing(home: Path, tmp_path: Path) -> None:
    with running_stack(home, **QUICK) as stack:
        assert stack.receive(ANA, text="menú") == 200
        stack.settle()
        assert main(["backup", str(tmp_path / "backup")]) == 0
        for address in (LUIS, ANA):  # two tickets after the backup, and identical texts
            for text in DIALOGUE:
                assert stack.receive(address, text=text) == 200
                stack.settle()
        for text in ("menú", "menú"):
            assert stack.receive(LUIS, text=text) == 200
            stack.settle()
        said = {address: stack.said(address) for address in (ANA, LUIS)}
        fake = stack.fake
    assert settled_again(home, tmp_path / "backup", fake) == ["SF-000001", "SF-000002"]
    with running_stack(home, fake=fake, **QUICK) as stack:
        assert {address: stack.said(address) for address in (ANA, LUIS)} == said
