"""What an agent does with a ticket: take it, hand it on, resolve it, note. Plain forms, answered by 303.

Whatever cannot be done is told on the ticket's page, as it stands now, with status 409: two agents cannot both win.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import accounts
from bot.agents.sessions import Session
from bot.agents.trail import Action, Deed, record
from bot.channels.text import clean
from bot.conversations import desk
from bot.conversations.desk import Desk, HeldError, NotFailedError, NotYoursError, UnresolvedError, WindowClosedError
from bot.coordination.base import Change
from bot.runtime import rules_of
from bot.tickets import queries
from bot.tickets.lifecycle import NotAllowedError
from bot.tickets.service import TicketChangedError, UnknownTicketError
from bot.web.console.box import LONGEST_REPLY
from bot.web.console.context import console_of
from bot.web.console.guard import FormNeeded, client_address
from bot.web.console.pages import root
from bot.web.console.tickets import Refused, ticket_page

router = APIRouter()
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_VERSION = re.compile(r"[0-9]{1,9}", re.ASCII)
_MESSAGE = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
#: Why something was not done: the name of its sentence in words.html.
_REFUSALS: dict[type[Exception], str] = {
    TicketChangedError: "changed",
    NotAllowedError: "changed",
    NotYoursError: "not_yours",
    WindowClosedError: "window_closed",
    NotFailedError: "not_failed",
    UnresolvedError: "unresolved",
}


async def known_number(request: Request, form: FormNeeded, number: str) -> str:
    """The number in the address, if there is such a ticket; whatever the form says, there is no page otherwise."""
    del form  # only so that nothing is looked up for somebody who may not ask
    return await known(request, number)


async def known(request: Request, number: str) -> str:
    """The number, if there is such a ticket. Raises HTTPException."""
    if await console_of(request).runtime.database.read(partial(queries.ticket, number=number)) is None:
        raise HTTPException(404)
    return number


def readable_version(fields: Mapping[str, str]) -> int:
    """The version of the ticket that the agent saw. Raises HTTPException."""
    seen = fields.get("version", "")
    if not _VERSION.fullmatch(seen):
        raise HTTPException(400)
    return int(seen)


def readable_key(fields: Mapping[str, str]) -> str:
    """The key that makes a form count once, as our pages make them. Raises HTTPException."""
    key = fields.get("key", "")
    if not _KEY.fullmatch(key):
        raise HTTPException(400)
    return key


KnownNumber = Annotated[str, Depends(known_number)]


@router.post("/solicitudes/{number}/mover")
async def move(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Move a ticket by `trigger`, as it was seen in `version`."""
    trigger, seen = form.fields.get("trigger", ""), readable_version(form.fields)
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), {"trigger": trigger})
    job = partial(desk.act, number=number, trigger=trigger, seen=seen)
    return await carry_out(request, form.session, job, deed)


@router.post("/solicitudes/{number}/conversacion")
async def talk(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Take the conversation for a ticket that is the agent's already."""
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), {"trigger": "talk"})
    return await carry_out(request, form.session, partial(desk.talk, number=number), deed)


@router.post("/solicitudes/{number}/transferir")
async def transfer(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Give a ticket to the agent `to`, as it was seen in `version`."""
    to, seen = form.fields.get("to", ""), readable_version(form.fields)
    everybody = await console_of(request).runtime.database.read(accounts.listed)
    name = next((agent.name for agent in everybody if agent.username == to and agent.disabled_at is None), "")
    if not name:
        raise HTTPException(400)
    data = {"trigger": "transfer", "to": to}
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), data)
    job = partial(desk.transfer, number=number, to=to, name=name, seen=seen)
    return await carry_out(request, form.session, job, deed)


@router.post("/solicitudes/{number}/notas")
async def note(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Write an internal note. The same form sent twice is one note."""
    text, key = clean(form.fields.get("note", "")).strip(), readable_key(form.fields)
    if not text or len(text) > LONGEST_REPLY:
        return await ticket_page(request, form.session, number, refused=Refused("note_unfit", note=text))
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), {"trigger": "note"})
    job = partial(desk.note, number=number, text=text, key=f"{form.session.username}:{key}")
    return await carry_out(request, form.session, job, deed, place="notas")


@router.post("/solicitudes/{number}/reintentar")
async def retry(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Send a failed message once more."""
    message = form.fields.get("message", "")
    if not _MESSAGE.fullmatch(message):
        raise HTTPException(400)
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), {"trigger": "retry"})
    return await carry_out(request, form.session, partial(desk.retry, number=number, message=message), deed)


async def carry_out(
    request: Request,
    session: Session,
    job: Callable[[Desk], object],
    deed: Deed,
    *,
    typed: str = "",
    place: str = "responder",
) -> Response:
    """Do it in one transaction with its line on the trail, and go back to the ticket; or tell on its page why not."""
    runtime = console_of(request).runtime
    now, number = runtime.clock.now(), deed.about
    rules = rules_of(runtime.settings, runtime.flow)

    def work(connection: Connection) -> str:
        job(Desk(connection, rules, session.username, session.name, now))
        record(connection, deed, now)
        ticket = queries.ticket(connection, number)
        return ticket.conversation_id if ticket else ""

    try:
        changed = await runtime.database.write(work)
    except UnknownTicketError:
        raise HTTPException(404) from None
    except HeldError as held:
        return await ticket_page(request, session, number, refused=Refused("held", held.agent, typed))
    except tuple(_REFUSALS) as refusal:
        return await ticket_page(request, session, number, refused=Refused(_REFUSALS[type(refusal)], text=typed))
    await runtime.coordination.wake("outbox")
    await runtime.coordination.publish(Change(changed))
    return RedirectResponse(f"{root(request)}/solicitudes/{number}#{place}", status_code=303)
