"""Everything that is kept of a person, for that person: JSON for programs, and the same as a page to read.

Every table that hangs on the person is in the JSON; the page shows what a person looks for. Files are named and lie beside.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.tables import attachments
from bot.privacy import reach
from bot.privacy.people import person

_TEMPLATES = Path(__file__).parent / "templates"
_ZONE = ZoneInfo("America/Bogota")


def export(connection: Connection, contact_id: str, now: datetime) -> dict[str, Any] | None:
    """All of it as plain data, times in ISO 8601; None if there is no such person."""
    somebody = person(connection, contact_id)
    if somebody is None:
        return None
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, theirs in reach.conditions([contact_id]).items():
        order = list(table.primary_key.columns)
        found = connection.execute(sa.select(table).where(theirs).order_by(*order)).mappings()
        tables[table.name] = [dict(row) for row in found]
    sent = sa.select(attachments).where(attachments.c.id.in_(reach.sent_files(connection, [contact_id])))
    tables["attachments"] += [dict(row) for row in connection.execute(sent).mappings()]
    summary = {"phone": somebody.phone, "profile_name": somebody.profile_name, "addresses": somebody.addresses}
    plain = json.dumps({"exported_at": now, "person": summary, "tables": tables}, default=_plain)
    data: dict[str, Any] = json.loads(plain)
    return data


def as_json(data: Mapping[str, Any]) -> str:
    """The export for programs, readable all the same."""
    return json.dumps(data, ensure_ascii=False, indent=2)


def as_html(data: Mapping[str, Any]) -> str:
    """The export as a page of its own: no script, nothing fetched from anywhere, every value escaped."""
    tables = data["tables"]
    said = sorted(tables["messages"], key=lambda row: row["position"])
    return _environment().get_template("export.html").render(data=data, tables=tables, said=said)


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["moment"] = _moment
    return made


def _moment(told: str) -> str:
    """A time as Colombia's clocks show it."""
    return datetime.fromisoformat(told).astimezone(_ZONE).strftime("%Y-%m-%d %H:%M") if told else ""


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)  # type: ignore[call-overload]
    raise TypeError(f"{type(value).__name__} has no form in JSON")
