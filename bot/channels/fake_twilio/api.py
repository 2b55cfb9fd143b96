"""The REST calls that Twilio's own client makes, answered from the ledger. Refusals come as Twilio's errors.

Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

import asyncio
import base64
import itertools
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.channels.fake_twilio.account import Account
from bot.channels.fake_twilio.callbacks import Callbacks
from bot.channels.fake_twilio.faults import Dice, HangUp
from bot.channels.fake_twilio.ledger import Direction, Ledger, Record
from bot.channels.fake_twilio.payloads import API_VERSION, REFUSALS, media_list_json, message_json, refusal
from bot.channels.text import utf16_units
from bot.engine.inputs import Media

#: Longest body, in UTF-16 units.
LONGEST_BODY = 1600
_PAGE = 50
_MOST_MEDIA = 10
#: A message that stands here cannot be deleted yet.
_ON_THE_WAY = ("queued", "sent")
_ADDRESS = re.compile(r"whatsapp:(\+[1-9][0-9]{6,14}|[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128})")

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Api:
    """The endpoints and what they work on."""

    account: Account
    ledger: Ledger
    dice: Dice
    callbacks: Callbacks

    def application(self) -> Starlette:
        """Everything as an ASGI application."""
        messages = f"/{API_VERSION}/Accounts/{{account}}/Messages"
        return Starlette(
            routes=[
                Route(f"{messages}.json", self._guarded(self.send), methods=["POST"]),
                Route(f"{messages}.json", self._guarded(self.listing), methods=["GET"]),
                Route(f"{messages}/{{sid}}.json", self._guarded(self.message), methods=["GET"]),
                Route(f"{messages}/{{sid}}.json", self._guarded(self.delete), methods=["DELETE"]),
                Route(f"{messages}/{{sid}}/Media.json", self._guarded(self.files), methods=["GET"]),
                Route(f"{messages}/{{sid}}/Media/{{media}}", self._guarded(self.file), methods=["GET"]),
                Route("/cdn/{media}", self.content, methods=["GET"]),
                Route("/v2/Indicators/Typing.json", self._guarded(self.typing), methods=["POST"]),
            ],
            exception_handlers={404: _not_found, 405: _not_found},
        )

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            if not self._is_authorized(request.headers.get("Authorization", "")):
                return _refused(20003)
            if request.path_params.get("account", self.account.sid) != self.account.sid:
                return _refused(20404)
            return await endpoint(request)

        return answer

    def _is_authorized(self, header: str) -> bool:
        scheme, _, encoded = header.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        expected = f"{self.account.sid}:{self.account.auth_token}".encode()
        return scheme.lower() == "basic" and secrets.compare_digest(given, expected)

    async def send(self, request: Request) -> Response:
        """Accept a message, or refuse it, or do one of the things that `Faults` describes."""
        for fault, answer in (
            ("too_many_requests", _refused(20429)),
            ("reset_before", HangUp()),
            ("error_before", _refused(20500)),
        ):
            if self.dice.strikes(fault):
                return answer
        async with request.form() as form:
            wanted = {name: value for name, value in form.items() if isinstance(value, str)}
            media = [value for value in form.getlist("MediaUrl") if isinstance(value, str)]
        if code := self._objection(wanted, media):
            return _refused(code)
        record = self._accept(wanted, media)
        if self.dice.strikes("early_callbacks"):
            await self.callbacks.run(record)
        else:
            self.callbacks.start(record)
        if self.dice.strikes("slow"):
            await asyncio.sleep(self.dice.faults.slow_seconds)
        for fault, answer in (
            ("reset_after", HangUp()),
            ("error_after", _refused(20500)),
            ("garbage_after", Response("<html>", 201, media_type="application/json")),
        ):
            if self.dice.strikes(fault):
                return answer
        return JSONResponse(message_json(self.account.sid, record), 201)

    def _objection(self, wanted: dict[str, str], media: list[str]) -> int | None:
        """The error with which this message is refused, if any."""
        recipient, sender, body, template = (wanted.get(name, "") for name in ("To", "From", "Body", "ContentSid"))
        objections = {
            21604: not recipient,
            21211: not _ADDRESS.fullmatch(recipient),
            21603: not sender,
            21606: sender != self.account.sender,
            21609: not _is_web_address(wanted.get("StatusCallback", "https://unasked")),
            21655: bool(template) and template not in self.account.templates,
            21619: not body and not media and not template,
            21623: len(media) > _MOST_MEDIA,
            21620: not all(map(_is_web_address, media)),
            21617: utf16_units(body) > LONGEST_BODY,
        }
        return next((code for code, applies in objections.items() if applies), None)

    def _accept(self, wanted: dict[str, str], media: list[str]) -> Record:
        template = wanted.get("ContentSid", "")
        record = Record(
            direction=Direction.OUTBOUND,
            sid=f"SM{secrets.token_hex(16)}",
            address=self.ledger.one_address(wanted["To"]),
            from_=wanted["From"],
            to=wanted["To"],
            body=self.account.templates[template] if template else wanted.get("Body", ""),
            media=tuple(Media(url, "") for url in media),
            status="queued",
            error_code=None,
            at=self.account.now(),
            status_callback=wanted.get("StatusCallback", ""),
            is_template=bool(template),
        )
        self.ledger.add(record)
        return record

    async def listing(self, request: Request) -> Response:
        """One page of messages, newest first."""
        query = request.query_params
        if self.dice.strikes("listing_error"):
            return _refused(20500)
        if self.dice.strikes("listing_refused"):
            return _refused(20003)
        size_text, page_text = query.get("PageSize", str(_PAGE)), query.get("Page", "0")
        if not size_text.isdecimal() or not page_text.isdecimal():
            return _refused(20001)
        size, page = min(max(int(size_text), 1), self.account.largest_page), int(page_text)
        customer = query.get("From") if query.get("To", self.account.sender) == self.account.sender else query["To"]
        records = self.ledger.conversation(customer) if customer else self.ledger.records()
        newest_first: Iterator[Record] = reversed(records)
        # The token names the last message of the page before: what arrives meanwhile shifts nothing.
        last = query.get("PageToken", "").removeprefix("PA")
        if self.ledger.find(last) is not None:
            newest_first = itertools.islice(itertools.dropwhile(lambda record: record.sid != last, newest_first), 1, None)
        listed = (record for record in newest_first if self._is_listed(record, query))
        shown = list(itertools.islice(listed, size))
        has_more = next(listed, None) is not None
        path = request.url.path
        kept = {name: value for name, value in query.items() if name not in {"Page", "PageToken", "PageSize"}}
        first = kept | {"PageSize": str(size), "Page": "0"}
        after = first | {"Page": str(page + 1), "PageToken": f"PA{shown[-1].sid}"} if shown else {}
        return JSONResponse(
            {
                "messages": [message_json(self.account.sid, record) for record in shown],
                "first_page_uri": f"{path}?{urlencode(first)}",
                "next_page_uri": f"{path}?{urlencode(after)}" if has_more else None,
                "previous_page_uri": None,
                "uri": f"{path}?{request.url.query}",
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(shown) - 1, 0),
            }
        )

    def _is_listed(self, record: Record, query: QueryParams) -> bool:
        stale = self.dice.faults.stale_listing
        if stale and (self.account.now() - record.at).total_seconds() < stale:
            return False
        if query.get("To", record.to) != record.to or query.get("From", record.from_) != record.from_:
            return False
        # Days only, as Twilio compares them. What was not sent yet has no day and matches none.
        day = record.sent_at.date().isoformat() if record.sent_at else None
        on, until, since = (query.get(name, "")[:10] for name in ("DateSent", "DateSent<", "DateSent>"))
        if day is None:
            return not (on or until or since)
        return on in {"", day} and (not until or day <= until) and since <= day

    async def message(self, request: Request) -> Response:
        """One message."""
        record = self.ledger.find(request.path_params["sid"])
        return JSONResponse(message_json(self.account.sid, record)) if record else _refused(20404)

    async def delete(self, request: Request) -> Response:
        """Delete a message, and with it the files that no other message has. What is still on its way is kept."""
        record = self.ledger.find(request.path_params["sid"])
        if record is None:
            return _refused(20404)
        if self.dice.strikes("deletion_error"):
            return _refused(20500)
        if record.direction is Direction.OUTBOUND and record.status in _ON_THE_WAY:
            return _refused(20009)
        self.ledger.remove(record.sid)
        return Response(status_code=204)

    async def files(self, request: Request) -> Response:
        """Which files came with a message."""
        record = self.ledger.find(request.path_params["sid"])
        if self.dice.strikes("file_list_error"):
            return _refused(20500)
        if record is None or self.dice.strikes("file_list_missing"):
            return _refused(20404)
        return JSONResponse(media_list_json(self.account.sid, record))

    async def file(self, request: Request) -> Response:
        """Where the content of a file lies that the simulated customer sent: at a place that asks for no credentials."""
        media = request.path_params["media"]
        if self.ledger.file(media) is None or self.dice.strikes("file_missing"):
            return _refused(20404)
        if self.dice.strikes("file_error"):
            return _refused(20500)
        return RedirectResponse(request.url.replace(path=f"/cdn/{media}", query=""), 307)

    async def content(self, request: Request) -> Response:
        """The content itself. Twilio's own place for it is another host and signs its addresses."""
        file = self.ledger.file(request.path_params["media"])
        return Response(file.content, media_type=file.content_type) if file else _refused(20404)

    async def typing(self, request: Request) -> Response:
        """Show "typing…" below a message of the customer."""
        async with request.form() as form:
            channel, sid = form.get("channel"), str(form.get("messageId", ""))
        record = self.ledger.find(sid)
        if channel != "whatsapp":
            return _refused(20001)
        if record is None or record.direction is not Direction.INBOUND:
            return _refused(20404)
        self.ledger.start_typing(sid, self.account.now())
        return JSONResponse({"success": True})


def _is_web_address(text: str) -> bool:
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname)


def _refused(code: int) -> Response:
    status, _ = REFUSALS[code]
    return JSONResponse(refusal(code), status)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _refused(20404)
