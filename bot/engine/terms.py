"""The terms that the law sets for requests about personal data (Ley 1581 de 2012, arts. 14 and 15). Pure.

They count business days of Colombia, Monday to Friday without holidays, from the day after the request; the last day counts
whole. A query has 10 and up to 5 more, a claim 15 and up to 8 more.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.engine.closed_days import holidays_of

#: The law counts the days of this country, wherever the server stands.
_ZONE = ZoneInfo("America/Bogota")
_COUNTRY = "CO"
_SATURDAY = 5


class Right(StrEnum):
    """What somebody asks about their data."""

    KNOW = "know"  #: which are kept
    CORRECT = "correct"
    ERASE = "erase"
    REVOKE = "revoke"  #: that they are used no longer
    POLICY = "policy"  #: how they are treated


@dataclass(frozen=True)
class Term:
    """Business days to answer in, and how many more there are if the customer is told in time."""

    days: int
    extra: int

    def due(self, asked: datetime, *, prolonged: bool = False) -> datetime:
        """The end of the last day (aware)."""
        day, left = asked.astimezone(_ZONE).date(), self.days + (self.extra if prolonged else 0)
        while left:
            day += timedelta(days=1)
            left -= is_business_day(day)
        return datetime.combine(day + timedelta(days=1), time(), _ZONE)


QUERY, CLAIM = Term(10, 5), Term(15, 8)
_TERMS = {Right.KNOW: QUERY, Right.POLICY: QUERY, Right.CORRECT: CLAIM, Right.ERASE: CLAIM, Right.REVOKE: CLAIM}


def term_of(right: Right) -> Term:
    """How long an answer may take."""
    return _TERMS[right]


def is_business_day(day: date) -> bool:
    """Monday to Friday, and no holiday of Colombia."""
    return day.weekday() < _SATURDAY and day not in holidays_of(_COUNTRY)


def business_days(after: date, until: date) -> int:
    """How many business days follow `after`, up to and with `until`; none if that is not later."""
    return sum(is_business_day(after + timedelta(days=number + 1)) for number in range((until - after).days))


def last_day(due: datetime) -> date:
    """The last day of a term that ends at `due`, as it is told."""
    return (due.astimezone(_ZONE) - timedelta(microseconds=1)).date()


def share_passed(asked: datetime, due: datetime, now: datetime) -> int:
    """How much of a term has passed, in percent of its business days: 100 once it is over, and not before."""
    if now >= due:
        return 100
    begin, today = asked.astimezone(_ZONE).date(), now.astimezone(_ZONE).date()
    # The day that has begun has not passed yet.
    passed = business_days(begin, today) - (today > begin and is_business_day(today))
    return 100 * passed // max(business_days(begin, last_day(due)), 1)


def days_left(now: datetime, due: datetime) -> int:
    """Business days that are left, today included if it is one; none once the term is over."""
    return business_days(now.astimezone(_ZONE).date() - timedelta(days=1), last_day(due)) if now < due else 0
