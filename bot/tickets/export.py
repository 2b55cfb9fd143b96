"""Tables as CSV that a spreadsheet opens and does not obey.

Fields are separated by semicolons and the text begins with a byte order mark: so the Spanish editions of the spreadsheet programs
open it with a double click. A text that a spreadsheet would take for a formula gets an apostrophe in front, phone numbers too.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts.tables import contacts
from bot.tickets.labels import Label, of_tickets
from bot.tickets.reports import Period
from bot.tickets.tables import tickets

BATCH = 500
_MARK = "\ufeff"
#: What begins a formula, also in the full width that some programs fold to the plain signs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_INVISIBLE = " \u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\"'"
TICKET_COLUMNS = (
    "number", "created_at", "status", "category", "case", "labels", "customer", "phone", "assignee", "detail",
    "first_response_due_at", "first_responded_at", "resolution_due_at", "resolved_at",
)  # fmt: skip


def cell(value: object) -> str:
    """A value as a field: nothing that it begins with, also behind blanks and quotes, makes a formula of it."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip(_INVISIBLE).startswith(_FORMULA) else text


def lines(columns: Sequence[str], rows: Iterable[Sequence[object]], *, is_first: bool = True) -> str:
    """A piece of a CSV file; the first one begins with the heads."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL)
    if is_first:
        writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return (_MARK if is_first else "") + written.getvalue()


def batch(connection: Connection, period: Period, after: int) -> tuple[list[tuple[object, ...]], int | None]:
    """Some of the tickets opened in the period, oldest first, from behind id `after`; and the id to go on behind, or None."""
    query = (
        sa.select(tickets, contacts.c.profile_name, contacts.c.phone)
        .join(contacts, contacts.c.id == tickets.c.contact_id)
        .where(tickets.c.id > after, tickets.c.created_at >= period.begin, tickets.c.created_at < period.end)
        .order_by(tickets.c.id)
        .limit(BATCH)
    )
    found = connection.execute(query).all()
    labels = of_tickets(connection, [row.id for row in found])
    return [tuple(_values(row, labels[row.id], period.zone)) for row in found], found[-1].id if len(found) == BATCH else None


def _values(row: sa.Row[Any], labels: Sequence[Label], zone: ZoneInfo) -> Iterator[object]:
    given = next((field["value"] for field in row.fields if field["name"] == "nombre"), "")
    for name in TICKET_COLUMNS:
        match name:
            case "customer":
                value = given or row.profile_name
            case "labels":
                value = ", ".join(label.name for label in labels)
            case _:
                value = getattr(row, name)
        yield value.astimezone(zone).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value
