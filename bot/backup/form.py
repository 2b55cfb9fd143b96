"""What a backup looks like: gzipped lines of JSON, so that it can be read without this program (`zcat`).

    {"soporte": 1, "schema": "0002", "made_at": "2026-11-23T15:00:00+00:00"}
    {"table": "contacts", "columns": {"id": "plain", "created_at": "moment", …}, "last": null}
    ["6f1c…", "2026-11-23T…", …]                        a row, its values in the columns' order
    {"words": true}                                     what tickets are found by; then [id, "words"]
    {"file": "attachments/ab/cd/abcd…", "bytes": 1234}  then its content, base64, in pieces
    {"end": {"rows": 1234, "files": 5}, "sha256": "…"}  of every byte before this line

`last` is the last number that a table's counter gave out, also if that row is gone by now: none is given out twice.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.db import Moment

FORMAT = 1
#: Bytes of a file to a line.
PIECE = 192 * 1024
#: How values of each kind are bound and read: as they lie in the database, so what is encrypted there stays encrypted here.
TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "plain": sa.types.NullType(),
    "boolean": sa.Boolean(),
    "moment": Moment(),
    "json": sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
    "bytes": sa.LargeBinary(),
}


class BrokenBackupError(Exception):
    """This file is no backup, or not a whole one; the message says what is wrong."""


@dataclass(frozen=True)
class Head:
    """What a backup says about itself."""

    schema: str
    made_at: datetime


def kind_of(column: sa.Column[Any]) -> str:
    """How the values of a column are written, a name in TYPES."""
    kind = column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type
    match kind:
        case sa.JSON():
            return "json"
        case sa.DateTime():
            return "moment"
        case sa.Date():
            return "day"
        case sa.Boolean():
            return "boolean"
        case sa.LargeBinary():
            return "bytes"
        case _:
            return "plain"


def to_line(kind: str, value: Any) -> Any:
    """A value as JSON can hold it."""
    match kind, value:
        case _, None:
            return None
        case "moment", datetime():
            return value.isoformat()
        case "day", date():
            return value.isoformat()
        case "bytes", bytes():
            return base64.b64encode(value).decode()
        case _:
            return value


def from_line(kind: str, value: Any) -> Any:
    """The value that `to_line` wrote. Raises ValueError and TypeError for anything else."""
    match kind, value:
        case _, None:
            return None
        case "moment", _:
            return datetime.fromisoformat(value)
        case "day", _:
            return date.fromisoformat(value)
        case "bytes", _:
            return base64.b64decode(value, validate=True)
        case _:
            return value


class Writer:
    """Writes lines and remembers what they were, for the last one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._packed = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0)
        self._sum = sha256()
        self.rows = 0
        self.files = 0

    def write(self, value: Any) -> None:
        """One line."""
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._sum.update(line)
        self._packed.write(line)

    def row(self, values: list[Any]) -> None:
        """One line that is a row."""
        self.rows += 1
        self.write(values)

    def content(self, name: str, path: Path) -> None:
        """A file with its content. Raises OSError."""
        with path.open("rb") as source:
            self.write({"file": name, "bytes": path.stat().st_size})
            while piece := source.read(PIECE):
                self.write(base64.b64encode(piece).decode())
        self.files += 1

    def end(self) -> None:
        """The last line."""
        self.write({"end": {"rows": self.rows, "files": self.files}, "sha256": self._sum.hexdigest()})
        self._packed.close()


def lines(path: Path) -> Iterator[Any]:
    """The lines of a backup but for the last, each as JSON. Raises BrokenBackupError, at the end also for a wrong sum."""
    total = sha256()
    last: Any = None
    try:
        with gzip.open(path, "rb") as packed:
            for line in packed:
                value = json.loads(line)
                if isinstance(value, dict) and "end" in value:
                    last = value
                    break
                total.update(line)
                yield value
            if last is not None and packed.read(1):
                raise BrokenBackupError("something stands behind its end")
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise BrokenBackupError(f"it cannot be unpacked ({type(error).__name__})") from None
    if last is None:
        raise BrokenBackupError("its end is missing")
    if last.get("sha256") != total.hexdigest():
        raise BrokenBackupError("its checksum is wrong")


def sections(path: Path) -> Iterator[tuple[dict[str, Any], Iterator[Any]]]:
    """Each head with the lines below it. Raises as `lines`."""
    number = 0

    def section(value: Any) -> int:
        nonlocal number
        number += isinstance(value, dict)
        return number

    for _, values in groupby(lines(path), section):
        first = next(values)
        yield first, values  # noqa: B031 (the rest of them)


def head(path: Path) -> Head:
    """What the first line says. Raises BrokenBackupError and OSError."""
    first: Any = next(lines(path), None)
    try:
        if first["soporte"] != FORMAT:
            raise BrokenBackupError(f"its form is {first['soporte']!r}, and this version reads form {FORMAT}")
        return Head(str(first["schema"]), datetime.fromisoformat(first["made_at"]))
    except (TypeError, KeyError, ValueError):
        raise BrokenBackupError("it does not begin as one") from None


def check(path: Path) -> None:
    """Read it all and change nothing. Raises BrokenBackupError and OSError."""
    for _ in lines(path):
        pass
