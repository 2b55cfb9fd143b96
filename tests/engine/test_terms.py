"""The legal terms, by Colombia's calendar."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.engine.terms import CLAIM, QUERY, Right, days_left, last_day, share_passed, term_of

BOGOTA = ZoneInfo("America/Bogota")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BOGOTA)


@pytest.mark.parametrize(
    ("asked", "right", "prolonged", "last"),
    [
        ("2026-11-23 10:00", Right.KNOW, False, "2026-12-07"),
        ("2026-11-23 23:59", Right.KNOW, False, "2026-12-07"),
        ("2026-11-24 00:00", Right.POLICY, False, "2026-12-09"),  # 8 December is a holiday
        ("2026-11-21 10:00", Right.KNOW, False, "2026-12-04"),  # asked on a Saturday: Monday is the first day
        ("2026-11-23 10:00", Right.ERASE, False, "2026-12-15"),
        ("2026-11-23 10:00", Right.KNOW, True, "2026-12-15"),
        ("2026-11-23 10:00", Right.CORRECT, True, "2026-12-28"),  # with Christmas between
    ],
)
def test_a_term_ends_with_its_last_business_day(asked: str, right: Right, prolonged: bool, last: str) -> None:
    due = term_of(right).due(at(asked), prolonged=prolonged)
    assert last_day(due).isoformat() == last
    assert due.astimezone(BOGOTA).hour == 0


def test_a_query_and_a_claim_have_their_own_terms() -> None:
    assert {right: term_of(right) for right in Right} == {
        Right.KNOW: QUERY,
        Right.POLICY: QUERY,
        Right.CORRECT: CLAIM,
        Right.ERASE: CLAIM,
        Right.REVOKE: CLAIM,
    }


@pytest.mark.parametrize(
    ("now", "share", "left"),
    [
        ("2026-11-23 11:00", 0, 11),
        ("2026-11-30 23:59", 40, 6),
        ("2026-12-01 00:00", 50, 5),
        ("2026-12-04 08:00", 80, 2),
        ("2026-12-07 23:59", 90, 1),
        ("2026-12-08 00:00", 100, 0),
    ],
)
def test_a_day_of_the_term_has_passed_when_it_is_over(now: str, share: int, left: int) -> None:
    asked = at("2026-11-23 10:00")
    due = QUERY.due(asked)
    passed = share_passed(asked, due, at(now))
    assert (passed, days_left(at(now), due)) == (share, left)
