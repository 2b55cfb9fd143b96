"""What the bot can decide to do, in the imperative. `bot/conversations/apply.py` has one function for each."""

from dataclasses import dataclass
from datetime import datetime

from bot.engine.inputs import Location, Media

#: Stands in a text where the number of the ticket belongs that this very step opens: only the database can give numbers,
#: so `apply` puts it in. A private-use character, which no customer's text can hold: those are taken out on arrival.
TICKET = "\ue000"


@dataclass(frozen=True)
class Say:
    """Tell the customer something."""

    text: str


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
    text: str  #: exactly what was shown
    answer: str  #: exactly what was answered


@dataclass(frozen=True)
class WakeAt:
    """Let `TimeRanOut` happen at this time, unless the customer writes before."""

    at: datetime


Effect = Say | OpenTicket | RecordConsent | WakeAt
