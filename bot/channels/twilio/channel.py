"""Twilio's WhatsApp as a `Channel`: signatures in, messages out. What the webhooks say is read in `webhooks`."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlencode

from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from bot.channels.base import (
    Copy,
    DeliveryReport,
    DeliveryStatus,
    FileKey,
    Listed,
    Outcome,
    Outgoing,
    Parameters,
    Received,
    SendError,
    Sent,
    Source,
)
from bot.channels.twilio.http import Http
from bot.channels.twilio.media import file_url
from bot.channels.twilio.sending import SendingHttp
from bot.channels.twilio.signatures import Keys, Signatures
from bot.channels.twilio.webhooks import DELIVERY_STATUS, from_list, parse_message, parse_status
from bot.engine.inputs import Media

#: Messages per page of a listing: the most Twilio gives.
_PAGE_SIZE = 1000
#: Errors of a deletion: it is gone already; it is still under way, which may take minutes (https://www.twilio.com/docs/errors/20009).
_NOT_THERE, _NOT_COMPLETE = 20404, 20009
#: A list is sorted by age. When so many in a row are older than what is looked for, the rest is too.
_SURELY_OLDER = 100
#: Loggers whose lines carry the account's SID or a customer's number, and the level above those lines.
_TALKATIVE = {"twilio.http_client": logging.WARNING, "urllib3.connectionpool": logging.INFO}


class TwilioChannel:
    """A WhatsApp sender of a Twilio account. Safe to use from several threads and event loops; what is not awaited blocks."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        status_callback_url: str,
        api_base_url: str | None = None,
        timeout: float = 10,
    ) -> None:
        """`sender` is `whatsapp:+…`. `status_callback_url` is our public address, without a query.

        `api_base_url` takes the place of Twilio's servers (a stand-in, a test). `timeout` in seconds, of silence.
        """
        for name, level in _TALKATIVE.items():
            logging.getLogger(name).setLevel(level)
        self._sender = sender
        self._credentials = (account_sid, auth_token)
        self._api_base_url = api_base_url or "https://api.twilio.com"
        self._status_callback_url = status_callback_url
        self.signatures = Signatures(Keys(auth_token))  #: what webhooks are checked by; the settings may know more keys
        self._http = Http(timeout=timeout, use_environment=api_base_url is None)
        self.client = Client(account_sid, auth_token, http_client=self._http)  #: the SDK's client
        proxy, certificates = self._http.surroundings(self._api_base_url)
        self._sending = SendingHttp(timeout=timeout, proxy=proxy, certificates=certificates)
        self.sender_client = Client(account_sid, auth_token, http_client=self._sending)  #: the same, for what is awaited
        for client in (self.client, self.sender_client) if api_base_url is not None else ():
            client.api.base_url = client.messaging.base_url = api_base_url
            # Taken from the environment, they would be woven into the stand-in's host name.
            client.edge = client.region = None

    def verify(self, url: str, parameters: Parameters, signature: str) -> bool:
        """See `Channel`. `url` is the public address with its query, as the provider was told it."""
        return self.signatures.verify(url, parameters, signature)

    def parse_message(self, parameters: Parameters) -> Received:
        """See `Channel`."""
        return parse_message(parameters)

    def parse_status(self, parameters: Parameters, query: Parameters) -> DeliveryReport | None:
        """See `Channel`. Our message's id stands in the query as `m`."""
        return parse_status(parameters, query)

    async def send(self, message: Outgoing) -> str:
        """See `Channel`."""
        # Without a file, an empty body is sent all the same: Twilio's refusal says more than a message that never left.
        content = {"body": message.body} if message.body or not message.media_url else {}
        if message.content_sid:
            content = {"content_sid": message.content_sid}
        media = {"media_url": [message.media_url]} if message.media_url else {}
        with _unreadable_is_unknown():
            accepted = await self.sender_client.messages.create_async(
                to=message.to,
                from_=self._sender,
                **content,
                **media,
                status_callback=f"{self._status_callback_url}?{urlencode({'m': message.id})}",
            )
        if not isinstance(accepted.sid, str) or not accepted.sid:
            raise SendError(Outcome.UNKNOWN, detail="an answer without a sid")
        return accepted.sid

    def sent_since(self, to: str, since: datetime) -> Sequence[Sent]:
        """See `Channel`. Twilio keeps whole seconds, so `since` is rounded down to one; its clock is Twilio's."""
        earliest = since.astimezone(UTC).replace(microsecond=0)
        found: dict[str, Sent] = {}
        with _unreadable_is_unknown():
            # No filter by date: DateSent is empty while a message is queued, which is the very message sought after.
            for message in self.client.messages.stream(to=to, from_=self._sender, page_size=_PAGE_SIZE):
                if message.direction.startswith("outbound") and message.date_created >= earliest:
                    found[message.sid] = Sent(
                        sid=message.sid,
                        body=message.body or "",
                        created_at=message.date_created,
                        status=DELIVERY_STATUS.get(message.status, DeliveryStatus.QUEUED),
                        error_code=message.error_code or None,
                    )
        # Listed newest first: turned round, those of the same second stay in order too.
        oldest_first = list(found.values())[::-1]
        return sorted(oldest_first, key=lambda sent: sent.created_at)

    def copies(self, address: str) -> Sequence[Copy]:
        """See `Channel`. Twilio lists what was sent to an address and what came from it apart."""
        found: dict[str, Copy] = {}
        with _unreadable_is_unknown():
            for way in ({"to": address, "from_": self._sender}, {"to": self._sender, "from_": address}):
                for message in self.client.messages.stream(**way, page_size=_PAGE_SIZE):
                    found[message.sid] = Copy(message.sid, message.date_created)
        return list(found.values())

    def erase_copy(self, sid: str) -> bool:
        """See `Channel`. With the message Twilio deletes its files, unless another message has the very same."""
        try:
            with _unreadable_is_unknown():
                self.client.messages(sid).delete()
        except SendError as error:
            if error.code == _NOT_THERE:
                return True
            if error.code == _NOT_COMPLETE:
                return False
            raise
        return True

    def received_since(self, since: datetime) -> Sequence[Listed]:
        """See `Channel`. Twilio filters by day, so more is read than is given back, and all pages of it."""
        earliest = since.astimezone(UTC).replace(microsecond=0)
        found: dict[str, Listed] = {}
        older = 0
        with _unreadable_is_unknown():
            day = earliest.replace(hour=0, minute=0, second=0)
            for message in self.client.messages.stream(to=self._sender, date_sent_after=day, page_size=_PAGE_SIZE):
                sent_at = message.date_sent or message.date_created
                older = older + 1 if sent_at < earliest else 0
                if older > _SURELY_OLDER:
                    break
                if message.direction == "inbound" and sent_at >= earliest:
                    files = int(message.num_media or 0)
                    found[message.sid] = Listed(message.sid, message.from_, message.body or "", files, sent_at)
        oldest_first = list(found.values())[::-1]
        return sorted(oldest_first, key=lambda listed: listed.sent_at)

    def look_up(self, listed: Listed) -> Received:
        """See `Channel`. Files stand in a list of their own; one that is gone from there is gone for good."""
        files: list[Media] = []
        if listed.files:
            account, _ = self._credentials
            try:
                with _unreadable_is_unknown():
                    for one in self.client.messages(listed.sid).media.list():
                        key = FileKey(account, listed.sid, one.sid)
                        files.append(Media(file_url(self._api_base_url, key), one.content_type or ""))
            except SendError as error:
                if error.outcome is not Outcome.REFUSED:
                    raise
        return from_list(listed, files)

    def file_source(self, key: FileKey) -> Source | None:
        """See `Channel`. A file of another account is none of ours, whatever a webhook says."""
        account, _ = self._credentials
        return Source(file_url(self._api_base_url, key), self._credentials) if key.account == account else None

    async def show_typing(self, sid: str) -> None:
        """See `Channel`. It also marks the customer's message as read, and ends with our answer or after 25 seconds."""
        with _unreadable_is_unknown():
            await self.sender_client.messaging.v2.typing_indicator.create_async(channel="whatsapp", message_id=sid)

    async def close(self) -> None:
        """See `Channel`."""
        self._http.close()
        await self._sending.close()


@contextmanager
def _unreadable_is_unknown() -> Iterator[None]:
    """The SDK stumbles in several ways over an answer that is not in its form; what it answered to may have been done."""
    try:
        yield
    except (TwilioException, AttributeError, LookupError, TypeError, ValueError) as error:
        raise SendError(Outcome.UNKNOWN, detail=f"unreadable answer: {type(error).__name__}") from None
