"""The record of erasures, in a file beside the database: a backup that is restored must not bring erased people back.

A line for each erasure, of hashes alone, written before the database is changed. At every start what the file knows and the
database does not is erased (again): then the database is older than the file, or the process died in between.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

#: Beside the database and the key, and to be kept with the newest backup: it only ever grows.
RECORD_FILE = "erased.jsonl"


@dataclass(frozen=True)
class Line:
    """One erasure, or more messages of one that stands above."""

    id: str  #: of the erasure
    at: str  #: ISO 8601
    persons: tuple[str, ...]  #: keyed hashes of their addresses
    messages: tuple[str, ...]  #: hashes of their messages' ids

    @property
    def moment(self) -> datetime:
        """When it was."""
        return datetime.fromisoformat(self.at)


def add(folder: Path, line: Line) -> None:
    """Write a line, durably. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / RECORD_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(json.dumps(asdict(line)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def lines(folder: Path) -> list[Line]:
    """All lines, oldest first. What a crash left half written was never followed by an erasure, and is passed over."""
    try:
        text = (folder / RECORD_FILE).read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [line for written in text.splitlines() if (line := _line(written)) is not None]


def _line(written: str) -> Line | None:
    try:
        data = json.loads(written)
        return Line(data["id"], data["at"], tuple(data["persons"]), tuple(data["messages"]))
    except (ValueError, KeyError, TypeError):
        return None
