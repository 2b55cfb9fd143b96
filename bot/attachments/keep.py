"""Keep a file that is to stay: with its previews first, so that whoever sees the file finds them too."""

from pathlib import Path

from bot.attachments.files import save
from bot.attachments.preview import preview
from bot.attachments.types import FileType

VIEW, THUMB = ".view", ".thumb"


def keep(folder: Path, identity: str, content: bytes, kind: FileType) -> bool:
    """Write a file and, for an image, its previews; True if these could be made. Blocks. Raises OSError."""
    made = preview(content) if kind.is_image else None
    if made is not None:
        save(folder, identity + VIEW, made.view)
        save(folder, identity + THUMB, made.thumb)
    save(folder, identity, content)
    return made is not None
