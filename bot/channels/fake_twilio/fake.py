"""The stand-in as a whole: the account, the simulated phones that write to it, and what can be watched."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypedDict, Unpack
from uuid import uuid4

from starlette.applications import Starlette

from bot.channels.fake_twilio.account import Account
from bot.channels.fake_twilio.api import Api
from bot.channels.fake_twilio.callbacks import Callbacks
from bot.channels.fake_twilio.faults import Dice, Faults
from bot.channels.fake_twilio.ledger import Change, Direction, File, Ledger, Record
from bot.channels.fake_twilio.payloads import (
    API_VERSION,
    Sender,
    button_parameters,
    location_parameters,
    message_parameters,
)
from bot.channels.fake_twilio.wire import post
from bot.engine.inputs import Kind, Location, Media


class Receipt(NamedTuple):
    """How a delivery to the webhook ended: the message's sid and the last HTTP status, 0 if nobody answered."""

    sid: str
    status: int


class Incoming(TypedDict, total=False):
    """What a simulated customer may send. The kind follows from the rest if it is not told."""

    text: str
    kind: Kind
    media: Sequence[File]
    location: Location
    button: tuple[str, str]  #: id and label of the quick reply tapped
    profile_name: str
    external_id: str  #: `CO.…`
    repeat: int  #: how often the same message is delivered, one after the other; 1 if not told
    extra: Mapping[str, str]  #: further parameters, or other values for the usual ones


class FakeTwilio:
    """A Twilio account with one WhatsApp sender, whose customers are simulated. Safe between threads and loops.

    `webhook_url` is signed as it stands here and may end in connection overrides (`#rc=2&rp=all`).
    """

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        webhook_url: str,
        clock: Callable[[], datetime],
        largest_page: int = 1000,
    ) -> None:
        """`sender` is `whatsapp:+…`; `clock` gives aware times and may jump ahead; `largest_page` is a listing's, in messages."""
        self.webhook_url = webhook_url
        self.api_url = "https://api.twilio.com"  #: with this the addresses of media begin; set it where `app` is served
        self._account = Account(account_sid, auth_token, sender, clock, largest_page)
        self._ledger = Ledger()
        self._dice = Dice(Faults())
        self._callbacks = Callbacks(self._account, self._ledger, self._dice)
        self._deliveries: dict[str, tuple[dict[str, str], str]] = {}  # sid → what the webhook posts, and its idempotency token
        #: The REST API, to be served (faults that break connections need uvicorn).
        self.app: Starlette = Api(self._account, self._ledger, self._dice, self._callbacks).application()

    def now(self) -> datetime:
        """What time it is at Twilio."""
        return self._account.now()

    @property
    def templates(self) -> dict[str, str]:
        """The templates that WhatsApp approved, ContentSid → what it says; to be added to."""
        return self._account.templates

    @property
    def faults(self) -> Faults:
        """What goes wrong at present. Setting it starts counts and luck anew."""
        return self._dice.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._dice.reset(faults)

    async def receive(self, address: str, **incoming: Unpack[Incoming]) -> Receipt:
        """A customer sends a message; post it to the webhook and come back when that is answered, or given up.

        `address` is a phone (`+57…`), a business-scoped id (`CO.…`) or either with `whatsapp:` in front.
        """
        sid = self.accept(address, **incoming)
        status = 0
        if self._dice.strikes("webhook_lost"):
            return Receipt(sid, status)
        for _ in range(incoming.get("repeat", 1)):
            status = await self.deliver(sid)
        return Receipt(sid, status)

    def accept(self, address: str, **incoming: Unpack[Incoming]) -> str:
        """A customer sends a message, and nobody is told yet; returns its sid. It stands in the listing from now on."""
        bare = address.removeprefix("whatsapp:")
        from_ = f"whatsapp:{bare}"
        sender = Sender(
            external_id=incoming.get("external_id", "" if bare.startswith("+") else bare),
            profile_name=incoming.get("profile_name", ""),
        )
        if sender.external_id:
            self._ledger.same_person(f"whatsapp:{sender.external_id}", from_)
        kind = _kind(incoming)
        record = self._received(from_, incoming)
        parameters = message_parameters(self._account.sid, record, kind, sender)
        if "location" in incoming:
            parameters |= location_parameters(incoming["location"])
        if "button" in incoming:
            said = (r for r in reversed(self.conversation(from_)) if r.direction is Direction.OUTBOUND)
            parameters |= button_parameters(*incoming["button"], next(said, None))
        parameters |= incoming.get("extra", {})
        self._deliveries[record.sid] = (parameters, str(uuid4()))
        return record.sid

    async def deliver(self, sid: str) -> int:
        """Post an accepted message to the webhook, for the first time or again; the last HTTP status, 0 if nobody answered."""
        parameters, token = self._deliveries[sid]
        return await post(self.webhook_url, parameters, auth_token=self._account.auth_token, token=token)

    def _received(self, from_: str, incoming: Incoming) -> Record:
        files = incoming.get("media", ())
        sid = f"{'MM' if files else 'SM'}{secrets.token_hex(16)}"
        media = []
        for file in files:
            media_sid = f"ME{secrets.token_hex(16)}"
            self._ledger.keep(media_sid, file)
            path = f"{API_VERSION}/Accounts/{self._account.sid}/Messages/{sid}/Media/{media_sid}"
            media.append(Media(f"{self.api_url}/{path}", file.content_type))
        now = self._account.now()
        record = Record(
            direction=Direction.INBOUND,
            sid=sid,
            address=self._ledger.one_address(from_),
            from_=from_,
            to=self._account.sender,
            body=incoming["button"][1] if "button" in incoming else incoming.get("text", ""),
            media=tuple(media),
            status="received",
            error_code=None,
            at=now,
            sent_at=now,
        )
        self._ledger.add(record)
        return record

    async def open_chat(self, address: str) -> None:
        """The customer looks at the chat from now on: messages are read, and `read` is called back."""
        await self._callbacks.open_chat(self._ledger.one_address(address))

    def close_chat(self, address: str) -> None:
        """The customer looks away: messages are delivered, but not read."""
        self._callbacks.close_chat(self._ledger.one_address(address))

    def conversation(self, address: str) -> list[Record]:
        """All messages to and from `whatsapp:…`, oldest first."""
        return self._ledger.conversation(address)

    def file(self, media_sid: str) -> File | None:
        """A file that was sent, in either direction."""
        return self._ledger.file(media_sid)

    def typing(self, address: str) -> datetime | None:
        """Until when "typing…" is shown to `whatsapp:…`; None if it is not."""
        until = self._ledger.typing(address)
        return until if until and until > self._account.now() else None

    def subscribe(self) -> AsyncIterator[Change]:
        """Every change from this call on. Call it where a loop runs; close the iterator to stop."""
        return self._ledger.subscribe()

    async def settle(self, bound: float = 10.0) -> None:
        """Wait until no accepted message is on its way any more. Raises TimeoutError after `bound` seconds."""
        async with asyncio.timeout(bound):
            # Polled, because the messages may be on their way in another thread's loop.
            while self._callbacks.running:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


def _kind(incoming: Incoming) -> Kind:
    if "kind" in incoming:
        return incoming["kind"]
    if "button" in incoming:
        return Kind.BUTTON
    if "location" in incoming:
        return Kind.LOCATION
    if files := incoming.get("media"):
        family = files[0].content_type.partition("/")[0]
        return {"image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO}.get(family, Kind.DOCUMENT)
    return Kind.TEXT
