"""Twilio's webhooks: what a customer wrote, and how far our messages got. Checked, masked, written down, answered.

Answered 200 only once it is durable; the turn runs afterwards. Whatever could not be written down is a 503, so that
Twilio tries again or turns to the fallback address. The answer is always the empty `<Response/>`: replies go by REST,
and anything else in the body would reach the customer as a message.
"""

import asyncio
import logging
from functools import partial
from time import perf_counter
from urllib.parse import parse_qsl, unquote_plus

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import ImmutableMultiDict
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import metrics
from bot.account import STATUS_PATH
from bot.channels.base import Parameters
from bot.conversations.inbox import record_message
from bot.conversations.pace import Pace
from bot.coordination.base import Change
from bot.messages import delivery
from bot.runtime import Runtime

_log = logging.getLogger(__name__)
MESSAGES_PATH = "/webhooks/twilio/messages"
_KINDS = {MESSAGES_PATH: "message", STATUS_PATH: "status"}
_NOTHING_TO_SAY = b"<Response/>"
_LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 1000
_MOST_HEADERS = 100
_LONGEST_NUMBER = 10
#: Twilio posts a few kilobytes at once: who takes longer is somebody else, or holds the connection on purpose.
_BODY_SECONDS = 5.0
#: Below the 2 s within which a store that is down must have been answered for, and far below Twilio's 15 s.
_STORE_SECONDS = 1.5


class Webhooks:
    """Answers Twilio's two addresses and passes on what goes anywhere else. Stands before the web application: the hot path."""

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        """`app` is the rest of the web application."""
        self._app = app
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI asks for."""
        if scope["type"] != "http" or scope["path"] not in _KINDS:
            await self._app(scope, receive, send)
            return
        begun = perf_counter()
        status = await _answered(scope, receive, self._runtime)
        metrics.WEBHOOK_SECONDS.labels(_KINDS[scope["path"]], status).observe(perf_counter() - begun)
        # The answer is always empty: replies go by REST, and anything else in the body would reach the customer.
        body = _NOTHING_TO_SAY if status == 200 else b""
        headers = [(b"content-length", b"%d" % len(body))]
        if status == 200:
            headers.append((b"content-type", b"text/xml; charset=utf-8"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _answered(scope: Scope, receive: Receive, runtime: Runtime) -> int:
    """The HTTP status that a webhook is answered with, once what it told is durable."""
    if scope["method"] != "POST":
        return 405
    headers = dict(scope["headers"])
    if len(scope["headers"]) > _MOST_HEADERS:
        return 431
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await _read_capped(headers.get(b"content-length", b"0"), receive)
    except TimeoutError:
        return 408
    if body is None:
        return 413
    try:
        # Twilio signs blank values and repeated names too: all of them are kept.
        pairs = pairs_of(body.decode("utf-8", "replace"))
    except ValueError:
        return 400
    parameters: Parameters = ImmutableMultiDict(pairs)
    query = scope["query_string"].decode("latin-1")
    if not _is_signed(scope["path"], query, parameters, headers.get(b"x-twilio-signature", b""), runtime):
        return 403
    if scope["path"] == MESSAGES_PATH:
        return await _take_message(parameters, runtime)
    return await _take_status(parameters, ImmutableMultiDict(parse_qsl(query, keep_blank_values=True)), runtime)


def pairs_of(form: str) -> list[tuple[str, str]]:
    """What `parse_qsl` makes of a form with blank values kept, in a third of its time. Raises ValueError for too many fields."""
    fields = form.split("&")
    if len(fields) > _MOST_FIELDS:
        raise ValueError("too many fields")
    parts = (field.partition("=") for field in fields if field)
    return [(_plain(name), _plain(value)) for name, _, value in parts]


def _plain(part: str) -> str:
    """Most names and many values are written as they are."""
    return unquote_plus(part) if "%" in part or "+" in part else part


def _is_signed(path: str, query: str, parameters: Parameters, signature: bytes, runtime: Runtime) -> bool:
    """Whether the provider signed exactly these parameters, for exactly this address."""
    # The address that Twilio was told, not the Host header: proxies rewrite it, and anybody can.
    url = runtime.settings.public_url.rstrip("/") + path + (f"?{query}" if query else "")
    try:
        return runtime.channel.verify(url, parameters, signature.decode("latin-1"))
    except Exception as error:  # noqa: BLE001 (whatever breaks the check, it did not succeed)
        _log.warning("a signature could not be checked: %s", type(error).__name__)
        return False


async def _read_capped(announced: bytes, receive: Receive) -> bytes | None:
    """The body, or None if it is larger than any webhook is; no more than that is ever held."""
    # Python reads no number of more than 4,300 digits.
    if not announced.isdigit() or len(announced) > _LONGEST_NUMBER or int(announced) > _LARGEST_BODY:
        return None
    body = bytearray()
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            return None
        body += part.get("body", b"")
        if len(body) > _LARGEST_BODY:
            return None
        if not part.get("more_body", False):
            return bytes(body)


async def _take_message(parameters: Parameters, runtime: Runtime) -> int:
    try:
        received = runtime.channel.parse_message(parameters)
    except ValueError as error:
        _log.warning("a signed webhook names no message or no sender: %s", type(error).__name__)
        return 400
    pace = Pace(runtime.settings.overload.customer_per_minute)
    job = partial(record_message, received=received, flow=runtime.flow, now=runtime.clock.now(), pace=pace)
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            is_new = await runtime.database.write(job)
    except (SQLAlchemyError, TimeoutError) as error:
        _log.error("a message could not be stored: %s", type(error).__name__)
        return 503
    if is_new:
        await runtime.coordination.wake("inbox")
    else:
        metrics.DUPLICATES.inc()
    return 200


async def _take_status(parameters: Parameters, query: Parameters, runtime: Runtime) -> int:
    report = runtime.channel.parse_status(parameters, query)
    if report is None:
        return 200
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            moved = await runtime.database.write(partial(delivery.record, report=report, now=runtime.clock.now()))
    except (SQLAlchemyError, TimeoutError) as error:
        _log.error("a delivery status could not be stored: %s", type(error).__name__)
        return 503
    if moved:
        await runtime.coordination.wake("outbox")
        await runtime.coordination.publish(Change(moved))
    return 200
