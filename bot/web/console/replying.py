"""Writing to a customer: text, files, or both; and keeping what was begun as a draft.

A file is checked as WhatsApp will check it before any of them is kept, and all of a reply goes out, or nothing.
"""

import logging
import re
from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from bot.agents.trail import Action, Deed
from bot.attachments.tables import Reason
from bot.attachments.upload import UploadRefusedError, identity_of, sendable, store_upload
from bot.channels.text import clean
from bot.conversations import desk
from bot.engine.inputs import SentFile
from bot.runtime import rules_of
from bot.tickets import canned
from bot.web.console.box import LONGEST_REPLY
from bot.web.console.context import console_of
from bot.web.console.desk import carry_out, known, readable_key
from bot.web.console.guard import client_address
from bot.web.console.tickets import Refused, ticket_page
from bot.web.console.uploads import MOST_FILES, FormWithFilesNeeded

router = APIRouter()
_log = logging.getLogger(__name__)
_FILE_REFUSALS = {Reason.SIZE: "file_too_large", Reason.TYPE: "file_type"}


@router.post("/solicitudes/{number}/responder")
async def reply(request: Request, form: FormWithFilesNeeded, number: str) -> Response:
    """Write to the customer. The same form sent twice is sent once, its files too."""
    await known(request, number)
    text, key = clean(form.fields.get("text", "")).strip(), readable_key(form.fields)
    if (refused := await _refusal(text, form.files)) is not None:
        return await ticket_page(request, form.session, number, refused=refused)
    form_key = f"{form.session.username}:{key}"
    try:
        files = await _kept(request, form, number, form_key)
    except OSError as error:
        _log.error("an agent's file could not be kept: %s", type(error).__name__)
        return await ticket_page(request, form.session, number, refused=Refused("file_not_kept", text=text))
    data = {"files": len(form.files)} if form.files else {}
    deed = Deed(Action.CUSTOMER_ANSWERED, number, form.session.agent_id, client_address(request), data)
    job = partial(desk.reply, number=number, text=text, key=form_key, files=files)
    return await carry_out(request, form.session, job, deed, typed=text)


@router.post("/solicitudes/{number}/borrador")
async def keep_draft(request: Request, form: FormWithFilesNeeded, number: str) -> Response:
    """Keep the text that was typed for later; nothing is sent. Files are not kept, and the page says so."""
    await known(request, number)
    text = clean(form.fields.get("text", "")).strip()
    if len(text) > LONGEST_REPLY:
        return await ticket_page(request, form.session, number, refused=Refused("reply_too_long", text=text))
    deed = Deed(Action.TICKET_CHANGED, number, form.session.agent_id, client_address(request), {"trigger": "draft"})
    answer = await carry_out(request, form.session, partial(desk.keep_draft, number=number, text=text), deed)
    if form.files:
        return await ticket_page(request, form.session, number, refused=Refused("draft_without_files", text=text))
    return answer


async def _refusal(text: str, files: tuple[UploadFile, ...]) -> Refused | None:
    """Why this is not sent, before anything is kept of it."""
    if len(text) > LONGEST_REPLY or not (text or files):
        return Refused("reply_too_long" if text else "reply_empty", text=text)
    if canned.unresolved(text):
        return Refused("unresolved", text=text)
    if len(files) > MOST_FILES:
        return Refused("too_many_files", text=text)
    for file in files:
        try:
            sendable(await file.read())
        except UploadRefusedError as refused:
            why = Refused(_FILE_REFUSALS[refused.reason], text=text, file=_name(file))
            return replace(why, largest=refused.largest)
        await file.seek(0)
    return None


async def _kept(request: Request, form: FormWithFilesNeeded, number: str, form_key: str) -> tuple[SentFile, ...]:
    """The files as messages name them, kept; none while the reply would not be taken anyway. Raises OSError."""
    runtime = console_of(request).runtime
    now, folder = runtime.clock.now(), runtime.settings.attachments_folder
    rules = rules_of(runtime.settings, runtime.flow)
    would_go = partial(desk.can_reply, rules=rules, agent=form.session.username, number=number, now=now)
    if not form.files or not await runtime.database.read(would_go):
        return ()
    kept = []
    for place, file in enumerate(form.files):
        content = await file.read()
        upload = await store_upload(runtime.database, folder, content, now, identity_of(form_key, place, content))
        kept.append(SentFile(upload.id, upload.kind.content_type))
    return tuple(kept)


def _name(file: UploadFile) -> str:
    """What the agent's own machine calls it, to tell which one is meant."""
    return re.sub(r"\s+", " ", clean(file.filename or "")).strip()[:100]
