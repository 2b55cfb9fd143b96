"""Tickets as a file for a spreadsheet: asked for here, written in the background, fetched when it is whole.

What is asked for stands in the address as the list has it, so the list's link leads here with its filters. An export belongs to
who asked for it; that it was asked for, and that its file was fetched, is on the trail first.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from bot.agents import accounts
from bot.agents.sessions import Session
from bot.agents.trail import Action, Deed, record
from bot.engine.nodes.ask import Ask
from bot.tickets import exports
from bot.tickets.exporting import Wanted, Words, takes, without_shown
from bot.tickets.exports import Export, State
from bot.tickets.filters import FILTERS
from bot.tickets.spreadsheets import FORMATS, MOST_ROWS
from bot.web.console.context import console_of
from bot.web.console.guard import FormNeeded, SessionNeeded, client_address
from bot.web.console.pages import ZONE, local, page, root, words

router = APIRouter()
_REFRESH_SECONDS = 3
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/exportaciones")
async def show_form(request: Request, session: SessionNeeded) -> Response:
    """What is to be exported, as the address says (the list's filters, `buscar`, `desde`, `hasta`), and what was lately."""
    return await _form(request, session, _wanted(session, request.query_params))


@router.post("/exportaciones")
async def ask_for(request: Request, form: FormNeeded) -> Response:
    """Ask for an export. With days that make no sense, or too many unfinished ones, the form is shown again (409)."""
    wanted, kind = _wanted(form.session, form.fields), form.fields.get("formato", "")
    if kind not in FORMATS:
        raise HTTPException(400)
    if not takes(wanted, ZONE):
        return await _form(request, form.session, wanted, refused="period")
    runtime = console_of(request).runtime
    what = {
        "format": kind,
        "filters": {**wanted.filters},
        "first": wanted.first,
        "last": wanted.last,
        "search": bool(wanted.words),
    }
    deed = Deed(Action.TICKETS_EXPORTED, "", form.session.agent_id, client_address(request), what)
    now = runtime.clock.now()

    def job(connection: Connection) -> str | None:
        identity = exports.ask_for(connection, wanted, _words(request, connection), kind, now)
        if identity is not None:
            record(connection, deed, now)
        return identity

    identity = await runtime.database.write(job)
    if identity is None:
        return await _form(request, form.session, wanted, refused="many")
    return RedirectResponse(f"{root(request)}/exportaciones/{identity}", status_code=303)


@router.get("/exportaciones/{export}")
async def show_export(request: Request, session: SessionNeeded, export: str) -> Response:
    """How far it is; the way to its file once there is one. Until then the page comes again by itself, without a script too."""
    found = await _found(request, session, export)
    answer = page(request, "export.html", session=session, export=found, most_rows=MOST_ROWS, kept=exports.KEPT)
    if found.is_unfinished:
        answer.headers["Refresh"] = str(_REFRESH_SECONDS)
    return answer


@router.get("/exportaciones/{export}/archivo")
async def fetch(request: Request, session: SessionNeeded, export: str) -> Response:
    """The file. 404 when it is not whole yet, or its time is over."""
    found, runtime = await _found(request, session, export), console_of(request).runtime
    now, path = runtime.clock.now(), runtime.settings.exports_folder / f"{found.id}.{found.format}"
    if found.state is not State.DONE or found.expires_at is None or found.expires_at <= now or not path.is_file():
        raise HTTPException(404)
    deed = Deed(Action.EXPORT_FETCHED, found.id, session.agent_id, client_address(request), {"format": found.format})
    await runtime.database.write(lambda connection: record(connection, deed, now))
    name = f"solicitudes-{local(found.created_at):%Y-%m-%d-%H%M}.{found.format}"
    if (keyring := runtime.database.keyring) is None:
        return FileResponse(path, media_type=_TYPES[found.format], filename=name)
    content = keyring.open_file(path.name, await asyncio.to_thread(path.read_bytes))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_TYPES[found.format], headers=headers)


async def _found(request: Request, session: Session, export: str) -> Export:
    found = await console_of(request).runtime.database.read(partial(exports.find, identity=export, agent=session.username))
    if found is None:
        raise HTTPException(404)
    return found


async def _form(request: Request, session: Session, wanted: Wanted, refused: str = "") -> Response:
    of_agent = await console_of(request).runtime.database.read(partial(exports.of_agent, agent=session.username))
    return page(
        request,
        "exports.html",
        status=409 if refused else 200,
        session=session,
        wanted=wanted,
        refused=refused or ("" if takes(wanted, ZONE) else "period"),
        formats=list(FORMATS),
        exports=of_agent,
        most_rows=MOST_ROWS,
        most_unfinished=exports.MOST_UNFINISHED,
        kept=exports.KEPT,
        cases={name: case.label for name, case in console_of(request).runtime.flow.cases.items()},
    )


def _wanted(session: Session, given: Mapping[str, str]) -> Wanted:
    """What the address or the form asks for; a filter that makes no sense is left out, as there is no such ticket."""
    filters = {name: given[name] for name in FILTERS if name in given and FILTERS[name].takes(given[name])}
    searched = given.get("buscar", "").replace("\0", "")
    return Wanted(session.username, filters, searched, given.get("desde", ""), given.get("hasta", ""))


def _words(request: Request, connection: Connection) -> Words:
    flow = console_of(request).runtime.flow
    names = {
        "status": words(request, "statuses"),
        "case": {name: case.label for name, case in flow.cases.items()},
        "assignee": {agent.username: agent.name for agent in accounts.listed(connection)},
    }
    asked = {node.field: node.label for node in flow.nodes.values() if isinstance(node, Ask)}
    return Words(words(request, "columns"), names, without_shown(asked), sheet=str(words(request, "sheet")))
