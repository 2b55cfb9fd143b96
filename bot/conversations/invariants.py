"""What must hold for every conversation, recomputed from its rows alone. Pure: `verify` reads the rows.

I1  what came in has its effect at most once
I2  a conversation's inputs are handled in the order in which they came
I3  what was taken in is handled, and nothing of it is missing
I4  what goes out goes out once, in order, and does not get stuck
I5  a confirmed dialogue has one ticket; the number that was told is the number that is stored

Order is judged by places, never by clocks: a clock may be set back. Only "waits for too long" looks at the time.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from bot.messages.tables import UNSETTLED, Direction, Status
from bot.tickets.lifecycle import EVENTS, NotAllowedError, after
from bot.tickets.lifecycle import Status as TicketStatus
from bot.tickets.service import number_of

#: An input that failed so often is put aside; one that is neither handled nor put aside then was given up.
MOST_ATTEMPTS = 5
_NUMBER = re.compile(r"SF-\d{6,}", re.ASCII)
_TRIGGERS = {event: trigger for trigger, event in EVENTS.items()}
_ARRIVED = (Status.ACCEPTED, Status.SENT, Status.DELIVERED, Status.READ)


@dataclass(frozen=True)
class Violation:
    """Something that must not be. Ids only: no text and no number of a customer's."""

    problem: str
    rule: str = ""
    conversation: str = ""
    input: int | None = None
    message: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Input:
    """A row of the inbox."""

    id: int
    arrival: int
    key: str
    received_at: datetime
    is_handled: bool
    attempts: int

    @property
    def sid(self) -> str:
        """The provider's id of the customer's message that it is, or empty."""
        return "" if ":" in self.key else self.key


@dataclass(frozen=True)
class Line:
    """A row of the transcript. `told` are the ticket numbers in its text."""

    id: str
    position: int
    direction: Direction
    author: str
    cause: str
    sid: str | None
    status: Status
    attempts: int
    due_at: datetime | None
    told: tuple[str, ...]

    @property
    def input(self) -> int | None:
        """The input that caused it; None for what was made up for a demo."""
        return input_of(self.cause)


@dataclass(frozen=True)
class Ticket:
    """A row of the tickets, with the kinds of what its history says, oldest first."""

    id: int
    number: str
    cause: str
    contact_id: str
    status: str
    history: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """All that the database has of one conversation. Inputs by arrival, lines by position, tickets by id."""

    id: str
    contact_id: str
    arrivals: int
    positions: int
    wake_at: datetime | None
    inputs: Sequence[Input]
    lines: Sequence[Line]
    tickets: Sequence[Ticket]


def numbers(text: str) -> tuple[str, ...]:
    """The ticket numbers in a text."""
    return tuple(_NUMBER.findall(text))


def input_of(cause: str) -> int | None:
    """Causes are `input:n`; those of a demo's rows begin with a word."""
    first = cause.split(":", 1)[0]
    return int(first) if first.isdecimal() else None


def examine(record: Record, overdue: datetime) -> Iterator[Violation]:
    """Everything that is wrong with a conversation. What was due before `overdue` should have been done."""
    for rule, check in RULES:
        for violation in check(record, overdue):
            yield replace(violation, rule=rule, conversation=record.id)


#: What one check found; `examine` adds the rule and the conversation.
_Found = Iterator[Violation]


def _each_message_once(record: Record, _overdue: datetime) -> _Found:
    incoming = [line for line in record.lines if line.direction is Direction.IN and line.sid]
    times = Counter(line.sid for line in incoming)
    for line in incoming:
        if times[line.sid] > 1:
            yield Violation("a customer's message stands in the transcript more than once", message=line.id)


def _effects_have_their_input(record: Record, _overdue: datetime) -> _Found:
    handled = {row.id: row.is_handled for row in record.inputs}
    made = [(line.input, line.id, "") for line in record.lines]
    made += [(input_of(ticket.cause), "", ticket.number) for ticket in record.tickets]
    for cause, message, ticket in made:
        if cause is not None and not handled.get(cause, False):
            what = "is not marked as handled, and would be handled again" if cause in handled else "is not there"
            yield Violation(f"the input that caused it {what}", input=cause, message=message, ticket=ticket)


def _inputs_in_order(record: Record, _overdue: datetime) -> _Found:
    last = max((row.arrival for row in record.inputs if row.is_handled), default=0)
    for row in record.inputs:
        if row.arrival < last and not row.is_handled and row.attempts < MOST_ATTEMPTS:
            yield Violation("an input was passed over: a later one has been handled", input=row.id)
        if row.arrival > record.arrivals:
            yield Violation("an input has a place that the conversation has not given out", input=row.id)


