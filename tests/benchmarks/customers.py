"""Customers for the benchmark of the line: they post signed webhooks, and are answered through a stand-in for Twilio's REST API.

A closed loop: each customer writes the next message once the reply to the last one has come, without a pause. What they
write leads to a ticket. The stand-in accepts everything at once; it is here, and not `bot.channels.fake_twilio`, because it
must not cost more than what it measures.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import httptools

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token-of-nobody"
SENDER = "whatsapp:+573184114466"
PATH = "/webhooks/twilio/messages"
#: What a customer writes, from the greeting to the ticket; `{n}` makes customers differ.
SCRIPT = (
    "hola",
    "1",
    "3",
    "1",
    "acepto",
    "María Pérez",
    "900123456-8",
    "maria{n}@example.com",
    "este",
    "ayer",
    "No puedo entrar al portal de facturas desde ayer en la tarde",
    "no tengo",
    "si",
)
_LAST_REPLY = "SF-"
_PATIENCE = 30.0
_FIRST_NUMBER = 573000000000


@dataclass
class Measured:
    """What came of a run: seconds from each post to its reply, and what went wrong."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    lost: int = 0  #: messages without a reply, or with a wrong one
    refused: int = 0  #: webhooks that were not answered with 200

    def percentile(self, part: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else float("nan")


class RestApi:
    """Accepts whatever is sent, and tells the customer who waits for it."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[str]] = {}
        self.sent = 0

    def accept(self, body: bytes) -> bytes:
        told = parse_qs(body.decode())
        if not told:  # asks what was received meanwhile
            return b'{"messages": [], "next_page_uri": null}'
        if "To" in told:  # else it shows "typing…"
            self.sent += 1
            waits = self.waiting.pop(told["To"][0], None)
            if waits is not None and not waits.done():
                waits.set_result(told.get("Body", [""])[0])
        return json.dumps({"sid": f"SM{self.sent:032x}", "status": "queued", "success": True}).encode()


class _RestConnection(asyncio.Protocol):
    def __init__(self, api: RestApi) -> None:
        self._api = api
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        answer, self._body = self._api.accept(self._body), b""
        status = b"201 Created" if self._parser.get_method() == b"POST" else b"200 OK"
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(answer))
        self._transport.write(head + answer)  # type: ignore[attr-defined]


async def serve(api: RestApi, port: int) -> asyncio.Server:
    """Listen on a port of this machine."""
    return await asyncio.get_running_loop().create_server(lambda: _RestConnection(api), "127.0.0.1", port, backlog=512)


class _Webhooks(asyncio.Protocol):
    """One connection kept open, one post at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._answered.set_result(self._parser.get_status_code())

    def connection_lost(self, error: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_result(0)

    async def post(self, request: bytes) -> int:
        self._parser = httptools.HttpResponseParser(self)
        self._answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.transport.write(request)  # type: ignore[attr-defined]
        return await self._answered


def webhook(port: int, number: int, text: str, sid: str) -> bytes:
    """A message as Twilio posts it, signed."""
    told = {
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ProfileName": f"María {number % 1000}",
        "MessageType": "text",
        "SmsSid": sid,
        "WaId": str(number),
        "SmsStatus": "received",
        "Body": text,
        "To": SENDER,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": {"WaId": str(number)}}}),
        "From": f"whatsapp:+{number}",
        "ApiVersion": "2010-04-01",
    }
    signed = f"http://127.0.0.1:{port}{PATH}" + "".join(name + told[name] for name in sorted(told))
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1)).decode()
    body = urlencode(told).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Twilio-Signature: {signature}\r\n"
        f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def talk(port: int, api: RestApi | None, *, messages: int, at_once: int, first: int) -> Measured:
    """Let `at_once` customers at a time write, about `messages` in all, from the customer number `first` on.

    Without an `api` nobody waits for replies: what is measured then is the answer to the webhook.
    """
    measured = Measured()
    customers = iter(range(first, first + max(at_once, messages // len(SCRIPT))))
    began = time.perf_counter()
    await asyncio.gather(*(_slot(port, api, customers, measured) for _ in range(at_once)))
    measured.seconds = time.perf_counter() - began
    return measured


async def _slot(port: int, api: RestApi | None, customers: Iterator[int], measured: Measured) -> None:
    _, connection = await asyncio.get_running_loop().create_connection(_Webhooks, "127.0.0.1", port)
    for customer in customers:
        for place, text in enumerate(SCRIPT):
            request = webhook(port, _FIRST_NUMBER + customer, text.format(n=customer), f"SM{customer:024x}{place:08x}")
            began = time.perf_counter()
            reply = asyncio.get_running_loop().create_future() if api is not None else None
            if api is not None and reply is not None:
                api.waiting[f"whatsapp:+{_FIRST_NUMBER + customer}"] = reply
            if connection.transport.is_closing():  # the reply took longer than the server keeps a silent connection
                _, connection = await asyncio.get_running_loop().create_connection(_Webhooks, "127.0.0.1", port)
            if await connection.post(request) != 200:
                measured.refused += 1
                return
            if reply is not None and not await _is_answered(reply, is_last=place == len(SCRIPT) - 1):
                measured.lost += 1
                break
            measured.latencies.append(time.perf_counter() - began)
    connection.transport.close()


async def _is_answered(reply: "asyncio.Future[str]", *, is_last: bool) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            return (_LAST_REPLY in await reply) == is_last
    except TimeoutError:
        return False
