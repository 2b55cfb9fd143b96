"""What one customer must be answered, known without a look at the product's tables.

It is told what the customer wrote and hears what arrived on the phone; in between it makes the same steps by `step` alone. When
a turn is made is the product's choice, so a text that depends on the time is accepted as of any time the turn can have been made;
a reminder may come whenever silence was long enough for one.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.channels.text import bubbles
from bot.conversations.handle import Rules
from bot.engine.conversation import Conversation
from bot.engine.effects import TICKET, Effect, OpenTicket, Say
from bot.engine.inputs import Input, Kind, MessageReceived, TimeRanOut
from bot.engine.step import begin, step
from bot.engine.turn import Circumstances, TicketSummary
from bot.understanding.redaction import redact

_NUMBER = "SF-[0-9]{6,}"
_TIME_OF_DAY = re.compile(r"\b[0-9]{2}:[0-9]{2}\b")


@dataclass
class Verdict:
    """How many messages went wrong, in each of the four ways there are."""

    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    wrong_number: int = 0

    def add(self, other: "Verdict") -> None:
        """Count another customer's in."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.out_of_order += other.out_of_order
        self.wrong_number += other.wrong_number

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return self == Verdict()

    def __str__(self) -> str:
        return f"{self.lost} / {self.doubled} / {self.out_of_order} / {self.wrong_number}"


@dataclass(frozen=True)
class _Guess:
    """One way in which the conversation may have gone on."""

    state: Conversation
    bubbles: tuple[str, ...]
    opened: tuple[TicketSummary, ...]
    is_answer: bool  #: to what the customer wrote; else time ran out


