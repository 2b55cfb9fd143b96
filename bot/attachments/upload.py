"""Take a file that an agent wants to send: checked as WhatsApp will check it, kept, and noted."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from bot.attachments import service
from bot.attachments.keep import keep
from bot.attachments.tables import Reason
from bot.attachments.types import LARGEST, TYPES, FileType, found_type
from bot.db import Database


class UploadRefusedError(Exception):
    """WhatsApp would not take this file: `reason` is TYPE or SIZE, `largest` the most bytes it takes of this type."""

    def __init__(self, reason: Reason, largest: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.largest = largest


@dataclass(frozen=True)
class Upload:
    """A file that may be sent."""

    id: str
    kind: FileType

    def as_item(self) -> dict[str, str]:
        """How a message names it among its attachments."""
        return {"file": self.id, "content_type": self.kind.content_type}


#: What a form may offer to choose from: content types that WhatsApp takes.
SENDABLE = tuple(kind.content_type for kind in TYPES.values() if kind.largest_sent)


def sendable(content: bytes) -> FileType:
    """The type of a file that WhatsApp takes, by its bytes. Raises UploadRefusedError."""
    if len(content) > LARGEST:
        raise UploadRefusedError(Reason.SIZE, LARGEST)
    kind = found_type(content)
    if kind is None or not kind.largest_sent:
        raise UploadRefusedError(Reason.TYPE)
    if len(content) > kind.largest_sent:
        raise UploadRefusedError(Reason.SIZE, kind.largest_sent)
    return kind


def identity_of(form: str, number: int, content: bytes) -> str:
    """The id of a file of a form that may be sent twice: the same file in the same place of it is the same file."""
    digest = hashlib.sha256(content).hexdigest()
    return hashlib.sha256(f"{form}\n{number}\n{digest}".encode()).hexdigest()[:32]


async def store_upload(database: Database, folder: Path, content: bytes, now: datetime, identity: str = "") -> Upload:
    """Keep an agent's file and return what a message names it by; keeping it twice under one `identity` adds nothing.

    Raises UploadRefusedError, and OSError if the disk does.
    """
    upload = Upload(identity or uuid4().hex, sendable(content))
    has_preview = await asyncio.to_thread(keep, folder, upload.id, content, upload.kind, database.keyring)
    add = partial(service.add_sent, identity=upload.id, kind=upload.kind, size=len(content), now=now, has_preview=has_preview)
    await database.write(add)
    return upload
