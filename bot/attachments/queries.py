"""Reading attachments: those of a page, and one to be handed out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.tables import Reason, State, attachments
from bot.attachments.types import TYPES, FileType
from bot.channels.twilio import file_key

_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
#: Below what a database takes as parameters of one query.
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Attachment:
    """A file as agents see it. `kind` is what its bytes show; `reason` why it is not here, or not yet."""

    id: str
    state: State
    reason: Reason | None
    kind: FileType | None  #: None until it is here
    size: int  #: bytes
    has_preview: bool
    stored_as: str

    @property
    def file_name(self) -> str:
        """The name it is saved under: made by us, from nothing that anybody sent."""
        return f"{self.id[:12]}.{self.kind.extension}" if self.kind else self.id[:12]


def attachment(connection: Connection, identity: str) -> Attachment | None:
    """The file with this id, here or not."""
    if not _ID.fullmatch(identity):
        return None
    row = connection.execute(sa.select(attachments).where(attachments.c.id == identity)).one_or_none()
    return None if row is None else _attachment(row)


def attachments_of(connection: Connection, items: Iterable[Mapping[str, Any]]) -> dict[str, Attachment]:
    """What became of the files that messages and tickets name: by `url` for those of customers, by `file` for those of agents."""
    named = list(items)
    keys = {item["url"]: key for item in named if "url" in item and (key := file_key(item["url"]))}
    customers = _by(connection, attachments.c.media_sid, {key.file for key in keys.values()})
    agents = _by(connection, attachments.c.id, {item["file"] for item in named if "file" in item})
    return {url: customers[key.file] for url, key in keys.items() if key.file in customers} | agents


def _by(connection: Connection, column: sa.Column[str], values: set[str]) -> dict[str, Attachment]:
    wanted = sorted(values)
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    rows = [row for part in parts for row in connection.execute(sa.select(attachments).where(column.in_(part)))]
    return {row._mapping[column]: _attachment(row) for row in rows}


def _attachment(row: sa.Row[Any]) -> Attachment:
    return Attachment(
        id=row.id,
        state=State(row.state),
        reason=Reason(row.reason) if row.reason else None,
        kind=TYPES.get(row.found_type),
        size=row.size,
        has_preview=row.has_preview,
        stored_as=row.stored_as,
    )
