"""Correcting what a customer told of themselves: read by the same types of field as the customer's own answers.

What it was before, who changed it and when stay in the ticket's history; the trail only says which field.
"""

from functools import partial
from typing import assert_never

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents.trail import Action, Deed
from bot.channels.text import clean
from bot.conversations.desk import Desk
from bot.engine.flow import Flow
from bot.tickets import queries
from bot.tickets.queries import Ticket
from bot.tickets.service import DETAIL, Correction, correct
from bot.understanding.fields import TOO_LONG
from bot.understanding.fields.base import Accepted, Context, Refused
from bot.understanding.redaction import redact
from bot.web.console.context import console_of
from bot.web.console.desk import KnownNumber, carry_out, readable_version
from bot.web.console.guard import FormNeeded, client_address
from bot.web.console.pages import root
from bot.web.console.tickets import Refused as NotDone
from bot.web.console.tickets import Unfit, ticket_page

router = APIRouter()
#: Of a field that no question of the flow asks for any more.
_LONGEST = 500


@router.post("/solicitudes/{number}/datos")
async def correct_field(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Put `value` in place of what the field `field` holds, as it was seen in `version`.

    What looks mistyped is asked about first, unless `exact` says that it is meant so.
    """
    runtime = console_of(request).runtime
    name, seen, now = form.fields.get("field", ""), readable_version(form.fields), runtime.clock.now()
    ticket = await runtime.database.read(partial(queries.ticket, number=number))
    before = None if ticket is None else value_of(ticket, name)
    if ticket is None or before is None:
        raise HTTPException(400)
    typed = redact(clean(form.fields.get("value", "")).strip(), runtime.flow.vocabulary.secrets).text
    if typed == before:
        return RedirectResponse(f"{root(request)}/solicitudes/{number}#datos", status_code=303)
    match read := _read(runtime.flow, name, typed, Context(now, ticket.phone)):
        case Refused():
            reason = runtime.flow.refusal(read) if read.reason else ""
            unfit = Unfit(name, typed, reason=reason)
        case Accepted(suggestion=meant) if meant and form.fields.get("exact", "") != read.value:
            unfit = Unfit(name, read.value, meant=meant)
        case Accepted():
            value = runtime.flow.shown(name, read.value)
            deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), _about(name))
            return await carry_out(request, form.session, partial(_correct, number, name, value, seen), deed, place="datos")
        case _:
            assert_never(read)
    return await ticket_page(request, form.session, number, refused=NotDone("field_unfit", unfit=unfit))


def value_of(ticket: Ticket, name: str) -> str | None:
    """What a field of the ticket holds; None if it has no such field."""
    if name == DETAIL:
        return ticket.detail
    return next((field.value for field in ticket.fields if field.name == name), None)


def _read(flow: Flow, name: str, typed: str, context: Context) -> Accepted | Refused:
    question = flow.question(name)
    kind = "detail" if name == DETAIL else question.kind if question else ""
    if kind:
        return flow.vocabulary.fields[kind](typed, context)
    if len(typed) > _LONGEST:
        return Refused(TOO_LONG, {"longest": str(_LONGEST)})
    return Accepted(typed) if typed else Refused("")


def _about(name: str) -> dict[str, str]:
    return {"trigger": "correct", "field": name}


def _correct(number: str, name: str, value: str, seen: int, desk: Desk) -> None:
    correct(desk.connection, number, Correction(name, value, desk.agent), desk.now, seen=seen)
