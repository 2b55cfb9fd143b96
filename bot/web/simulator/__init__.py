"""The simulator: a phone in the browser. It writes through the Twilio stand-in and its signed webhook, never around them.

Part of the demo only. Pages of this machine alone may use it (`guard`).
"""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse

from bot.channels.fake_twilio import FakeTwilio
from bot.web.simulator.endpoints import Endpoints
from bot.web.simulator.guard import require_this_machine
from bot.web.simulator.phones import Phones

#: Who is there at the start: two whose number WhatsApp shows, and one known by a username alone.
_FIRST = [
    ("María Rodríguez", "+57 300 555 0142", ""),
    ("Carlos Andrés Peña", "+57 311 555 0178", ""),
    ("Ferretería El Tornillo", "", "ferreteria.eltornillo"),
]


def create_simulator(fake: FakeTwilio, clock_now: Callable[[], datetime]) -> APIRouter:
    """The page and all it calls, to be included under a prefix (`/simulador`). `clock_now` is the product's clock, aware.

    If `app.state.stopping` is an `asyncio.Event`, its streams end when that is set: a server that shuts down would
    otherwise wait for the open pages.
    """
    phones = Phones(fake)
    for first in _FIRST:
        phones.add(*first)
    endpoints = Endpoints(phones, clock_now)
    router = APIRouter(dependencies=[Depends(require_this_machine)], include_in_schema=False)
    router.get("", name="simulator")(endpoints.page)
    router.get("/simulator.css")(endpoints.style)
    router.get("/simulator.js")(endpoints.script)
    router.get("/events", response_class=EventSourceResponse)(endpoints.events)
    router.get("/media/{key}")(endpoints.file)
    router.post("/media")(endpoints.keep_file)
    router.post("/phones")(endpoints.add_phone)
    router.post("/messages")(endpoints.say)
    router.post("/faults")(endpoints.change_fault)
    return router
