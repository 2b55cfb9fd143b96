"""What happens to conversations, as a stream for open pages: a page that is told of a change fetches its block anew.

No session of the database is held while streaming. A stream ends when its login does, when the product ends, and after
ten minutes in any case; browsers come back by themselves.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bot import metrics
from bot.coordination.base import Attendance, Change, Event, Subscription
from bot.web.console.context import Console, console_of
from bot.web.console.guard import SessionNeeded, current_session

router = APIRouter()
_LIFE_SECONDS = 600.0
#: How often a quiet stream asks whether its login still counts.
_BEAT_SECONDS = 10.0
#: What happens within this time is told together: a page need not be fetched for every tick of a message.
_GATHER_SECONDS = 0.3
_RETRY_MILLISECONDS = 1000


@router.get("/vivo", response_class=EventSourceResponse)
async def stream(request: Request, session: SessionNeeded) -> AsyncIterator[ServerSentEvent]:
    """`begun`; then `changed` with conversations where something happened, `present` with tickets where agents come or go."""
    del session
    console = console_of(request)
    clock = asyncio.get_running_loop()
    end = clock.time() + _LIFE_SECONDS
    with console.runtime.coordination.subscribe() as subscription, metrics.LIVE_PAGES.track_inprogress():
        yield ServerSentEvent(event="begun", data=[], retry=_RETRY_MILLISECONDS)
        while (left := end - clock.time()) > 0:
            heard = await _heard(subscription, console, min(left, _BEAT_SECONDS))
            if console.stopping.is_set() or await current_session(request) is None:
                return
            if changed := {event.conversation_id for event in heard if isinstance(event, Change)}:
                yield ServerSentEvent(event="changed", data=sorted(changed))
            if present := {event.place for event in heard if isinstance(event, Attendance)}:
                yield ServerSentEvent(event="present", data=sorted(present))


async def _heard(subscription: Subscription, console: Console, seconds: float) -> set[Event]:
    """What happened; empty after `seconds` without anything, or when the product is to end."""
    following = asyncio.ensure_future(subscription.next(seconds))
    stopping = asyncio.ensure_future(console.stopping.wait())
    try:
        await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
        first = following.result() if following.done() else None
    finally:
        for task in (following, stopping):
            task.cancel()
    heard: set[Event] = set()
    with suppress(TimeoutError):
        async with asyncio.timeout(_GATHER_SECONDS):
            while first is not None:
                heard.add(first)
                first = await subscription.next(_GATHER_SECONDS)
    return heard