def _lines_in_order(record: Record, _overdue: datetime) -> _Found:
    arrival = {row.id: row.arrival for row in record.inputs}
    furthest = 0
    for line in record.lines:
        came = arrival.get(line.input, furthest) if line.input is not None else furthest
        if came < furthest:
            yield Violation("a message stands behind the effects of a later input", message=line.id, input=line.input)
        if line.position > record.positions:
            yield Violation("a message has a place that the conversation has not given out", message=line.id)
        furthest = max(furthest, came)


def _all_is_handled(record: Record, overdue: datetime) -> _Found:
    kept = {line.sid for line in record.lines if line.direction is Direction.IN}
    for row in record.inputs:
        if row.is_handled and row.sid and row.sid not in kept:
            yield Violation("a message counts as handled, but the transcript lacks it", input=row.id)
        if not row.is_handled and row.attempts >= MOST_ATTEMPTS:
            yield Violation("an input was given up without being handled", input=row.id)
        elif not row.is_handled and row.received_at < overdue:
            yield Violation("an input waits to be handled for too long", input=row.id)
    if record.wake_at is not None and record.wake_at < overdue:
        yield Violation("time ran out, and nothing happened")


def _nothing_missing(record: Record, _overdue: datetime) -> _Found:
    places = [line.position for line in record.lines]
    # What stands before the first line may have been forgotten on purpose, when its time was over.
    for before, place in pairwise([*places, record.positions + 1]):
        if place > before + 1:
            lost = f"{before + 1} to {place - 1}" if place > before + 2 else str(before + 1)
            yield Violation(f"the transcript lacks place {lost}")


def _sent_in_order(record: Record, overdue: datetime) -> _Found:
    sending = [line for line in record.lines if line.direction is Direction.OUT]
    last = max((line.position for line in sending if line.status in _ARRIVED), default=0)
    is_head = True
    for line in sending:
        if line.status in _ARRIVED and not line.sid and line.input is not None:
            yield Violation("a message counts as sent, but has no id of the provider's", message=line.id)
        if line.status not in UNSETTLED:
            continue
        if line.status is Status.QUEUED and line.attempts == 0 and line.position < last:
            yield Violation("a message was never tried, but a later one was sent", message=line.id)
        if line.due_at is None:
            yield Violation("a message is to be sent, but never due", message=line.id)
        elif is_head and line.due_at < overdue:
            yield Violation("a message waits to be sent for too long", message=line.id)
        is_head = False


def _one_ticket_each(record: Record, _overdue: datetime) -> _Found:
    opened = Counter(input_of(ticket.cause) for ticket in record.tickets)
    for ticket in record.tickets:
        cause = input_of(ticket.cause)
        if ticket.number != number_of(ticket.id):
            yield Violation("its number is not the one that its id makes", ticket=ticket.number)
        if cause is not None and opened[cause] > 1:
            yield Violation("one confirmation opened more than one ticket", ticket=ticket.number, input=cause)
        if ticket.contact_id != record.contact_id:
            yield Violation("it belongs to another contact than its conversation", ticket=ticket.number)
        if _leads_to(ticket.history) != ticket.status:
            yield Violation("its history does not lead to the state it is in", ticket=ticket.number)


def _numbers_told_are_stored(record: Record, _overdue: datetime) -> _Found:
    stored = {ticket.number for ticket in record.tickets}
    said = [line for line in record.lines if line.author == "bot" and line.input is not None]
    told = {(line.input, number) for line in said for number in line.told}
    for ticket in record.tickets:
        cause = input_of(ticket.cause)
        if cause is not None and (cause, ticket.number) not in told:
            yield Violation("its number was not told where it was opened", ticket=ticket.number, input=cause)
    # What a customer wrote is repeated to them in a summary: that tells nobody a number.
    quoted = {number for line in record.lines if line.author == "customer" for number in line.told}
    for line in said:
        for number in line.told:
            if number not in stored and number not in quoted:
                yield Violation("a ticket number was told that is not stored", ticket=number, message=line.id)


def _leads_to(history: Sequence[str]) -> str:
    """The state after these events; empty if they cannot be the history of a ticket."""
    if not history or history[0] != "opened" or history.count("opened") > 1:
        return ""
    status = TicketStatus.OPEN
    try:
        for event in history:
            status = after(status, _TRIGGERS[event]) if event in _TRIGGERS else status
    except NotAllowedError:
        return ""
    return status.value


#: Every check with the rule it belongs to.
RULES: Sequence[tuple[str, Callable[[Record, datetime], _Found]]] = (
    ("I1", _each_message_once),
    ("I1", _effects_have_their_input),
    ("I2", _inputs_in_order),
    ("I2", _lines_in_order),
    ("I3", _all_is_handled),
    ("I3", _nothing_missing),
    ("I4", _sent_in_order),
    ("I5", _one_ticket_each),
    ("I5", _numbers_told_are_stored),
)
