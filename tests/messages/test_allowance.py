"""The day's cap on sends: questions are left out, confirmations and agents' words go, and the operator is told once."""

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.messages import outbox
from bot.messages.allowance import Allowance, part_spent
from bot.messages.tables import messages, sent_days
from tests.empty import new_database
from tests.stack import running_stack
from tests.tickets.world import add_customer

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ANA = "whatsapp:+573005550142"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_when_the_days_messages_are_sent_only_what_asks_is_left_out(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    database = new_database(tmp_path, "" if kind == "sqlite" else request.getfixturevalue("postgres_url"))
    database.write_now(partial(add_customer, name="ana"))

    def claim(position: int, now: datetime, *, asks: bool = False, author: str = "bot") -> int:
        until = now + timedelta(minutes=30) if asks else None
        new = outbox.NewMessage("conversation-ana", position, f"{position}:1", author, ANA, "x", expires_at=until)
        database.write_now(partial(outbox.queue, message=new, now=now))
        taken = database.write_now(partial(outbox.claim, now=now, limit=5, allowance=Allowance(5)))
        for one in taken:
            database.write_now(partial(outbox.settle_accepted, claimed=one, sid=f"SM{position}", now=now))
        return len(taken)

    assert [claim(position, NOW, asks=True) for position in range(5)] == [1] * 5
    assert claim(5, NOW, asks=True) == 0
    assert claim(6, NOW) == 1
    assert claim(7, NOW, author="ana.gomez") == 1
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == [
        "four fifths of the day's messages are sent (overload.sends_per_day)",
        "the day's messages are sent: menus are left out (overload.sends_per_day)",
    ]
    assert database.read_now(partial(part_spent, allowance=Allowance(5), now=NOW)) == 7 / 5
    # The day ends at midnight in Colombia.
    tomorrow = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert claim(8, tomorrow - timedelta(seconds=1), asks=True) == 0
    assert database.read_now(partial(part_spent, allowance=Allowance(5), now=tomorrow)) == 0
    assert claim(9, tomorrow, asks=True) == 1
    rows = database.read_now(lambda connection: connection.execute(sa.select(sent_days).order_by(sent_days.c.day)).all())
    assert [(row.day.day, row.sent, row.left_out) for row in rows] == [(23, 7, 2), (24, 1, 0)]
    left_out = sa.select(messages.c.position).where(messages.c.status == "expired").order_by(messages.c.position)
    assert database.read_now(lambda connection: connection.execute(left_out).scalars().all()) == [5, 8]
    database.close()


def test_the_cap_of_the_settings_counts_and_without_one_nothing_is_counted(tmp_path: Path) -> None:
    with running_stack(tmp_path / "capped", overload={"sends_per_day": 1}) as stack:
        for text in ("hola", "1"):
            stack.receive(ANA, text=text)
            stack.settle()
        assert len(stack.said(ANA)) == 1
    with running_stack(tmp_path / "open", overload={"sends_per_day": 0}) as stack:
        for text in ("hola", "1"):
            stack.receive(ANA, text=text)
            stack.settle()
        assert len(stack.said(ANA)) == 2
        counted = sa.select(sa.func.count()).select_from(sent_days)
        assert stack.runtime.database.read_now(lambda connection: connection.execute(counted).scalar_one()) == 0
