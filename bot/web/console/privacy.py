"""What admins do about one person's data, and what agents do about one message or one case; and how erasures stand.

Reading, exporting, erasing and refusing each leave a line on the trail; none of these lines names the person.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents.sessions import Session
from bot.agents.trail import Action, Deed, record
from bot.channels.text import clean
from bot.coordination.base import Change
from bot.housekeeping import place_of
from bot.messages.queries import conversation_of
from bot.privacy import people
from bot.privacy.erase import Order, erase
from bot.privacy.export import as_html, as_json, export
from bot.privacy.hide import Hiding, hide
from bot.privacy.people import Person
from bot.privacy.tables import Reason, erasures, retention_runs
from bot.tickets import queries, rights
from bot.web.console.context import console_of
from bot.web.console.desk import KnownNumber
from bot.web.console.guard import FormNeeded, SessionNeeded, client_address
from bot.web.console.pages import page, root
from bot.web.console.tickets import Refused, ticket_page

router = APIRouter()
_MOST_ERASURES = 50
_LONGEST_REASON = 1000
_MESSAGE = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class _Told:
    """What the page of a person says besides: a name in `problems` of its template, or what was done; and what was typed."""

    problem: str = ""
    done: str = ""
    reason: str = ""


async def known_person(request: Request, contact: str) -> Person:
    """The person in the address. Raises 404 if there is none (any more)."""
    found = await console_of(request).runtime.database.read(partial(people.person, contact_id=contact))
    if found is None:
        raise HTTPException(404)
    return found


KnownPerson = Annotated[Person, Depends(known_person)]


@router.get("/privacidad")
async def show_erasures(request: Request, session: SessionNeeded) -> Response:
    """The latest erasures, how far they got, and what the last night's retention did."""

    def job(connection: Connection) -> tuple[list[Any], Any]:
        latest = sa.select(erasures).order_by(erasures.c.at.desc()).limit(_MOST_ERASURES)
        night = sa.select(retention_runs).order_by(retention_runs.c.day.desc()).limit(1)
        return list(connection.execute(latest).all()), connection.execute(night).first()

    rows, night = await console_of(request).runtime.database.read(job)
    return page(request, "privacy.html", session=session, erasures=rows, night=night)


@router.get("/clientes/{contact}")
async def show_person(request: Request, session: SessionNeeded, contact: str, hecho: str = "") -> Response:
    """What there is of a person. `hecho`: what was just done."""
    found = await known_person(request, contact)
    await _note(request, session, Action.PERSON_READ, found.id)
    return _person_page(request, session, found, _Told(done=hecho))


@router.get("/clientes/{contact}/datos.json")
async def export_json(request: Request, session: SessionNeeded, contact: str) -> Response:
    """All of it, for programs."""
    return _download(as_json(await _export(request, session, contact)), "application/json", "datos.json")


@router.get("/clientes/{contact}/datos.html")
async def export_html(request: Request, session: SessionNeeded, contact: str) -> Response:
    """The same as a page. Only ever a download: its texts are a customer's."""
    return _download(as_html(await _export(request, session, contact)), "text/html; charset=utf-8", "datos.html")


@router.post("/clientes/{contact}/eliminar")
async def erase_person(request: Request, form: FormNeeded, contact: str) -> Response:
    """Erase a person everywhere, if what names them was typed."""
    found = await known_person(request, contact)
    if form.fields.get("confirm", "").strip() != found.confirmation:
        return _person_page(request, form.session, found, _Told("confirm"), status=422)
    runtime = console_of(request).runtime
    now, place = runtime.clock.now(), place_of(runtime.settings)
    order = Order((found.id,), Reason.ASKED, form.session.username)

    def job(connection: Connection) -> None:
        identity = erase(connection, order, place, now)
        if identity is not None:
            deed = Deed(Action.PERSON_ERASED, identity, form.session.agent_id, client_address(request))
            record(connection, deed, now)

    await runtime.database.write(job)
    return RedirectResponse(f"{root(request)}/privacidad", status_code=303)