@dataclass
class Oracle:
    """One customer's conversation as it must be."""

    rules: Rules
    phone: str
    told: dict[str, str]  #: ticket number → phone of who was told it; shared by all customers
    shifts: Sequence[timedelta] = (timedelta(),)  #: by how much the product's clock may be off
    slowness: timedelta = timedelta()  #: how old the time may be that a turn goes by: that at which its visit began
    heard: list[str] = field(default_factory=list)
    tickets: list[TicketSummary] = field(default_factory=list)  #: newest first, as the customer was told them
    _state: Conversation | None = None
    _written: deque[tuple[str, datetime]] = field(default_factory=deque)
    _due: deque[str] = field(default_factory=deque)  #: bubbles that are still to come of a turn that was begun
    _trouble: list[str] = field(default_factory=list)  #: all that was heard since something was not as it must be
    _wrong: int = 0

    def write(self, text: str, at: datetime) -> None:
        """The customer writes."""
        self._written.append((text, at))

    @property
    def state(self) -> Conversation:
        """Where the conversation is after the last turn that was heard of."""
        return self._state or begin(self.rules.flow)

    @property
    def is_answered(self) -> bool:
        """Whether everything that has to come has come."""
        return not self._written and not self._due

    @property
    def is_troubled(self) -> bool:
        """Whether something came that must not have come, or not yet."""
        return bool(self._trouble)

    def hear(self, body: str, at: datetime) -> None:
        """A message arrived on the phone."""
        self.heard.append(body)
        if self._trouble or not self._fits(body, at):
            self._trouble.append(body)

    def verdict(self) -> Verdict:
        """What went wrong, once nothing more comes."""
        expected = Counter(map(_plain, self.awaited()))
        came = Counter(map(_plain, self._trouble))
        lost, doubled = (expected - came).total(), (came - expected).total()
        in_wrong_place = bool(self._trouble) and not lost and not doubled
        return Verdict(lost, doubled, int(in_wrong_place), self._wrong)

    def story(self) -> str:
        """For whoever has to find out what happened: the end of it."""
        heard, trouble, awaited = ([text[-60:] for text in texts] for texts in (self.heard[-6:], self._trouble, self.awaited()))
        return f"{self.phone}: heard … {heard}, not as awaited {trouble}, awaited {awaited}"

    def awaited(self) -> list[str]:
        """What has still to come, as of the times at which the customer wrote; `TICKET` stands for the number of a new ticket."""
        expected, state, tickets = list(self._due), self.state, list(self.tickets)
        for text, at in self._written:
            for guess in self._guess(state, self._message(text), at, tickets):
                expected += guess.bubbles
                state = guess.state
                tickets[:0] = guess.opened
        return expected

    def _fits(self, body: str, at: datetime) -> bool:
        if not self._due:
            guess = self._guess_for(body, at)
            if guess is None:
                return False
            self._state = guess.state
            self._due = deque(guess.bubbles)
            self.tickets[:0] = guess.opened
            if guess.is_answer:
                self._written.popleft()
        awaited = self._due[0]
        match = _matches(awaited, body)
        if match is None and _plain(awaited) != _plain(body):
            return False
        self._due.popleft()
        if match is None:
            self._wrong += 1  # right in all but the number of a ticket
        elif TICKET in awaited:
            self._note_number(match[1])
        return True

    def _guess_for(self, body: str, at: datetime) -> _Guess | None:
        """The first guess that begins with this text; if there is none, one that differs only in a ticket's number."""
        other = None
        for guess in self._guesses(at):  # mostly the first one fits, and the others need not be made
            if _matches(guess.bubbles[0], body):
                return guess
            if other is None and _plain(guess.bubbles[0]) == _plain(body):
                other = guess
        return other

    def _guesses(self, at: datetime) -> Iterator[_Guess]:
        state = self.state
        if self._written:
            text, since = self._written[0]
            for now in (since, at, since + (at - since) / 2):
                for shift in self.shifts:
                    yield from self._guess(state, self._message(text), now + shift, self.tickets)
                    for waited in (at - since, self._jump):
                        # Whether they are asked for pardon again depends on the moment of a turn: either is right.
                        late = replace(state, delay_told_at=None)
                        yield from self._guess(late, self._message(text), now + shift, self.tickets, waited)
        yield from self._guess(state, TimeRanOut(), at + self._jump + self.slowness, self.tickets)

    @property
    def _jump(self) -> timedelta:
        """How much time may seem to go by at once: a clock that is set forth lets customers seem to wait, and times run out."""
        return max(self.shifts) - min(self.shifts)

    def _guess(
        self, state: Conversation, happened: Input, now: datetime, tickets: list[TicketSummary], waited: timedelta = timedelta()
    ) -> Iterator[_Guess]:
        """The step, if it says anything."""
        circumstances = Circumstances(
            now=now,
            phone=self.phone,
            tickets=lambda: tickets,
            reminder_after=self.rules.reminder_after,
            resume_after=self.rules.resume_after,
            agent_idle_after=self.rules.agent_idle_after,
            reopen_within=self.rules.reopen_within,
            burst=self.rules.burst,
            late_after=self.rules.late_after,
            waited=waited,
        )
        result = step(self.rules.flow, state, happened, circumstances)
        opened = tuple(self._ticket(effect, now) for effect in result.effects if isinstance(effect, OpenTicket))
        said = tuple(_bubbles(result.effects))
        if said:
            yield _Guess(result.conversation, said, opened, isinstance(happened, MessageReceived))

    def _message(self, text: str) -> MessageReceived:
        redacted = redact(text, self.rules.flow.vocabulary.secrets, "")
        return MessageReceived(Kind.TEXT, redacted.text, masked=redacted.masked)

    def _ticket(self, effect: OpenTicket, now: datetime) -> TicketSummary:
        due = self.rules.promises.due(effect.category, now) if self.rules.promises else None
        return TicketSummary(TICKET, effect.category, "open", now, answer_due=due.first_response_at if due else None)

    def _note_number(self, number: str) -> None:
        self._wrong += number in self.told
        self.told[number] = self.phone
        self.tickets[0] = replace(self.tickets[0], number=number)


def _bubbles(effects: tuple[Effect, ...]) -> Iterator[str]:
    for effect in effects:
        if isinstance(effect, Say):
            yield from bubbles(effect.text)


def _matches(awaited: str, body: str) -> re.Match[str] | None:
    """Whether this is the text, whatever number a new ticket got and at whatever time of day something is promised."""
    pattern = re.escape(_TIME_OF_DAY.sub("hh:mm", awaited)).replace(TICKET, f"({_NUMBER})")
    return re.fullmatch(pattern, _TIME_OF_DAY.sub("hh:mm", body))


def _plain(body: str) -> str:
    return _TIME_OF_DAY.sub("hh:mm", re.sub(_NUMBER, "SF", body.replace(TICKET, "SF")))
