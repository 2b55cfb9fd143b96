"""What the stand-in remembers: messages, files, who wrote when, who is shown "typing…". Safe between threads and loops.

It knows no HTTP: `api` and `callbacks` tell it what happened, interfaces follow along by `subscribe`.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.engine.inputs import Media

#: How long after a customer's message a business may write freely.
WINDOW = timedelta(hours=24)
#: How long "typing…" is shown at most.
TYPING = timedelta(seconds=25)

#: A status only moves up. What failed stays failed.
_RANK = {"received": 0, "queued": 0, "sent": 1, "delivered": 2, "read": 3, "undelivered": 4, "failed": 4}
#: Changes that an interface may lag behind before it misses the oldest.
_BACKLOG = 1000


class Direction(StrEnum):
    """Seen from the business, as Twilio sees it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound-api"


@dataclass(frozen=True)
class File:
    """A file on the simulated phone."""

    content_type: str
    content: bytes


@dataclass(frozen=True)
class Record:
    """One message as it stands now. `status` is Twilio's word; an inbound message is `received`, then maybe `read`."""

    direction: Direction
    sid: str
    address: str  #: the customer, under the one address by which `conversation` finds both directions
    from_: str
    to: str
    body: str
    media: tuple[Media, ...]  #: of an outbound message: the address given for a file, and its sid once it was fetched
    status: str
    error_code: int | None
    at: datetime  #: created; aware, UTC
    sent_at: datetime | None = None
    updated_at: datetime | None = None
    status_callback: str = ""
    is_template: bool = False  #: approved by WhatsApp: it may be sent at any time


@dataclass(frozen=True)
class Change:
    """Something to redraw in the conversation with `address`: a message new or moved on, or else only "typing…"."""

    address: str
    record: Record | None = None


@dataclass(frozen=True)
class _Follower:
    loop: asyncio.AbstractEventLoop
    changes: asyncio.Queue[Change]

    def tell(self, change: Change) -> None:
        if self.changes.full():
            self.changes.get_nowait()
        self.changes.put_nowait(change)


class Ledger:
    """All that was said to and by the stand-in, in the order in which it happened."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._records: dict[str, Record] = {}
        self._sids: dict[str, list[str]] = {}  # by the customer's one address: a long history costs only its own customer
        self._files: dict[str, File] = {}
        self._last_heard: dict[str, datetime] = {}
        self._typing: dict[str, datetime] = {}
        self._one_address: dict[str, str] = {}
        self._followers: set[_Follower] = set()

    def same_person(self, other: str, address: str) -> None:
        """Remember that `other` is one more address of the customer at `address`."""
        with self._lock:
            first = self.one_address(address)
            if other != first:
                self._one_address[other] = first
                both = {*self._sids.pop(other, ()), *self._sids.get(first, ())}
                self._sids[first] = [sid for sid in self._records if sid in both]

    def one_address(self, address: str) -> str:
        """The address under which everything about this customer is kept."""
        with self._lock:
            return self._one_address.get(address, address)

    def add(self, record: Record) -> None:
        """Write down a new message. An inbound one opens the window, an outbound one ends "typing…"."""
        with self._lock:
            self._records[record.sid] = record
            self._sids.setdefault(self.one_address(record.address), []).append(record.sid)
            if record.direction is Direction.INBOUND:
                self._last_heard[record.address] = record.at
            else:
                self._typing.pop(record.address, None)
            self._tell(Change(record.address, record))

    def move(self, sid: str, status: str, at: datetime, error_code: int | None = None) -> Record:
        """Move a message on and return it as it stands then. A status that would be a step back changes nothing."""
        with self._lock:
            record = self._records[sid]
            if _RANK[status] <= _RANK[record.status]:
                return record
            moved = replace(record, status=status, error_code=error_code, updated_at=at, sent_at=record.sent_at or at)
            self._records[sid] = moved
            self._tell(Change(moved.address, moved))
            return moved

    def find(self, sid: str) -> Record | None:
        """The message of this sid."""
        with self._lock:
            return self._records.get(sid)

    def records(self) -> list[Record]:
        """All messages, oldest first."""
        with self._lock:
            return list(self._records.values())

    def conversation(self, address: str) -> list[Record]:
        """All messages to and from a customer, oldest first."""
        with self._lock:
            return [self._records[sid] for sid in self._sids.get(self.one_address(address), ())]

    def remove(self, sid: str) -> None:
        """Forget a message and the files that only it has."""
        with self._lock:
            record = self._records.pop(sid)
            self._sids[self.one_address(record.address)].remove(sid)
            named = {medium.url.rpartition("/")[2] for medium in record.media}
            kept = {medium.url.rpartition("/")[2] for other in self._records.values() for medium in other.media}
            for media_sid in named - kept:
                self._files.pop(media_sid, None)
            self._tell(Change(record.address))

    def keep(self, media_sid: str, file: File) -> None:
        """Keep a file to be fetched later."""
        with self._lock:
            self._files[media_sid] = file

    def attach(self, sid: str, number: int, media_sid: str, file: File) -> None:
        """The file that an outgoing message named by an address is here: from now on it is known by its own sid."""
        with self._lock:
            record = self._records[sid]
            media = [*record.media]
            media[number] = Media(media_sid, file.content_type)
            self._files[media_sid] = file
            self._records[sid] = replace(record, media=tuple(media))

    def file(self, media_sid: str) -> File | None:
        """A file that came with a message."""
        with self._lock:
            return self._files.get(media_sid)

    def window_is_open(self, address: str, now: datetime) -> bool:
        """True if the customer wrote within the last 24 hours."""
        with self._lock:
            heard = self._last_heard.get(self.one_address(address))
        return heard is not None and now - heard < WINDOW

    def start_typing(self, sid: str, now: datetime) -> None:
        """Show "typing…" below the inbound message `sid`; it and those before it are thereby read."""
        with self._lock:
            address = self._records[sid].address
            self._typing[address] = now + TYPING
            for record in self.conversation(address):
                if record.direction is Direction.INBOUND:
                    self.move(record.sid, "read", now)
                if record.sid == sid:
                    break
            self._tell(Change(address))

    def typing(self, address: str) -> datetime | None:
        """Until when "typing…" is shown, if nothing is sent before."""
        with self._lock:
            return self._typing.get(self.one_address(address))

    def subscribe(self) -> AsyncIterator[Change]:
        """Everything that changes from now on, for the running loop."""
        follower = _Follower(asyncio.get_running_loop(), asyncio.Queue(_BACKLOG))
        with self._lock:
            self._followers.add(follower)
        return self._follow(follower)

    async def _follow(self, follower: _Follower) -> AsyncIterator[Change]:
        try:
            while True:
                yield await follower.changes.get()
        finally:
            with self._lock:
                self._followers.discard(follower)

    def _tell(self, change: Change) -> None:
        for follower in list(self._followers):
            try:
                follower.loop.call_soon_threadsafe(follower.tell, change)
            except RuntimeError:  # its loop is closed: nobody listens there any more
                self._followers.discard(follower)