@router.post("/clientes/{contact}/negar")
async def refuse_erasure(request: Request, form: FormNeeded, contact: str) -> Response:
    """Write down that a person is not erased, and why."""
    found, reason = await known_person(request, contact), clean(form.fields.get("reason", "")).strip()
    if not reason or len(reason) > _LONGEST_REASON:
        return _person_page(request, form.session, found, _Told("reason", reason=reason), status=422)
    runtime = console_of(request).runtime
    now = runtime.clock.now()

    def job(connection: Connection) -> None:
        people.refuse(connection, found.id, reason, form.session.username, now)
        record(connection, Deed(Action.ERASURE_REFUSED, found.id, form.session.agent_id, client_address(request)), now)

    await runtime.database.write(job)
    return RedirectResponse(f"{root(request)}/clientes/{found.id}?hecho=negada", status_code=303)


@router.post("/solicitudes/{number}/ocultar")
async def hide_message(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Hide a message of the ticket's conversation, or the `part` of it that was typed."""
    message, part = form.fields.get("message", ""), clean(form.fields.get("part", "")).strip()
    if not _MESSAGE.fullmatch(message):
        raise HTTPException(400)
    runtime = console_of(request).runtime
    now, mask = runtime.clock.now(), runtime.flow.vocabulary.secrets.mask

    def job(connection: Connection) -> str | None:
        ticket = queries.ticket(connection, number)
        if ticket is None or conversation_of(connection, message) != ticket.conversation_id:
            raise HTTPException(404)
        parts = (part,) if part else ()
        hiding = Hiding(message, ticket.conversation_id, mask, parts, form.session.username)
        if not hide(connection, hiding, now):
            return None
        deed = Deed(Action.MESSAGE_HIDDEN, number, form.session.agent_id, client_address(request), {"message": message})
        record(connection, deed, now)
        return ticket.conversation_id

    try:
        changed = await runtime.database.write(job)
    except sa.exc.NoResultFound:
        raise HTTPException(404) from None
    if changed is None:  # somebody hid it before, or the part was not typed as it stands there
        return await ticket_page(request, form.session, number, refused=Refused("not_hidden"))
    await runtime.coordination.publish(Change(changed))
    return RedirectResponse(f"{root(request)}/solicitudes/{number}#mensaje-{message}", status_code=303)


@router.post("/solicitudes/{number}/prorroga")
async def prolong(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Take the time that the law allows on top for a case; the customer has to be told why, by the agent."""
    runtime = console_of(request).runtime
    now = runtime.clock.now()

    def job(connection: Connection) -> None:
        ticket = queries.ticket(connection, number)
        if ticket is not None and rights.prolong(connection, ticket.id, form.session.username, now):
            record(connection, Deed(Action.CASE_PROLONGED, number, form.session.agent_id, client_address(request)), now)

    await runtime.database.write(job)
    return RedirectResponse(f"{root(request)}/solicitudes/{number}", status_code=303)


async def _export(request: Request, session: Session, contact: str) -> dict[str, Any]:
    runtime = console_of(request).runtime
    data = await runtime.database.read(partial(export, contact_id=contact, now=runtime.clock.now()))
    if data is None:
        raise HTTPException(404)
    await _note(request, session, Action.PERSON_EXPORTED, contact)
    return data


async def _note(request: Request, session: Session, action: Action, about: str) -> None:
    """On the trail before anything is shown."""
    runtime = console_of(request).runtime
    deed = Deed(action, about, session.agent_id, client_address(request))
    await runtime.database.write(partial(record, deed=deed, now=runtime.clock.now()))


def _person_page(request: Request, session: Session, found: Person, told: _Told, *, status: int = 200) -> Response:
    return page(request, "customer.html", status=status, session=session, person=found, told=told)


def _download(text: str, content_type: str, name: str) -> Response:
    return Response(text, media_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
