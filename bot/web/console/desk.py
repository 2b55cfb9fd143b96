"""What an agent does with a ticket: take it, let go of it, resolve it, write to its customer. Plain forms, answered by 303.

Whatever cannot be done is told on the ticket's page, as it stands now, with status 409: two agents cannot both win.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents.sessions import Session
from bot.agents.trail import Action, Deed, record
from bot.channels.text import clean
from bot.conversations import desk
from bot.conversations.desk import Desk, HeldError, NotYoursError
from bot.runtime import rules_of
from bot.tickets.lifecycle import NotAllowedError
from bot.tickets.service import TicketChangedError, UnknownTicketError
from bot.web.console.box import LONGEST_REPLY
from bot.web.console.context import console_of
from bot.web.console.guard import FormNeeded
from bot.web.console.login import client_address
from bot.web.console.pages import root
from bot.web.console.tickets import Refused, ticket_page

router = APIRouter()
T = TypeVar("T")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_VERSION = re.compile(r"[0-9]{1,9}", re.ASCII)


@router.post("/solicitudes/{number}/mover")
async def move(request: Request, form: FormNeeded, number: str) -> Response:
    """Move a ticket by `trigger`, as it was seen in `version`."""
    trigger, seen = form.fields.get("trigger", ""), form.fields.get("version", "")
    if not _VERSION.fullmatch(seen):
        raise HTTPException(400)
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), {"trigger": trigger})
    job = partial(desk.act, number=number, trigger=trigger, seen=int(seen))
    return await _done(request, form.session, number, job, deed)


@router.post("/solicitudes/{number}/conversacion")
async def talk(request: Request, form: FormNeeded, number: str) -> Response:
    """Take the conversation for a ticket that is the agent's already."""
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), {"trigger": "talk"})
    return await _done(request, form.session, number, partial(desk.talk, number=number), deed)


@router.post("/solicitudes/{number}/responder")
async def reply(request: Request, form: FormNeeded, number: str) -> Response:
    """Write to the customer. The same form sent twice is one message."""
    text, key = clean(form.fields.get("text", "")).strip(), form.fields.get("key", "")
    if not _KEY.fullmatch(key):
        raise HTTPException(400)
    if not text or len(text) > LONGEST_REPLY:
        why = "reply_too_long" if text else "reply_empty"
        return await ticket_page(request, form.session, number, refused=Refused(why, text=text))
    deed = Deed(Action.CUSTOMER_ANSWERED, number, form.session.agent_id, client_address(request))
    job = partial(desk.reply, number=number, text=text, key=f"{form.session.username}:{key}")
    return await _done(request, form.session, number, job, deed, typed=text)


async def _done(
    request: Request, session: Session, number: str, job: Callable[[Desk], object], deed: Deed, *, typed: str = ""
) -> Response:
    """Do it in one transaction with its line on the trail, and go back to the ticket; or tell on its page why not."""
    runtime = console_of(request).runtime
    now = runtime.clock.now()
    rules = rules_of(runtime.settings, runtime.flow)

    def work(connection: Connection) -> None:
        job(Desk(connection, rules, session.username, session.name, now))
        record(connection, deed, now)

    try:
        await runtime.database.write(work)
    except UnknownTicketError:
        raise HTTPException(404) from None
    except HeldError as held:
        return await ticket_page(request, session, number, refused=Refused("held", held.agent, typed))
    except (TicketChangedError, NotAllowedError):
        return await ticket_page(request, session, number, refused=Refused("changed", text=typed))
    except NotYoursError:
        return await ticket_page(request, session, number, refused=Refused("not_yours", text=typed))
    await runtime.coordination.wake("outbox")
    return RedirectResponse(f"{root(request)}/solicitudes/{number}#responder", status_code=303)
