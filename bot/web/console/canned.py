"""Canned replies: written by supervisors, put by agents into what they write to a customer, where it can still be changed."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents.sessions import Session
from bot.agents.trail import Action, deed_of, record_change
from bot.channels.text import clean
from bot.tickets import canned, drafts, queries
from bot.tickets.canned import Canned, ReplyRefusedError, UnknownReplyError
from bot.web.console.box import LONGEST_REPLY
from bot.web.console.context import console_of
from bot.web.console.desk import known
from bot.web.console.guard import FormNeeded, SentForm, SessionNeeded, author_of
from bot.web.console.pages import page, root
from bot.web.console.tickets import Refused, ticket_page
from bot.web.console.uploads import FormWithFilesNeeded

router = APIRouter()


@router.post("/solicitudes/{number}/insertar")
async def insert_reply(request: Request, form: FormWithFilesNeeded, number: str) -> Response:
    """Put the reply `canned`, filled for this ticket, behind what was typed; kept as the agent's draft, and nothing is sent."""
    await known(request, number)
    runtime, session = console_of(request).runtime, form.session
    typed, shortcut = clean(form.fields.get("text", "")).strip(), form.fields.get("canned", "")
    now = runtime.clock.now()

    def job(connection: Connection) -> str:
        ticket = queries.ticket(connection, number)
        if ticket is None or not shortcut:
            return typed
        reply = canned.filled(canned.known(connection, shortcut), canned.values_of(ticket, session.name))
        text = f"{typed}\n\n{reply.text}".strip()
        if len(text) <= LONGEST_REPLY:
            drafts.keep(connection, number, session.username, text, now)
        return text

    try:
        text = await runtime.database.write(job)
    except UnknownReplyError:
        return await ticket_page(request, session, number, refused=Refused("canned_gone", text=typed))
    if len(text) > LONGEST_REPLY:
        return await ticket_page(request, session, number, refused=Refused("canned_too_long", text=typed))
    if form.files:
        return await ticket_page(request, session, number, refused=Refused("draft_without_files", text=text))
    return RedirectResponse(f"{root(request)}/solicitudes/{number}#responder", status_code=303)


@router.get("/respuestas")
async def show_replies(request: Request, session: SessionNeeded, hecho: str = "") -> Response:
    """All canned replies as they read for a made-up ticket, and the form for a new one. `hecho`: what was just done."""
    return await _page(request, session, done=hecho)


@router.post("/respuestas")
async def add_reply(request: Request, form: FormNeeded) -> Response:
    """Keep a new reply; or, asked by `preview`, only show how it would read."""
    now, author = console_of(request).runtime.clock.now(), author_of(request, form.session)

    def job(connection: Connection, reply: Canned) -> None:
        canned.add(connection, reply, now)
        record_change(connection, deed_of(author, Action.REPLY_ADDED, reply.shortcut), {}, vars(reply), now)

    return await _kept(request, form, job, "agregar")


@router.get("/respuestas/{shortcut}")
async def show_reply(request: Request, session: SessionNeeded, shortcut: str) -> Response:
    """One reply, to be changed."""
    return await _page(request, session, shortcut=shortcut)


@router.post("/respuestas/{shortcut}")
async def change_reply(request: Request, form: FormNeeded, shortcut: str) -> Response:
    """Change a reply; or, asked by `preview`, only show how it would read."""
    now, author = console_of(request).runtime.clock.now(), author_of(request, form.session)

    def job(connection: Connection, reply: Canned) -> None:
        before = canned.change(connection, shortcut, reply, now)
        record_change(connection, deed_of(author, Action.REPLY_CHANGED, shortcut), vars(before), vars(reply), now)

    return await _kept(request, form, job, "cambiar", shortcut=shortcut)


@router.post("/respuestas/{shortcut}/borrar")
async def delete_reply(request: Request, form: FormNeeded, shortcut: str) -> Response:
    """Delete a reply."""
    now, author = console_of(request).runtime.clock.now(), author_of(request, form.session)

    def job(connection: Connection) -> None:
        before = canned.delete(connection, shortcut)
        record_change(connection, deed_of(author, Action.REPLY_DELETED, shortcut), vars(before), {}, now)

    try:
        await console_of(request).runtime.database.write(job)
    except UnknownReplyError:
        raise HTTPException(404) from None
    return RedirectResponse(f"{root(request)}/respuestas?hecho=borrar", status_code=303)


async def _kept(
    request: Request, form: SentForm, job: Callable[[Connection, Canned], None], done: str, *, shortcut: str = ""
) -> Response:
    """Keep what was typed and go back to the replies; or show it again with what is wrong with it, or how it reads."""
    typed = {name: clean(form.fields.get(name, ""))[: canned.LONGEST_TEXT * 2] for name in ("shortcut", "title", "text")}
    try:
        reply = canned.fit(**typed)
        if form.fields.get("preview"):
            return await _page(request, form.session, shortcut=shortcut, typed=typed, preview=reply)
        await console_of(request).runtime.database.write(lambda connection: job(connection, reply))
    except UnknownReplyError:
        raise HTTPException(404) from None
    except ReplyRefusedError as refused:
        return await _page(request, form.session, shortcut=shortcut, typed=typed, problem=refused)
    return RedirectResponse(f"{root(request)}/respuestas?hecho={done}", status_code=303)


async def _page(
    request: Request,
    session: Session,
    *,
    shortcut: str = "",
    typed: dict[str, str] | None = None,
    **about: Any,
) -> Response:
    """The page of all replies, or of the one with `shortcut`, which must be there. `about`: done, problem, preview."""
    console = console_of(request)
    found = await console.runtime.database.read(canned.listed)
    one = next((reply for reply in found if reply.shortcut == shortcut), None)
    if shortcut and one is None:
        raise HTTPException(404)
    made_up = {**vars(console.templates.get_template("console/words.html").module)["made_up"], "agente": session.name}
    preview = about.get("preview") or (one if typed is None else None)
    return page(
        request,
        "canned.html",
        status=422 if about.get("problem") else 200,
        session=session,
        one=one,
        replies=[canned.filled(reply, made_up) for reply in found],
        variables=canned.VARIABLES,
        preview=canned.filled(preview, made_up) if preview else None,
        typed=typed or (vars(one) if one else {"shortcut": "", "title": "", "text": ""}),
        longest={"shortcut": canned.LONGEST_SHORTCUT, "title": canned.LONGEST_TITLE, "text": canned.LONGEST_TEXT},
        done=about.get("done", ""),
        problem=about.get("problem"),
    )
