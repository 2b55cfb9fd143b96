"""What a channel offers, and the words in which it speaks: nothing here knows a provider.

One error, `SendError`, whose `outcome` says what the sender may do next:

- `REFUSED`: never accepted and never will be. Mark the message failed, go on with the next.
- `BUSY`: not accepted now, may be later. Try again after a pause.
- `UNKNOWN`: perhaps accepted. Look it up (`sent_since`) before sending again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Protocol

from starlette.datastructures import ImmutableMultiDict

from bot.engine.inputs import MessageReceived

#: What a webhook posted: names may repeat, values may be blank, nothing is dropped.
Parameters = ImmutableMultiDict[str, str]


@dataclass(frozen=True)
class Received:
    """One message as a webhook told it, freed of the provider's names."""

    sid: str  #: the provider's id, unique for all time: a second delivery carries the same
    address: str  #: where to answer, opaque: `whatsapp:+57…` or `whatsapp:CO.…`
    external_id: str  #: the provider's id of the person (`CO.…`), or empty
    phone: str  #: E.164, or empty when the provider hides it
    profile_name: str  #: chosen by the sender: untrusted
    message: MessageReceived
    parameters: dict[str, list[str]]  #: everything that was posted, unknown names too
    sent_at: datetime | None = None  #: aware; told only of a message that was looked up, and no webhook brought


class DeliveryStatus(StrEnum):
    """How far an outgoing message got, as the provider reports it."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class DeliveryReport:
    """A status callback. `message_id` is ours: it stood in the callback's address, known before our send returns."""

    sid: str
    message_id: str
    status: DeliveryStatus
    error_code: int | None = None
    retryable: bool = False  #: it failed, but the same message may be sent again


@dataclass(frozen=True)
class Outgoing:
    """One bubble to deliver. `id` is ours and comes back in the delivery reports."""

    id: str
    to: str
    body: str
    content_sid: str = ""  #: a template that WhatsApp approved; then `body` is only what its words are
    media_url: str = ""  #: where the provider fetches the file that goes with it; WhatsApp takes one for each message


@dataclass(frozen=True)
class Sent:
    """A message the provider says it has from us: material to settle an UNKNOWN outcome."""

    sid: str
    body: str
    created_at: datetime  #: aware, UTC; whole seconds
    status: DeliveryStatus
    error_code: int | None = None


@dataclass(frozen=True)
class Copy:
    """A message of which the provider keeps a copy."""

    sid: str
    created_at: datetime  #: aware, UTC; whole seconds


@dataclass(frozen=True)
class Listed:
    """A customer's message as the provider's list has it: less than a webhook tells."""

    sid: str
    address: str
    body: str
    files: int  #: how many came with it; which, `look_up` says
    sent_at: datetime  #: aware, UTC; whole seconds


@dataclass(frozen=True)
class FileKey:
    """The provider's ids that together name a file which a customer sent."""

    account: str
    message: str
    file: str


@dataclass(frozen=True)
class Source:
    """Where a customer's file is fetched: an address made from ids, never the one that a webhook told."""

    url: str
    authorization: tuple[str, str] = field(repr=False)  #: user and password, for this very address and no other


class Outcome(Enum):
    """What is known after a failed send."""

    REFUSED = "refused"
    BUSY = "busy"
    UNKNOWN = "unknown"


class SendError(Exception):
    """A send that did not end in an accepted message. `code` is the provider's error number, if it gave one."""

    def __init__(self, outcome: Outcome, code: int | None = None, detail: str = "") -> None:
        """`detail` is for logs: it holds no text of the customer and no secret."""
        super().__init__(f"{outcome.value} ({code}) {detail}".strip())
        self.outcome = outcome
        self.code = code


class Channel(Protocol):
    """A way to reach customers. What every message needs is awaited; the rest blocks, and callers run it in threads."""

    def verify(self, url: str, parameters: Parameters, signature: str) -> bool:
        """True if the provider signed exactly this post to exactly this public address. May raise: that is a False."""

    def parse_message(self, parameters: Parameters) -> Received:
        """Read a message webhook. Raises ValueError if it names no message or no sender."""

    def parse_status(self, parameters: Parameters, query: Parameters) -> DeliveryReport | None:
        """Read a status callback; None for a status that moves nothing."""

    async def send(self, message: Outgoing) -> str:
        """Hand over one message and return the provider's id for it. Raises SendError."""

    def sent_since(self, to: str, since: datetime) -> Sequence[Sent]:
        """All messages to this address created at or after `since`, oldest first. Raises SendError."""

    def copies(self, address: str) -> Sequence[Copy]:
        """Every message to or from this address that the provider still keeps, whenever it was sent. Raises SendError."""

    def erase_copy(self, sid: str) -> bool:
        """Let the provider delete its copy of a message and of the files in it; False if that is only possible later.

        What is not there (any more) is erased. Raises SendError.
        """

    def received_since(self, since: datetime) -> Sequence[Listed]:
        """All messages of customers sent to us at or after `since`, oldest first. Raises SendError."""

    def look_up(self, listed: Listed) -> Received:
        """A listed message as far as it can be had afterwards: text and files, but neither a place nor a button's id.

        Raises SendError, and ValueError for one that is from nobody's WhatsApp.
        """

    def file_source(self, key: FileKey) -> Source | None:
        """Where this file lies; None if it belongs to no account of ours. Asks nobody."""

    async def show_typing(self, sid: str) -> None:
        """Show "typing…" under the customer's message `sid`. Best effort; raises SendError."""

    async def close(self) -> None:
        """Let go of connections, in the event loop that sent. A later call opens new ones."""
