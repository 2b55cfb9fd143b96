"""A clock that is set back: what was put off before is not put off for as long again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.due import LONGEST_WAIT, is_due
from tests.messages.outbox import NOW, change, claim, opened, say
from tests.stack import running_stack

ANA = "whatsapp:+573005550142"


def test_what_lies_ahead_is_waited_for_unless_nothing_waits_so_long() -> None:
    now = datetime(2026, 11, 23, 15, tzinfo=UTC)
    ahead = [timedelta(seconds=-1), timedelta(0), timedelta(seconds=1), LONGEST_WAIT, LONGEST_WAIT + timedelta(seconds=1)]
    assert [is_due(now + by, now) for by in ahead] == [True, True, False, False, True]
    assert is_due(None, now)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_message_that_waits_for_its_next_try_is_not_held_up(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with opened(tmp_path, request.getfixturevalue("postgres_url") if kind == "postgresql" else "") as database:
        say(database, 1)
        change(database, due_at=NOW + timedelta(minutes=5))
        assert claim(database, NOW) == []
        assert [claimed.position for claimed in claim(database, NOW - timedelta(hours=1))] == [1]


def test_whoever_wrote_just_before_is_not_put_off_after_it(tmp_path: Path) -> None:
    with running_stack(tmp_path, overload={"customer_per_minute": 6}) as stack:
        for _ in range(9):
            stack.receive(ANA, text="ayuda")
        stack.await_said(ANA, 6)
        stack.runtime.clock.advance(timedelta(hours=-2))
        stack.receive(ANA, text="ayuda")
        stack.await_said(ANA, 10)
