"""What the bot can decide to do, in the imperative. `bot/conversations/apply.py` has one function for each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.engine.inputs import Location, Media, SentFile
from bot.engine.terms import Right

#: Stands in a text where the number of the ticket belongs that this very step opens: only the database can give numbers,
#: so `apply` puts it in. A private-use character, which no customer's text can hold: those are taken out on arrival.
TICKET = "\ue000"


@dataclass(frozen=True)
class Say:
    """Tell the customer something, in the bot's name or in an agent's: the text first, then each file."""

    text: str
    author: str = "bot"  #: or an agent's username
    files: tuple[SentFile, ...] = ()
    is_question: bool = False  #: only asks, or leads up to a question: stale after a while, and then better left unsaid


@dataclass(frozen=True)
class FieldValue:
    """One line of a ticket: what it is called in the flow, what agents and customers call it, and the value."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class OpenTicket:
    """Put the collected details before the agents."""

    category: str
    case: str  #: the documented case that the detail was recognised as, or empty
    fields: tuple[FieldValue, ...]
    detail: str
    attachments: tuple[Media | Location, ...]


@dataclass(frozen=True)
class RecordConsent:
    """Keep the proof of what the customer agreed to, or did not (Ley 1581 de 2012, art. 9)."""

    given: bool
    policy_version: str
    text: str  #: exactly what was shown; empty if nothing was
    answer: str  #: exactly what was answered
    purposes: tuple[str, ...] = ()  #: what the details may be used for, as the notice named it
    revokes: bool = False  #: it takes back what was given before


@dataclass(frozen=True)
class OpenCase:
    """Put before the agents what a customer asks about their data, with the date by which the law wants it answered."""

    right: Right
    category: str
    detail: str  #: the customer's words


@dataclass(frozen=True)
class WakeAt:
    """Let `TimeRanOut` happen at this time, unless the customer writes before."""

    at: datetime


class Switch(StrEnum):
    """Who talks, or whether a ticket is open, changed: a line of the transcript that only agents see."""

    TOOK_OVER = "agent_took_over"
    RELEASED = "agent_released"
    IDLE = "agent_was_idle"
    RESOLVED = "ticket_resolved"
    REOPENED = "ticket_reopened"


@dataclass(frozen=True)
class NoteSwitch:
    """Write a line into the transcript that the customer does not see."""

    switch: Switch
    ticket: str
    actor: str  #: an agent's username, or bot, or customer


@dataclass(frozen=True)
class WithdrawQueued:
    """Take back what the bot said and nobody has begun to send."""


@dataclass(frozen=True)
class Invite:
    """Send the approved template that asks the customer to write: the only thing WhatsApp takes after 24 hours."""

    content_sid: str
    text: str  #: what the template says, for the transcript
    author: str  #: username of the agent whose reply waits


@dataclass(frozen=True)
class MoveTicket:
    """Move a ticket by a trigger of its lifecycle, if that leads on from where it is: an agent may have been faster."""

    ticket: str
    trigger: str
    actor: str  #: bot, or customer


@dataclass(frozen=True)
class RecordRating:
    """Keep how the customer was attended."""

    ticket: str
    stars: int  #: 1 to 5


@dataclass(frozen=True)
class RecordComment:
    """Keep what the customer says about it."""

    ticket: str
    text: str


Effect = (
    Say
    | OpenTicket
    | OpenCase
    | RecordConsent
    | WakeAt
    | NoteSwitch
    | WithdrawQueued
    | Invite
    | MoveTicket
    | RecordRating
    | RecordComment
)
