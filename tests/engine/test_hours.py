"""When agents are there: the hours of the flow as published, on the customers' clock, and Colombia's public holidays."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from bot.engine.hours import Hours
from tests.conversations.transcript import ZONE
from tests.engine import world

PUBLISHED = world.real_flow().hours
EXAMPLE = {"zone": "America/Bogota", "holidays": "CO", "open": {}, "text_open": "Abierto.", "text_closed": "Cerrado."}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 07:59:59", False),
        ("2026-11-23 08:00", True),  # the opening minute is inside
        ("2026-11-23 17:59:59", True),
        ("2026-11-23 18:00", False),  # the closing minute is not
        ("2026-11-23 00:00", False),
        ("2026-11-27 12:00", True),  # a Friday
        ("2026-11-28 11:59", True),  # a Saturday
        ("2026-11-28 12:00", False),
        ("2026-11-29 10:00", False),  # a Sunday
    ],
)
def test_agents_are_there_from_the_opening_up_to_the_closing(moment: str, is_open: bool) -> None:
    assert PUBLISHED.is_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("day", "what"),
    [
        ("2026-01-01", "New Year"),
        ("2026-01-12", "Epiphany, kept on the Monday after (Ley 51 de 1983)"),
        ("2026-04-02", "Maundy Thursday"),
        ("2026-04-03", "Good Friday"),
        ("2026-05-01", "Labour Day"),
        ("2026-05-18", "Ascension, on a Monday"),
        ("2026-07-20", "Independence"),
        ("2026-08-07", "Battle of Boyacá"),
        ("2026-10-12", "Day of the Race"),
        ("2026-11-02", "All Saints, on the Monday after"),
        ("2026-11-16", "Independence of Cartagena, on the Monday after"),
        ("2026-12-08", "Immaculate Conception"),
        ("2026-12-25", "Christmas"),
        ("2027-01-11", "Epiphany of the year after"),
    ],
)
def test_on_a_public_holiday_nobody_is_there(day: str, what: str) -> None:
    assert not PUBLISHED.is_open(at(f"{day} 10:00")), what


@pytest.mark.parametrize("day", ["2026-01-06", "2026-11-11", "2026-11-17", "2026-12-24", "2026-12-31"])
def test_a_day_that_is_no_holiday_is_an_ordinary_one(day: str) -> None:
    assert PUBLISHED.is_open(at(f"{day} 10:00"))


def test_the_clock_that_counts_is_the_customers() -> None:
    assert PUBLISHED.is_open(datetime.fromisoformat("2026-11-23T22:59:00+00:00")), "17:59 in Bogotá"
    assert not PUBLISHED.is_open(datetime.fromisoformat("2026-11-23T12:59:00+00:00")), "07:59 in Bogotá"
    assert not PUBLISHED.is_open(datetime.fromisoformat("2026-12-25T04:59:00+00:00")), "Christmas Eve, a minute to midnight"


def test_customers_are_told_what_holds_now() -> None:
    assert PUBLISHED.tell(at("2026-11-23 10:00")) == PUBLISHED.text_open
    assert PUBLISHED.tell(at("2026-11-23 20:00")) == PUBLISHED.text_closed


def test_a_day_may_have_a_break_and_a_day_that_is_not_written_is_closed() -> None:
    hours = Hours.model_validate({**EXAMPLE, "open": {"monday": ["08:00-12:00", "13:00 - 17:00"]}})
    opened = [moment for moment in ("09:00", "12:00", "12:59", "13:00", "17:00") if hours.is_open(at(f"2026-11-23 {moment}"))]
    assert opened == ["09:00", "13:00"]
    assert not hours.is_open(at("2026-11-24 09:00"))


@pytest.mark.parametrize("span", ["8-18", "08:00", "08:00-12:00-18:00", "25:00-26:00", "", 8, ["08:00", "18:00"]])
def test_hours_that_are_no_hours_are_refused(span: object) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate({**EXAMPLE, "open": {"monday": [span]}})


@pytest.mark.parametrize("change", [{"open": {"lunes": ["08:00-18:00"]}}, {"holidays": "XX"}, {"text_open": ""}, {"extra": 1}])
def test_whatever_else_is_wrong_with_the_hours_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate({**EXAMPLE, **change})
