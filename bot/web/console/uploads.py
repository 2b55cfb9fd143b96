"""A form that may bring files: read up to a cap, spooled to disk on the way, and believed no more than any other form."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from bot.agents.sessions import Session
from bot.attachments.types import LARGEST, MEGABYTE
from bot.web.console.guard import LARGEST_BODY_OF_AN_AGENT, MOST_FIELDS, FormRefusedError, is_same, required_session, sent_form

#: Of one reply: WhatsApp shows each as a message of its own.
MOST_FILES = 5
#: Some more than may be sent, so that one file too many, or too large, is told beside what was typed and not in place of it.
_LARGEST_FORM = (MOST_FILES + 1) * LARGEST + MEGABYTE
_MOST_PARTS = 50


@dataclass(frozen=True)
class FormWithFiles:
    """A form that the logged-in agent really sent from a page of ours. The files are closed after the answer."""

    session: Session
    fields: Mapping[str, str]
    files: tuple[UploadFile, ...]


class _TooLargeError(MultiPartException):
    """More than any form of ours brings."""


async def sent_form_with_files(
    request: Request, session: Annotated[Session, Depends(required_session)]
) -> AsyncIterator[FormWithFiles]:
    """The posted form, multipart or not, if it carries this session's token. Raises as `guard.sent_form`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        form = await sent_form(request, session)
        yield FormWithFiles(session, form.fields, ())
        return
    # Browsers name no set of characters here. Some of those that Python knows make text that is none, or fail oddly.
    if parse_options_header(request.headers["content-type"])[1].get(b"charset", b"utf-8").lower() != b"utf-8":
        raise FormRefusedError(400)
    limits = {"max_files": _MOST_PARTS, "max_fields": MOST_FIELDS, "max_part_size": LARGEST_BODY_OF_AN_AGENT}
    try:
        read = await MultiPartParser(request.headers, _capped(request), **limits).parse()
    except MultiPartException as error:
        raise FormRefusedError(413 if isinstance(error, _TooLargeError) else 400) from None
    try:
        fields = {name: value for name, value in read.multi_items() if isinstance(value, str)}
        if not is_same(fields.get("csrf", ""), session.csrf_token):
            raise FormRefusedError(403)
        # A browser sends a nameless empty file where none was chosen.
        files = [value for _, value in read.multi_items() if isinstance(value, UploadFile) and (value.filename or value.size)]
        yield FormWithFiles(session, fields, tuple(files))
    finally:
        await read.close()


async def _capped(request: Request) -> AsyncGenerator[bytes, None]:
    """The body. What ends it early is told as the parser's own error, so that the parser closes what it had begun."""
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > _LARGEST_FORM:
                raise _TooLargeError("too large")
            yield chunk
    except ClientDisconnect:
        raise MultiPartException("the browser is gone") from None


FormWithFilesNeeded = Annotated[FormWithFiles, Depends(sent_form_with_files)]
