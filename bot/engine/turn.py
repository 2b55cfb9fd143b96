"""One step while it is being made: what nodes read from and write to. Born and dead inside `step`, never stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.engine import texts
from bot.engine.conversation import Conversation, Suggestion
from bot.engine.effects import Effect, Say
from bot.engine.inputs import MessageReceived
from bot.engine.terms import Right
from bot.understanding.fields.base import Accepted, Context, Refused

if TYPE_CHECKING:
    from bot.engine.flow import Flow


#: How long after a customer's message a business may write freely (WhatsApp's customer service window).
WINDOW = timedelta(hours=24)


#: Phrases that mean nothing without the question that follows them.
_LEADS_UP = frozenset({"hello_again", "back_to_question", "reminder", "only_text", "late"})


@dataclass(frozen=True)
class TicketSummary:
    """What a customer is told about one of their tickets."""

    number: str
    category: str
    status: str  #: of the ticket's lifecycle; `statuses:` in `flows/phrases.yaml` names it in Spanish
    updated_at: datetime
    resolved_at: datetime | None = None  #: None while it is not resolved
    answer_due: datetime | None = None  #: until when a first answer was promised that was not given yet


@dataclass(frozen=True)
class PendingCase:
    """A customer's open case about their data."""

    right: Right
    number: str
    due_at: datetime


def _no_cases() -> Sequence[PendingCase]:
    return ()


def _no_tickets() -> Sequence[TicketSummary]:
    return ()


def _nothing_said() -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Circumstances:
    """What the rules need but cannot make up."""

    now: datetime  #: aware
    phone: str = ""  #: the customer's number in E.164, or empty when WhatsApp hides it
    tickets: Callable[[], Sequence[TicketSummary]] = _no_tickets  #: this customer's, newest first; asked only when needed
    said: Callable[[], Sequence[str]] = _nothing_said  #: the bot's last few messages to this customer; asked only when needed
    refuses_files: bool = False  #: the customer sent more files lately than are kept
    blocked: bool = False  #: agents blocked the customer: only requests about their data are heard
    cases: Callable[[], Sequence[PendingCase]] = _no_cases  #: this customer's, about their data, that are open; asked when needed
    reminder_after: timedelta = timedelta(minutes=30)
    resume_after: timedelta = timedelta(hours=24)
    agent_idle_after: timedelta = timedelta(minutes=30)  #: a customer waits no longer for an agent who does not answer
    template: str = ""  #: ContentSid of the approved template that asks a customer to write, if there is one
    burst: timedelta = timedelta(0)  #: messages that follow so closely are one: no question is repeated between them
    waited: timedelta = timedelta(0)  #: how long what happened had to wait
    late_after: timedelta = timedelta(minutes=2)  #: an answer after that begins by asking for pardon
    reopen_within: timedelta = timedelta(days=7)  #: so long after it was resolved, a ticket can be reopened by its customer


@dataclass
class Turn:
    """The model that `transitions` drives during one step: it moves `state`, nodes do the rest."""

    flow: Flow
    conversation: Conversation
    circumstances: Circumstances
    state: str
    effects: list[Effect] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    visited: list[str] = field(default_factory=list)  #: nodes that were entered, and cases that were explained in passing
    next: str | None = None  #: the trigger with which a node that waits for nothing passes on
    has_gap: bool = False  #: the question is about a detail that the document leaves open
    refusal: Refused | None = None  #: why a field did not take the answer

    @property
    def can_write(self) -> bool:
        """Whether WhatsApp lets us write: the customer wrote within the last 24 hours."""
        last = self.conversation.last_at
        return last is not None and self.circumstances.now - last < WINDOW

    def is_just_now(self, at: datetime | None, within: timedelta) -> bool:
        """Whether that was less than `within` ago.

        A time yet to come is as far away as one gone by: clocks are set back, and what was noted before that is no longer recent.
        """
        return at is not None and abs(self.circumstances.now - at) < within

    def last_resolved(self) -> TicketSummary | None:
        """The ticket that was resolved last, if none of the customer's is open."""
        tickets = self.circumstances.tickets()
        ends = [ticket.resolved_at for ticket in tickets if ticket.resolved_at is not None]
        if not ends or len(ends) < len(tickets):
            return None
        return next(ticket for ticket in tickets if ticket.resolved_at == max(ends))

    def is_recent(self, ticket: TicketSummary) -> bool:
        """Whether the customer can still reopen it."""
        end = ticket.resolved_at
        return end is not None and self.circumstances.now - end <= self.circumstances.reopen_within

    def read_field(self, kind: str, text: str) -> Accepted | Refused:
        """Understand an answer of this sort."""
        context = Context(now=self.circumstances.now, own_phone=self.circumstances.phone)
        return self.flow.vocabulary.fields[kind](text, context)

    def change(self, **changes: Any) -> None:
        """Remember something in the conversation."""
        before = self.conversation
        if any(getattr(before, name) != value for name, value in changes.items()):
            self.conversation = Conversation(**{**vars(before), **changes})  # what `replace` does, in half the time

    def answer(self, name: str, value: str) -> None:
        """Keep an accepted value in the draft."""
        self.change(answers={**self.conversation.answers, name: value})

    def forget(self, name: str) -> None:
        """Take a value out of the draft, so that it is asked for again."""
        self.change(answers={key: value for key, value in self.conversation.answers.items() if key != name})

    def suggest(self, typed: str, meant: str) -> None:
        """Remember that a value looks mistyped; the customer is asked which is right."""
        self.change(suggestion=Suggestion(typed, meant))

    def attach(self, said: MessageReceived) -> None:
        """Keep what came along with the draft."""
        place = () if said.location is None else (said.location,)
        self.change(attachments=(*self.conversation.attachments, *said.media, *place))

    def note_answered(self, case: str) -> None:
        """A documented case was explained; say so too if the question went further than the document."""
        self.change(answered=(*self.conversation.answered, case))
        self.visited.append(case)
        if self.has_gap:
            self.say_phrase("gap")
            self.has_gap = False

    def drop_draft(self) -> None:
        """Start the next dialogue with a clean sheet."""
        self.change(
            answers={},
            attachments=(),
            case="",
            answered=(),
            suggestion=None,
            candidates=(),
            return_to="",
            correcting=False,
            rating="",
        )

    def remind(self) -> None:
        """Ask the pending question again."""
        said = len(self.effects)
        self.flow.nodes[self.state].remind(self)
        self.mark_questions(said)

    def mark_questions(self, since: int) -> None:
        """What was said from effect number `since` on only asks."""
        self.effects[since:] = [
            replace(effect, is_question=True) if isinstance(effect, Say) else effect for effect in self.effects[since:]
        ]

    def say(self, text: str, values: Mapping[str, str] | None = None) -> None:
        """Tell the customer a text of the flow, its placeholders filled."""
        self.effects.append(Say(texts.fill(text, values or {})))

    def say_phrase(self, name: str, values: Mapping[str, str] | None = None) -> None:
        """Tell the customer a sentence of `flows/phrases.yaml`."""
        self.say(self.flow.phrases[name], values)
        if name in _LEADS_UP:
            self.mark_questions(len(self.effects) - 1)
