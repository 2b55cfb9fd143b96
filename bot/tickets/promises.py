"""What a customer is promised: a first answer and a solution within so many business hours. Pure.

Business hours are those of `flows/hours.yaml`; Colombia's holidays are closed days. A promise is made when the ticket is opened
and is not made again: a ticket that comes back was not solved, and while it waits for the customer it is not called overdue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.engine.hours import Hours

#: Whoever is closed for so long is not expected to open again.
_LONGEST_PAUSE = timedelta(days=60)


@dataclass(frozen=True)
class Target:
    """Two lengths of business time, counted from when the ticket was opened."""

    first_response: timedelta
    resolution: timedelta


@dataclass(frozen=True)
class Due:
    """Until when what was promised is due (aware)."""

    first_response_at: datetime
    resolution_at: datetime


@dataclass(frozen=True)
class Promises:
    """What this installation promises: by category, else the default."""

    hours: Hours
    default: Target
    categories: Mapping[str, Target] = field(default_factory=dict)

    def due(self, category: str, opened: datetime) -> Due | None:
        """Until when a ticket of this category, opened at this time, is due; None if nobody is ever there to keep it."""
        target = self.categories.get(category, self.default)
        first, last = (due_at(opened, self.hours, length) for length in (target.first_response, target.resolution))
        return None if first is None or last is None else Due(first, last)


def due_at(opened: datetime, hours: Hours, target: timedelta) -> datetime | None:
    """When `target` of business time has passed since `opened`, in the zone of `hours`; None if these hours never come.

    What is due exactly at closing time is due then, not when the next day opens. A target of nothing is due at once.
    """
    now = opened.astimezone(ZoneInfo(hours.zone))
    left, day, last_open = target, now.date(), now
    while left > timedelta():
        for begin, end in hours.spans(day):
            start = max(begin, now)
            if start >= end:
                continue
            last_open = end
            if left <= end - start:
                return start + left
            left -= end - start
        day += timedelta(days=1)
        if day - last_open.date() > _LONGEST_PAUSE:
            return None
    return now


def business_time(begin: datetime, end: datetime, hours: Hours) -> timedelta:
    """How much business time lies between two (aware) moments; none if `end` is not after `begin`."""
    zone = ZoneInfo(hours.zone)
    since, until = begin.astimezone(zone), end.astimezone(zone)
    passed, day = timedelta(), since.date()
    while day <= until.date():
        spans = [(max(opens, since), min(closes, until)) for opens, closes in hours.spans(day)]
        passed += sum((closes - opens for opens, closes in spans if opens < closes), timedelta())
        day += timedelta(days=1)
    return passed
