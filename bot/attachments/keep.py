"""Keep a file that is to stay, with its previews first, so that whoever sees the file finds them too; and remove it again."""

from pathlib import Path

from bot.attachments.files import path_of, save
from bot.attachments.preview import preview
from bot.attachments.types import FileType
from bot.sealing.keys import Keyring

VIEW, THUMB = ".view", ".thumb"


def keep(folder: Path, identity: str, content: bytes, kind: FileType, keyring: Keyring | None = None) -> bool:
    """Write a file and, for an image, its previews, all sealed if there is a keyring; True if there are previews now.

    Blocks. Raises OSError.
    """
    made = preview(content) if kind.is_image else None
    if made is not None:
        save(folder, identity + VIEW, made.view, keyring)
        save(folder, identity + THUMB, made.thumb, keyring)
    save(folder, identity, content, keyring)
    return made is not None


def remove(folder: Path, identity: str) -> int:
    """Remove a kept file and its previews; returns how many files that were. Blocks. Raises OSError."""
    paths = [path_of(folder, identity + part) for part in ("", VIEW, THUMB)]
    there = [path for path in paths if path.exists()]
    for path in there:
        path.unlink(missing_ok=True)
    return len(there)
