"""What can happen to a conversation, in the past tense. The inbox records it before anything is decided."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of message a customer sent. Whatever is not known to us is `UNKNOWN` and kept."""

    TEXT = "text"
    BUTTON = "button"  #: a tap on a quick reply or on a row of a list: `choice` holds its id, `text` its label
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Media:
    """A file that came with a message, not fetched: where it lies and what the sender says it is."""

    url: str
    content_type: str


@dataclass(frozen=True)
class Location:
    """A place the customer shared. Degrees; address and label as the customer's phone gave them, often empty."""

    latitude: float
    longitude: float
    address: str = ""
    label: str = ""


@dataclass(frozen=True)
class MessageReceived:
    """A customer wrote. `text` is already redacted and free of control characters; it may be empty."""

    kind: Kind
    text: str = ""
    choice: str = ""  #: the id of the tapped button or list row; untrusted, it can be tapped days later
    media: tuple[Media, ...] = ()
    location: Location | None = None
    masked: bool = False  #: a secret was masked in `text`; the customer is told once


@dataclass(frozen=True)
class TimeRanOut:
    """The moment came that an earlier step asked to be woken at (`WakeAt`), and nothing happened meanwhile."""


@dataclass(frozen=True)
class MessagesPiledUp:
    """The customer writes so fast that what they write from now on has to wait a little."""


@dataclass(frozen=True)
class AgentTookOver:
    """An agent made a ticket theirs and talks to its customer from now on; also when they take it from a colleague."""

    ticket: str  #: its number
    agent: str  #: username
    name: str  #: as the customer is told it


@dataclass(frozen=True)
class AgentReleased:
    """The agent let go of a ticket: the bot talks again."""

    ticket: str
    agent: str


@dataclass(frozen=True)
class SentFile:
    """A file that an agent sends, kept and checked already: its id, and what its bytes show it to be."""

    id: str
    content_type: str


@dataclass(frozen=True)
class AgentReplied:
    """An agent wrote to the customer. `text` is free of control characters, and blank only if there are files."""

    ticket: str
    agent: str
    text: str
    files: tuple[SentFile, ...] = ()


@dataclass(frozen=True)
class TicketResolved:
    """An agent resolved a ticket, whoever talks to the customer."""

    ticket: str
    agent: str


Input = MessageReceived | TimeRanOut | MessagesPiledUp | AgentTookOver | AgentReleased | AgentReplied | TicketResolved
