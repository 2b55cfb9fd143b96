"""The days that a row of marks speaks of, on a given day. Rows and their letters are told in `marks`.

Each alternative of `_PATTERN` is one way of naming a day, and has its reader in `_READERS` at the end of the file.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from bot.understanding.fields.purchase_date.marks import DAY, HOUR, MONTH, WEEK, DayWords, Mark

_PATTERN = re.compile(
    r"(?P<figures>D)"
    r"|(?P<to_come>e[nq]u)"
    r"|(?P<ago>a*h*[nq]h*ub*h*)"
    r"|(?P<ago_of_nothing>a+h*[nq])"
    r"|(?P<day_month>nm[ny]?)"
    r"|(?P<month_day>mn[ny]?)"
    r"|(?P<day_of_this_month>ni|in)"
    r"|(?P<day_of_last_month>np|pn)"
    r"|(?P<days_back>r)"
    r"|(?P<weekday>[kK]w|w[kKsS]?|[sS]w)"
    r"|(?P<numbers>nnn?)"
    r"|(?P<day>n)"
)


class Problem(Enum):
    """Why words of a day give none."""

    TO_COME = "a day to come"
    NO_SUCH_DAY = "no day of the calendar"
    VAGUE = "no day in particular"


@dataclass(frozen=True)
class Mention:
    """A day that was spoken of."""

    day: date | Problem
    weekday: int = 0  #: 1 is Monday: only the weekday was named, so it may also just go with another mention
    weak: bool = False  #: a bare number, which may count anything
    about: bool = False
    month_first: bool = False


def mentions(marks: Sequence[Mark], now: datetime, words: DayWords) -> Iterator[Mention]:
    """Each day spoken of, in order. `now` is local time."""
    row = _without_idle(marks)
    for match in _PATTERN.finditer("".join(mark.kind for mark in row)):
        found = row[match.start() : match.end()]
        if match.lastgroup == "ago":
            yield _ago(found, now, words)
        else:
            yield from _READERS[match.lastgroup or ""](found, now.date())


def day_and_month(day: int, month: int, year: int, today: date) -> date | Problem:
    """A day without a year (0) is the most recent one; a two-digit year is of this century."""
    if year:
        return whole_day(year, month, day, today)
    for back in range(9):  # a 29 February may be eight years away
        found = _date(today.year - back, month, day)
        if found is not None and found <= today:
            return found
    return Problem.NO_SUCH_DAY


def whole_day(year: int, month: int, day: int, today: date) -> date | Problem:
    """A day of the calendar that is not to come."""
    found = _date(year + 2000 if year < 100 else year, month, day)
    if found is None:
        return Problem.NO_SUCH_DAY
    return found if found <= today else Problem.TO_COME


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_idle(marks: Sequence[Mark]) -> list[Mark]:
    """The row without what changes nothing: fillers, and "en" where no length of time follows."""
    row = [mark for mark in marks if mark.kind != "f"]
    kinds = "".join(mark.kind for mark in row)
    return [mark for place, mark in enumerate(row) if mark.kind != "e" or re.match("e[nq]u", kinds[place:])]


def _in_figures(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    figures = found[0].figures
    assert figures is not None  # noqa: S101 (marks of this kind are made with figures)
    if figures.month > 12 and figures.day <= 12:
        yield Mention(day_and_month(figures.month, figures.day, figures.year, today), month_first=True)
    else:
        yield Mention(day_and_month(figures.day, figures.month, figures.year, today))


def _ago(found: Sequence[Mark], now: datetime, words: DayWords) -> Mention:
    number = next((mark for mark in found if mark.kind in "nq"), Mark("q"))
    unit = next(mark.value for mark in found if mark.kind == "u")
    count = number.value if number.kind == "n" else 1
    about = any(mark.kind == "h" for mark in found)
    if about and unit not in (HOUR, DAY, WEEK):
        return Mention(Problem.VAGUE)
    if unit == HOUR:
        return Mention((now - timedelta(hours=count)).date(), about=about)
    if unit == DAY:
        days = words.round_days.get(count, count) if number.spelled else count
        return Mention(now.date() - timedelta(days=days), about=about)
    if unit == WEEK:
        return Mention(now.date() - timedelta(weeks=count), about=about)
    return Mention(_months_back(now.date(), count if unit == MONTH else 12 * count), about=True)


def _months_back(today: date, count: int) -> date | Problem:
    months = today.year * 12 + today.month - 1 - count
    for day in range(today.day, today.day - 4, -1):  # 31 March minus a month is 28 February
        found = _date(months // 12, months % 12 + 1, day)
        if found is not None:
            return found
    return Problem.NO_SUCH_DAY


def _day_and_month(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    """With or without a year: "20 de noviembre", "noviembre 20". "Noviembre 2026" is no day."""
    month = next(mark.value for mark in found if mark.kind == "m")
    first, *others = (mark for mark in found if mark.kind == "n")
    years = [today.year - mark.value for mark in found if mark.kind == "y"]
    years += [mark.value for mark in others if _is_year(mark.value)] + [0]
    if found[0] is not first and first.value > 31 and _is_year(first.value):
        yield Mention(Problem.VAGUE)
        return
    yield Mention(day_and_month(first.value, month, years[0], today))
    yield from (_day_of_month(mark, today) for mark in others if not _is_year(mark.value))


def _is_year(number: int) -> bool:
    return 15 <= number <= 99 or 1900 <= number <= 2100


def _of_this_month(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    day = next(mark.value for mark in found if mark.kind == "n")
    yield Mention(whole_day(today.year, today.month, day, today))


def _of_last_month(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    day = next(mark.value for mark in found if mark.kind == "n")
    last = today.replace(day=1) - timedelta(days=1)
    yield Mention(whole_day(last.year, last.month, day, today))


def _days_back(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    yield Mention(today - timedelta(days=found[0].value))


def _weekday(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    """The last such day before today; of a named week if one is named."""
    kinds = "".join(mark.kind for mark in found)
    weekday = next(mark.value for mark in found if mark.kind == "w")
    monday = today - timedelta(days=today.isoweekday() - 1)
    days = (today.isoweekday() - weekday) % 7 or 7
    if "s" in kinds or "S" in kinds:
        day = monday + timedelta(days=weekday - 1 - (7 if "s" in kinds else 0))
        yield Mention(day if day <= today else Problem.TO_COME)
    elif "K" in kinds:
        yield Mention(today - timedelta(days=days + 7))
    else:
        yield Mention(today - timedelta(days=days), weekday=weekday)


def _numbers(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    """Day, month and perhaps year ("el 20 del 11", "20 del 11 del 2026"); anything else is numbers one by one."""
    day, month, *year = found
    is_month = 1 <= month.value <= 12 and month.behind in ("de", "del")
    if is_month and all(_is_year(mark.value) for mark in year):
        yield Mention(day_and_month(day.value, month.value, year[0].value if year else 0, today))
    else:
        yield from (_day_of_month(mark, today) for mark in found)


def _bare_day(found: Sequence[Mark], today: date) -> Iterator[Mention]:
    yield _day_of_month(found[0], today)


def _day_of_month(mark: Mark, today: date) -> Mention:
    weak = mark.behind not in ("el", "dia")
    if not 1 <= mark.value <= 31:
        return Mention(Problem.VAGUE if mark.value >= 1000 else Problem.NO_SUCH_DAY, weak=True)
    first = today.replace(day=1)
    for _ in range(4):
        found = _date(first.year, first.month, mark.value)
        if found is not None and found <= today:
            return Mention(found, weak=weak)
        first = (first - timedelta(days=1)).replace(day=1)
    return Mention(Problem.NO_SUCH_DAY, weak=weak)


def _to_come(_found: Sequence[Mark], _today: date) -> Iterator[Mention]:
    yield Mention(Problem.TO_COME)


def _vague(_found: Sequence[Mark], _today: date) -> Iterator[Mention]:
    yield Mention(Problem.VAGUE)


_READERS: dict[str, Callable[[Sequence[Mark], date], Iterator[Mention]]] = {
    "figures": _in_figures,
    "to_come": _to_come,
    "ago_of_nothing": _vague,
    "day_month": _day_and_month,
    "month_day": _day_and_month,
    "day_of_this_month": _of_this_month,
    "day_of_last_month": _of_last_month,
    "days_back": _days_back,
    "weekday": _weekday,
    "numbers": _numbers,
    "day": _bare_day,
}
