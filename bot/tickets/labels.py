"""Labels: what the people of this line call a kind of ticket. Which ticket has which is written by `service`.

A label is never deleted: tickets, histories and bookmarks name it. An archived one stays where it is and goes on nothing else.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.statements import insert_new
from bot.tickets.desk_tables import labels, ticket_labels
from bot.understanding.folding import fold

LONGEST_NAME = 40
_KEY = re.compile(r"[a-z0-9-]{1,48}", re.ASCII)


class Colour(StrEnum):
    """What a label can look like. `labels.css` has a pair of text and ground for each, in light and in dark."""

    GREY = "grey"
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    VIOLET = "violet"
    PINK = "pink"


@dataclass(frozen=True)
class Label:
    """A label. `key` names it in addresses, whatever it is called later."""

    key: str
    name: str
    colour: Colour
    archived_at: datetime | None = None


class UnknownLabelError(LookupError):
    """There is no such label, or it is archived and was to be put on a ticket."""


class LabelRefusedError(ValueError):
    """The name cannot be taken; `reason` says why in one word: no_name, too_long, taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a label cannot be called so: {reason}")
        self.reason = reason


def listed(connection: Connection) -> list[Label]:
    """All labels by name, archived ones too."""
    return [_label(row) for row in connection.execute(sa.select(labels).order_by(labels.c.folded))]


def known(connection: Connection, key: str) -> Label:
    """The label with this key. Raises UnknownLabelError, also for what is no key at all."""
    query = sa.select(labels).where(labels.c.key == key)
    row = connection.execute(query).one_or_none() if _KEY.fullmatch(key) else None
    if row is None:
        raise UnknownLabelError(key)
    return _label(row)


def of_tickets(connection: Connection, ids: Collection[int]) -> dict[int, list[Label]]:
    """The labels of some tickets, by the tickets' ids; each ticket is there."""
    found: dict[int, list[Label]] = {identity: [] for identity in ids}
    query = sa.select(ticket_labels.c.ticket_id, labels).join(labels, labels.c.key == ticket_labels.c.label)
    for row in connection.execute(query.where(ticket_labels.c.ticket_id.in_(ids)).order_by(labels.c.folded)):
        found[row.ticket_id].append(_label(row))
    return found


def add(connection: Connection, name: str, colour: Colour) -> Label:
    """Make a label. Raises LabelRefusedError."""
    name = _fit(name)
    for count in range(1, 100):
        label = Label(_key(name, count), name, colour)
        values = {"key": label.key, "name": name, "folded": fold(name), "colour": colour.value}
        if insert_new(connection, labels, values):
            return label
        _refuse_taken(connection, name, but="")
    raise LabelRefusedError("taken")


def change(connection: Connection, key: str, name: str, colour: Colour) -> tuple[Label, Label]:
    """Give a label another name and colour; how it was and how it is. Raises UnknownLabelError, LabelRefusedError."""
    before, name = known(connection, key), _fit(name)
    _refuse_taken(connection, name, but=key)
    values = {"name": name, "folded": fold(name), "colour": colour.value}
    connection.execute(sa.update(labels).where(labels.c.key == key).values(values))
    return before, replace(before, name=name, colour=colour)


def archive(connection: Connection, key: str, at: datetime | None) -> tuple[Label, Label]:
    """Put a label away since `at`, or with None bring it back; how it was and how it is. Raises UnknownLabelError."""
    before = known(connection, key)
    connection.execute(sa.update(labels).where(labels.c.key == key).values(archived_at=at))
    return before, replace(before, archived_at=at)


def _fit(name: str) -> str:
    """A name on one line. Raises LabelRefusedError."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not fold(plain):
        raise LabelRefusedError("no_name")
    if len(plain) > LONGEST_NAME:
        raise LabelRefusedError("too_long")
    return plain


def _refuse_taken(connection: Connection, name: str, *, but: str) -> None:
    query = sa.select(labels.c.key).where(labels.c.folded == fold(name), labels.c.key != but)
    if connection.execute(query).first() is not None:
        raise LabelRefusedError("taken")


def _key(name: str, count: int) -> str:
    """`Pago pendiente` → `pago-pendiente`, the second time `pago-pendiente-2`."""
    plain = "-".join(re.findall(r"[a-z0-9]+", fold(name)))[:LONGEST_NAME] or "etiqueta"
    return plain if count == 1 else f"{plain}-{count}"


def _label(row: sa.Row[Any]) -> Label:
    return Label(row.key, row.name, Colour(row.colour), row.archived_at)
