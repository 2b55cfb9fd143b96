"""Twilio's webhooks: what a customer wrote, and how far our messages got. Checked, masked, written down, answered.

Answered 200 only once it is durable; the turn runs afterwards. Whatever could not be written down is a 503, so that
Twilio tries again or turns to the fallback address. The answer is always the empty `<Response/>`: replies go by REST,
and anything else in the body would reach the customer as a message.
"""

import asyncio
import logging
from functools import partial
from time import perf_counter
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot import metrics
from bot.channels.base import Parameters
from bot.conversations.inbox import record_message
from bot.conversations.pace import Pace
from bot.coordination.base import Change
from bot.messages import delivery
from bot.runtime import STATUS_PATH, Runtime

_log = logging.getLogger(__name__)
MESSAGES_PATH = "/webhooks/twilio/messages"
_LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 1000
#: Below the 2 s within which a store that is down must have been answered for, and far below Twilio's 15 s.
_STORE_SECONDS = 1.5


def routes(runtime: Runtime) -> list[Route]:
    """The two webhooks, as plain Starlette routes: this is the hot path."""

    async def message(request: Request) -> Response:
        begun = perf_counter()
        posted = await _verified(request, runtime)
        answer = posted if isinstance(posted, Response) else await _take_message(posted, runtime)
        metrics.WEBHOOK_SECONDS.labels("message", answer.status_code).observe(perf_counter() - begun)
        return answer

    async def status(request: Request) -> Response:
        begun = perf_counter()
        posted = await _verified(request, runtime)
        answer = posted if isinstance(posted, Response) else await _take_status(posted, request.query_params, runtime)
        metrics.WEBHOOK_SECONDS.labels("status", answer.status_code).observe(perf_counter() - begun)
        return answer

    return [Route(MESSAGES_PATH, message, methods=["POST"]), Route(STATUS_PATH, status, methods=["POST"])]


async def _verified(request: Request, runtime: Runtime) -> Parameters | Response:
    """The posted parameters if the provider signed exactly these, else the refusal."""
    body = await _read_capped(request)
    if body is None:
        return Response(status_code=413)
    try:
        # Twilio signs blank values and repeated names too: all of them are kept.
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return Response(status_code=400)
    parameters: Parameters = ImmutableMultiDict(pairs)
    query = request.url.query
    # The address that Twilio was told, not the Host header: proxies rewrite it, and anybody can.
    url = runtime.settings.public_url.rstrip("/") + request.url.path + (f"?{query}" if query else "")
    try:
        is_signed = runtime.channel.verify(url, parameters, request.headers.get("X-Twilio-Signature", ""))
    except Exception as error:  # noqa: BLE001 (whatever breaks the check, it did not succeed)
        _log.warning("a signature could not be checked: %s", type(error).__name__)
        is_signed = False
    return parameters if is_signed else Response(status_code=403)


async def _read_capped(request: Request) -> bytes | None:
    """The body, or None if it is larger than any webhook is; no more than that is ever held."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > _LARGEST_BODY:
        return None
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > _LARGEST_BODY:
                return None
            chunks.append(chunk)
    except ClientDisconnect:
        return None
    return b"".join(chunks)


async def _take_message(parameters: Parameters, runtime: Runtime) -> Response:
    try:
        received = runtime.channel.parse_message(parameters)
    except ValueError as error:
        _log.warning("a signed webhook names no message or no sender: %s", type(error).__name__)
        return Response(status_code=400)
    pace = Pace(runtime.settings.overload.customer_per_minute)
    job = partial(record_message, received=received, flow=runtime.flow, now=runtime.clock.now(), pace=pace)
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            is_new = await runtime.database.write(job)
    except (SQLAlchemyError, TimeoutError) as error:
        _log.error("a message could not be stored: %s", type(error).__name__)
        return Response(status_code=503)
    if is_new:
        await runtime.coordination.wake("inbox")
    else:
        metrics.DUPLICATES.inc()
    return _nothing_to_say()


async def _take_status(parameters: Parameters, query: Parameters, runtime: Runtime) -> Response:
    report = runtime.channel.parse_status(parameters, query)
    if report is None:
        return _nothing_to_say()
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            moved = await runtime.database.write(partial(delivery.record, report=report, now=runtime.clock.now()))
    except (SQLAlchemyError, TimeoutError) as error:
        _log.error("a delivery status could not be stored: %s", type(error).__name__)
        return Response(status_code=503)
    if moved:
        await runtime.coordination.wake("outbox")
        await runtime.coordination.publish(Change(moved))
    return _nothing_to_say()


def _nothing_to_say() -> Response:
    return Response("<Response/>", media_type="text/xml")
