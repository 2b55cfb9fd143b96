"""Files on disk: `data_dir/attachments/ab/cd/abcd…`, under names of our own. A name leads to a whole file or to none."""

import os
import re
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from bot.sealing.keys import FILE_HEAD, Keyring

#: What a kept file is called.
NAME = re.compile(r"[0-9a-f]{32}(?:\.(?:view|thumb))?", re.ASCII)
_UNFINISHED = ".part"


def path_of(folder: Path, name: str) -> Path:
    """Where the file of this name lies. Raises ValueError for anything but a name of ours."""
    if not NAME.fullmatch(name):
        raise ValueError("not the name of a kept file")
    return folder / name[:2] / name[2:4] / name


def save(folder: Path, name: str, content: bytes, keyring: Keyring | None = None) -> None:
    """Keep a file, durably, sealed if there is a keyring; one of the same name is replaced.

    Until the last moment it stands under another name.
    """
    path = path_of(folder, name)
    kept = content if keyring is None else keyring.seal_file(name, content)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid4().hex}{_UNFINISHED}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(kept)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    _flush_folder(path.parent)


def load(folder: Path, name: str, keyring: Keyring | None) -> bytes:
    """The content of a kept file, sealed or not. Raises OSError, and DamagedError for a sealed one that was changed."""
    kept = path_of(folder, name).read_bytes()
    return kept if keyring is None else keyring.open_file(name, kept)


def beginning(folder: Path, name: str) -> bytes | None:
    """As much of a kept file as tells whether it is sealed; None if it is gone."""
    try:
        with path_of(folder, name).open("rb") as file:
            return file.read(FILE_HEAD)
    except FileNotFoundError:
        return None


def remove_unfinished(folder: Path, older_than_seconds: float = 3600) -> int:
    """Remove what a crash left half written; returns how many files that were."""
    before = time.time() - older_than_seconds
    left = [path for path in folder.glob(f"*/*/.*{_UNFINISHED}") if path.stat().st_mtime < before]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _flush_folder(folder: Path) -> None:
    """A new name is durable once the folder that holds it is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
