"""Handing out files: what we made ourselves of an image is shown, everything else is only ever downloaded.

Whatever a file claims to be, the browser is told its type by us, told not to guess, and told to let it do nothing.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.agents.sessions import Session
from bot.agents.trail import Action, deed_of, record
from bot.attachments.files import load
from bot.attachments.keep import THUMB, VIEW
from bot.attachments.queries import Attachment, attachment
from bot.web.console.context import console_of
from bot.web.console.guard import SessionNeeded, author_of

router = APIRouter(prefix="/adjuntos")
_POLICY = "sandbox; default-src 'none'"
#: Browsers lay out a picture that stands alone with styles of their own.
_PICTURE_POLICY = f"{_POLICY}; style-src 'unsafe-inline'"


async def kept(request: Request, session: SessionNeeded, identity: str) -> Attachment:
    """The file of this id, if it is here. Raises LoginNeededError, else HTTPException."""
    del session  # asked first: whether a file exists is nobody else's business
    found = await console_of(request).runtime.database.read(lambda connection: attachment(connection, identity))
    if found is None or not found.stored_as:
        raise HTTPException(404)
    return found


Kept = Annotated[Attachment, Depends(kept)]


@router.get("/{identity}")
async def show(request: Request, session: SessionNeeded, file: Kept) -> Response:
    """An image as large as a screen, made anew from its pixels; any other file as a download. On the trail."""
    await _note(request, session, file)
    return await _preview(request, file, VIEW) if file.has_preview else await _download(request, file)


@router.get("/{identity}/original")
async def download(request: Request, session: SessionNeeded, file: Kept) -> Response:
    """The file as it was sent, as a download. On the trail."""
    await _note(request, session, file)
    return await _download(request, file)


@router.get("/{identity}/miniatura")
async def thumbnail(request: Request, session: SessionNeeded, file: Kept) -> Response:
    """An image, small. It is part of a ticket's page, and that page is on the trail."""
    del session
    if not file.has_preview:
        raise HTTPException(404)
    return await _preview(request, file, THUMB)


async def _note(request: Request, session: Session, file: Attachment) -> None:
    runtime = console_of(request).runtime
    deed = deed_of(author_of(request, session), Action.ATTACHMENT_READ, file.id)
    now = runtime.clock.now()
    await runtime.database.write(lambda connection: record(connection, deed, now))


async def _preview(request: Request, file: Attachment, suffix: str) -> Response:
    # Beside these, every answer of the console has its own: nosniff, no-store, for this site only.
    headers = {"Content-Disposition": "inline", "Content-Security-Policy": _PICTURE_POLICY}
    return Response(await _content(request, file.stored_as + suffix), media_type="image/webp", headers=headers)


async def _download(request: Request, file: Attachment) -> Response:
    content_type = file.kind.content_type if file.kind else "application/octet-stream"
    disposition = f'attachment; filename="{file.file_name}"'
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": _POLICY, "Content-Type": content_type}
    return Response(await _content(request, file.stored_as), headers=headers)


async def _content(request: Request, name: str) -> bytes:
    runtime = console_of(request).runtime
    try:
        return await asyncio.to_thread(load, runtime.settings.attachments_folder, name, runtime.database.keyring)
    except FileNotFoundError:  # the folder was not brought along when the product moved
        raise HTTPException(404) from None
