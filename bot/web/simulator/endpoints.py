"""What the page calls. Refusals name a `problem`, which the page says in words."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from fastapi import HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from fastapi.sse import ServerSentEvent

from bot.channels.fake_twilio import File
from bot.engine.inputs import Location
from bot.web.simulator.guard import PAGE_HEADERS
from bot.web.simulator.orders import FaultChange, Message, NewPhone
from bot.web.simulator.phones import NamedFile, PhoneRefusedError, Phones, Said
from bot.web.simulator.samples import SAMPLES, sample
from bot.web.simulator.stream import states
from bot.web.simulator.view import ALWAYS, FAULT_MEASURES, faults_view

_WEB = Path(__file__).parent.parent
#: WhatsApp takes pictures of at most 5 MB; the simulator takes no larger file of any kind.
_LARGEST_FILE = 5 * 1024 * 1024
_MOST_FILES = 200
#: A file from a customer is looked at, never run.
_FILE_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}


class Endpoints:
    """The page's requests, answered from the phones."""

    def __init__(self, phones: Phones, clock_now: Callable[[], datetime]) -> None:
        self._phones = phones
        self._clock_now = clock_now
        loader = jinja2.FileSystemLoader(_WEB / "templates")
        self._templates = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        phones.files.update({kind: sample(kind) for kind in SAMPLES})

    async def page(self, request: Request) -> HTMLResponse:
        """The page. What it shows comes by `events`."""
        template = self._templates.get_template("simulator/page.html")
        html = template.render(root=request.url.path, measures=FAULT_MEASURES)
        return HTMLResponse(html, headers=PAGE_HEADERS)

    async def style(self) -> FileResponse:
        """The style sheet."""
        return FileResponse(_WEB / "static" / "simulator.css", headers={"Cache-Control": "no-cache"})

    async def script(self) -> FileResponse:
        """The script."""
        path = _WEB / "static" / "simulator.js"
        return FileResponse(path, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def events(self, request: Request, open: str = "") -> AsyncIterator[ServerSentEvent]:  # noqa: A002 (the query's name)
        """Everything now, then what changes. `open` is the address of the phone that is being looked at."""
        stopping = getattr(request.app.state, "stopping", None) or asyncio.Event()
        async for state in states(self._phones, self._clock_now, open, stopping):
            yield ServerSentEvent(event="state", data=state, retry=1000)

    async def add_phone(self, order: NewPhone) -> JSONResponse:
        """Add a customer; answers with the address."""
        try:
            phone = self._phones.add(order.profile_name, order.phone)
        except PhoneRefusedError as error:
            return JSONResponse({"problem": error.problem}, 409 if error.problem == "exists" else 422)
        return JSONResponse({"address": phone.address}, 201)

    async def say(self, order: Message) -> dict[str, int]:
        """Send a message; answers, once the webhook has, with its HTTP status (0: it did not answer)."""
        if order.address not in self._phones.by_address or order.media not in {"", *self._phones.files}:
            raise HTTPException(404)
        location = Location(**order.location.model_dump()) if order.location else None
        said = Said(order.kind, order.text, order.choice, order.media, location, order.times)
        return {"status": await self._phones.say(order.address, said)}

    async def keep_file(self, request: Request, name: str = "") -> JSONResponse:
        """Keep the posted file, to be sent by its `id`."""
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > _LARGEST_FILE:
                return JSONResponse({"problem": "large"}, 413)
        if not content or len(self._phones.files) >= _MOST_FILES:
            return JSONResponse({"problem": "file"}, 422)
        key = secrets.token_urlsafe(12)
        content_type = request.headers.get("content-type", "application/octet-stream")
        self._phones.files[key] = NamedFile(name[:200], File(content_type, bytes(content)))
        return JSONResponse({"id": key}, 201)

    async def file(self, key: str) -> Response:
        """A file for the page to show."""
        sent = self._phones.files.get(key)
        file = sent.file if sent else self._phones.fake.file(key)
        if file is None:
            raise HTTPException(404)
        return Response(file.content, media_type=file.content_type, headers=_FILE_HEADERS)

    async def change_fault(self, order: FaultChange) -> dict[str, float | str]:
        """Set one fault; all counts begin anew. Answers with all faults."""
        fake = self._phones.fake
        if order.name not in faults_view(fake.faults):
            raise HTTPException(404)
        changes: dict[str, Any] = {order.name: _often(order)}
        fake.faults = replace(fake.faults, **changes)
        self._phones.changed()
        return faults_view(fake.faults)


def _often(order: FaultChange) -> float:
    """The stand-in tells a count from a probability by the type: 2 is twice, 1.0 is always."""
    if order.value == ALWAYS:
        return 1.0
    return float(order.value) if order.name in FAULT_MEASURES else int(order.value)
