"""Where one customer is and what they have told us: all that `step` remembers from one input to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.engine.inputs import Location, Media, SentFile


@dataclass(frozen=True)
class Suggestion:
    """A value that looks mistyped, and what it may have been meant to be; the customer says which."""

    typed: str
    meant: str


@dataclass(frozen=True)
class Pending:
    """What an agent wrote while WhatsApp did not let us write: delivered as soon as the customer writes."""

    text: str
    agent: str  #: username
    files: tuple[SentFile, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """One conversation between two inputs. Everything has a default, so an older snapshot can always be read."""

    node: str
    answers: Mapping[str, str] = field(default_factory=dict)  #: the draft: field name → accepted value
    attachments: tuple[Media | Location, ...] = ()  #: sent along with the draft
    case: str = ""  #: the documented case that the draft's detail was recognised as
    answered: tuple[str, ...] = ()  #: documented cases already explained in this dialogue
    misses: int = 0  #: inputs in a row that were not understood
    suggestion: Suggestion | None = None
    candidates: tuple[str, ...] = ()  #: what a clarifying question offers
    return_to: str = ""  #: the node to go back to after an aside
    correcting: bool = False  #: the field asked for now comes from the summary and leads back there
    consent: str = ""  #: the policy version this person agreed to, or empty
    last_at: datetime | None = None  #: when the customer wrote last
    reminded: bool = False  #: the reminder of this silence is out
    secret_told: bool = False  #: the customer knows that passwords are masked here
    agent: str = ""  #: username of the agent who talks to the customer; while there is one, the bot says nothing
    ticket: str = ""  #: number of the ticket that the agent is here for
    unanswered_at: datetime | None = None  #: since when the customer has been waiting for the agent
    pending: tuple[Pending, ...] = ()
    invited: bool = False  #: the customer was asked, by a template, to write so that it can be delivered
    rating: str = ""  #: number of the ticket whose attention the customer is asked to rate
    asked: str = ""  #: a short name for the question that was said last, if nothing was said after it
    delay_told_at: datetime | None = None  #: when the customer was told last that answers take time
    heard: str = ""  #: a short name for the customer's last words
    repeats: int = 0  #: how often they came in quick succession
    echoes: int = 0  #: how often in a row our own words came back
    silent_until: datetime | None = None  #: a program seems to be talking (`loops`): nothing is said before
    files_told_at: datetime | None = None  #: when the customer was told last that a file was not kept
    asked_at: datetime | None = None  #: when they were asked: the question is good for as long as a menu is


_ADAPTER = TypeAdapter(Conversation)


def to_json(conversation: Conversation) -> dict[str, Any]:
    """The snapshot that is stored after every turn."""
    state: dict[str, Any] = _ADAPTER.dump_python(conversation, mode="json", exclude_defaults=True)
    return state


def from_json(state: Mapping[str, Any]) -> Conversation:
    """Read a snapshot back; fields that this version does not know any more are dropped."""
    known = {name: value for name, value in state.items() if name in Conversation.__dataclass_fields__}
    return _ADAPTER.validate_python(known)
