"""The clock of a case of habeas data, as pages show it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.engine import Connection

from bot.engine.terms import Right, days_left, last_day, term_of
from bot.tickets.rights import Case, cases


@dataclass(frozen=True)
class Clock:
    """How much of a term is left."""

    right: Right
    last_day: date  #: on which an answer is still in time
    days: int  #: business days left, today included
    share: int  #: of the term that has passed, in percent
    warning: int  #: 50, 80 or 100 once that much has passed, else 0
    is_open: bool
    is_prolonged: bool
    extra: int  #: business days that can be added; 0 if they were, or the term is over


def clocks(connection: Connection, ticket_ids: Iterable[int], now: datetime) -> Mapping[int, Clock]:
    """The clocks of those tickets that have one, by the ticket's id."""
    return {identity: _clock(case, now) for identity, case in cases(connection, ticket_ids).items()}


def _clock(case: Case, now: datetime) -> Clock:
    can_prolong = case.is_open and case.prolonged_at is None and now < case.due_at
    return Clock(
        right=case.right,
        last_day=last_day(case.due_at),
        days=days_left(now, case.due_at),
        share=case.share(now),
        warning=case.warning(now) if case.is_open else 0,
        is_open=case.is_open,
        is_prolonged=case.prolonged_at is not None,
        extra=term_of(case.right).extra if can_prolong else 0,
    )
