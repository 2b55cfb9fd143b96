"""Labels: put on a ticket and taken off by whoever works on it, made, renamed and archived by supervisors."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents.sessions import Session
from bot.agents.trail import Action, deed_of, record, record_change
from bot.coordination.base import Change
from bot.tickets import labels, listing, queries, service
from bot.tickets.filters import Asking
from bot.tickets.labels import LONGEST_NAME, Colour, Label, LabelRefusedError, UnknownLabelError
from bot.web.console.context import console_of
from bot.web.console.desk import KnownNumber
from bot.web.console.guard import FormNeeded, SentForm, SessionNeeded, author_of
from bot.web.console.pages import page, root
from bot.web.console.tickets import Refused, ticket_page

router = APIRouter()


@router.post("/solicitudes/{number}/etiquetas")
async def label_ticket(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Put the label `put` on a ticket, or take the label `take` off it."""
    put, take = form.fields.get("put", ""), form.fields.get("take", "")
    if not put and not take:
        return RedirectResponse(f"{root(request)}/solicitudes/{number}#etiquetas", status_code=303)
    runtime, session = console_of(request).runtime, form.session
    now, author = runtime.clock.now(), author_of(request, session)
    what = {"trigger": "label" if put else "unlabel", "label": put or take}
    change = service.label if put else service.unlabel

    def job(connection: Connection) -> str:
        if change(connection, number, put or take, session.username, now):
            record(connection, deed_of(author, Action.TICKET_CHANGED, number, what), now)
        ticket = queries.ticket(connection, number)
        return ticket.conversation_id if ticket else ""

    try:
        changed = await runtime.database.write(job)
    except UnknownLabelError:
        return await ticket_page(request, session, number, refused=Refused("label_gone"))
    await runtime.coordination.publish(Change(changed))
    return RedirectResponse(f"{root(request)}/solicitudes/{number}#etiquetas", status_code=303)


@router.get("/etiquetas")
async def show_labels(request: Request, session: SessionNeeded, hecho: str = "") -> Response:
    """All labels, and the forms that make and change them. `hecho`: what was just done."""
    return await _list(request, session, done=hecho)


@router.post("/etiquetas")
async def add_label(request: Request, form: FormNeeded) -> Response:
    """Make a label."""
    name, colour = _asked(form)
    now, author = console_of(request).runtime.clock.now(), author_of(request, form.session)

    def job(connection: Connection) -> None:
        made = labels.add(connection, name, colour)
        record_change(connection, deed_of(author, Action.LABEL_ADDED, made.key), {}, _told(made), now)

    return await _done(request, form, job, "agregar")


@router.post("/etiquetas/{label}")
async def change_label(request: Request, form: FormNeeded, label: str) -> Response:
    """Give a label another name or colour."""
    name, colour = _asked(form)
    now, author = console_of(request).runtime.clock.now(), author_of(request, form.session)

    def job(connection: Connection) -> None:
        before, after = labels.change(connection, label, name, colour)
        record_change(connection, deed_of(author, Action.LABEL_CHANGED, label), _told(before), _told(after), now)

    return await _done(request, form, job, "cambiar", label=label)


@router.post("/etiquetas/{label}/archivar")
async def archive_label(request: Request, form: FormNeeded, label: str) -> Response:
    """Put a label away."""
    return await _archived(request, form, label, is_archived=True)


@router.post("/etiquetas/{label}/activar")
async def restore_label(request: Request, form: FormNeeded, label: str) -> Response:
    """Bring an archived label back."""
    return await _archived(request, form, label, is_archived=False)


async def _archived(request: Request, form: SentForm, label: str, *, is_archived: bool) -> Response:
    now, author = console_of(request).runtime.clock.now(), author_of(request, form.session)

    def job(connection: Connection) -> None:
        before, after = labels.archive(connection, label, now if is_archived else None)
        record_change(connection, deed_of(author, Action.LABEL_CHANGED, label), _told(before), _told(after), now)

    return await _done(request, form, job, "archivar" if is_archived else "activar", label=label)


async def _done(request: Request, form: SentForm, job: Any, done: str, *, label: str = "") -> Response:
    """Do it and go back to the labels; or tell on their page why not."""
    try:
        await console_of(request).runtime.database.write(job)
    except UnknownLabelError:
        raise HTTPException(404) from None
    except LabelRefusedError as refused:
        typed = {"name": form.fields.get("name", "")[:200], "colour": form.fields.get("colour", "")}
        return await _list(request, form.session, problem=refused.reason, about=label, typed=typed)
    return RedirectResponse(f"{root(request)}/etiquetas?hecho={done}", status_code=303)


async def _list(
    request: Request, session: Session, *, done: str = "", problem: str = "", about: str = "", typed: dict[str, str] | None = None
) -> Response:
    """The page; with a `problem`, the form of the label `about` (or of a new one) as it was typed."""
    runtime = console_of(request).runtime
    asking = Asking(session.username, runtime.clock.now())

    def job(connection: Connection) -> tuple[list[Label], dict[str, int]]:
        found = labels.listed(connection)
        counts = listing.counts(connection, [], asking, labels=[label.key for label in found]) if found else {}
        return found, counts.get("etiqueta", {})

    found, counts = await runtime.database.read(job)
    return page(
        request,
        "labels.html",
        status=422 if problem else 200,
        session=session,
        labels=found,
        counts=counts,
        most=listing.MOST,
        colours=list(Colour),
        longest=LONGEST_NAME,
        done=done,
        problem=problem,
        about=about,
        typed=typed or {"name": "", "colour": Colour.GREY.value},
    )


def _asked(form: SentForm) -> tuple[str, Colour]:
    """The name and the colour of a form; of a colour that there is none of, grey."""
    colour = form.fields.get("colour", "")
    return form.fields.get("name", ""), Colour(colour) if colour in set(Colour) else Colour.GREY


def _told(label: Label) -> dict[str, Any]:
    """What the trail keeps of a label."""
    told = asdict(label)
    return {"name": told["name"], "colour": label.colour.value, "archived": label.archived_at is not None}
