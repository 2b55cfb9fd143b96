"""More than can be answered at once: everybody is answered, whoever writes too fast a little later, and is told so once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.conversations.pace import Pace, milliseconds
from bot.conversations.tables import inbox
from bot.messages.throttle import Throttle
from tests.stack import running_stack

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ANA, LUIS = "whatsapp:+573005550142", "whatsapp:+573115550178"


def test_a_minutes_worth_goes_at_once_and_the_rest_at_the_pace() -> None:
    pace, paid, waits = Pace(30), milliseconds(NOW), []
    for _ in range(33):
        paid = max(paid, milliseconds(NOW)) + pace.cost
        due = pace.due(paid, NOW)
        waits.append(0 if due is None else (due - NOW).total_seconds())
    assert waits == [0] * 30 + [2, 4, 6]
    assert [pace.begins_to_wait(milliseconds(NOW) + n * pace.cost, NOW) for n in (30, 31, 32)] == [False, True, False]
    assert Pace(0).due(paid + 10**9, NOW) is None


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_who_writes_too_fast_is_told_once_and_answered_in_order_while_others_are_served(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chosen = {} if kind == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}
    with running_stack(tmp_path, overload={"customer_per_minute": 6}, **chosen) as stack:
        for _ in range(9):
            stack.receive(ANA, text="ayuda")
        stack.receive(LUIS, text="hola")
        stack.await_said(LUIS, 1)
        stack.await_said(ANA, 6)
        waiting = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.handled_at.is_(None))
        assert stack.runtime.database.read_now(lambda connection: connection.scalar(waiting)) in {3, 4}
        stack.advance(1 / 60)
        stack.settle()
        said = stack.said(ANA)
        assert len(said) == 10
        assert [text for text in said if "muchos mensajes seguidos" in text] == [said[7]]


def test_no_more_is_sent_in_a_second_than_the_setting_says() -> None:
    time = [0.0]
    throttle = Throttle(10, clock=lambda: time[0])
    assert throttle.allowed(25) == 10
    throttle.spend(10)
    assert throttle.allowed(25) == 0
    time[0] = 0.5
    assert throttle.allowed(25) == 5
    assert Throttle(0).allowed(25) == 25


def test_a_sender_with_a_limit_still_sends_everything(tmp_path: Path) -> None:
    with running_stack(tmp_path, overload={"sends_per_second": 2}) as stack:
        for text in ("menú", "ayuda", "estado", "menú"):
            stack.receive(ANA, text=text)
        stack.settle()
        assert len(stack.said(ANA)) == 4
