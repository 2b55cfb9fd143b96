"""Canned replies: texts that agents send again and again, with places for what differs from ticket to ticket.

A place is a variable in braces. A text is filled once, from left to right: what a customer wrote is put in as it is and never
looked at again, so it cannot stand for anything. A variable without a value stays in its braces, and such a text is not sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.statements import insert_new
from bot.tickets.desk_tables import canned_replies
from bot.tickets.queries import Ticket
from bot.understanding.folding import fold

#: All there are: the customer's name and e-mail, the ticket's number and category, and the agent's name.
VARIABLES = ("nombre", "correo", "ticket", "categoria", "agente")
LONGEST_SHORTCUT, LONGEST_TITLE, LONGEST_TEXT = 32, 80, 2000
_LONGEST_VALUE = 200
_PLACE = re.compile(r"\{([^{}\n]{0,60})\}")
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)
#: What a customer wrote must not look like a place that was forgotten.
_NO_BRACES = str.maketrans("{}", "()")


@dataclass(frozen=True)
class Canned:
    """A reply to be picked by its shortcut."""

    shortcut: str
    title: str
    text: str


@dataclass(frozen=True)
class Filled:
    """The same for one ticket. `missing`: the variables without a value, which still stand in the text."""

    shortcut: str
    title: str
    text: str
    missing: tuple[str, ...]


class UnknownReplyError(LookupError):
    """No canned reply has this shortcut."""


class ReplyRefusedError(ValueError):
    """It cannot be kept so. `reason`: shortcut, taken, no_title, no_text, too_long, or unknown_variable with their `names`."""

    def __init__(self, reason: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(f"a canned reply cannot be kept so: {reason}")
        self.reason = reason
        self.names = names


def unresolved(text: str) -> tuple[str, ...]:
    """The variables that stand in a text, once each."""
    return tuple(dict.fromkeys(name for name in map(fold, _PLACE.findall(text)) if name in VARIABLES))


def unknown(text: str) -> tuple[str, ...]:
    """What stands in braces and is no variable, as it was typed, once each."""
    return tuple(dict.fromkeys(name for name in _PLACE.findall(text) if fold(name) not in VARIABLES))


def values_of(ticket: Ticket, agent: str) -> dict[str, str]:
    """The value of every variable for a ticket; `agent` is the name of who writes. Empty where nothing is known."""
    email = next((field.value for field in ticket.fields if field.name == "correo"), "")
    found = {"nombre": ticket.customer, "correo": email, "ticket": ticket.number, "categoria": ticket.category, "agente": agent}
    return {name: " ".join(value.split())[:_LONGEST_VALUE].translate(_NO_BRACES) for name, value in found.items()}


def filled(reply: Canned, values: Mapping[str, str]) -> Filled:
    """The reply with its values in place."""

    def value(place: re.Match[str]) -> str:
        name = fold(place[1])
        return (values.get(name) or f"{{{name}}}") if name in VARIABLES else place[0]

    text = _PLACE.sub(value, reply.text)
    return Filled(reply.shortcut, reply.title, text, tuple(name for name in unresolved(reply.text) if not values.get(name)))


def fit(shortcut: str, title: str, text: str) -> Canned:
    """A reply as it can be kept. Raises ReplyRefusedError."""
    key = "-".join(fold(shortcut.strip().removeprefix("/")).split())
    title, text = " ".join(title.split()), text.replace("\r\n", "\n").strip()
    if not _SHORTCUT.fullmatch(key):
        raise ReplyRefusedError("shortcut")
    if not fold(title) or not fold(text):
        raise ReplyRefusedError("no_text" if fold(title) else "no_title")
    if len(key) > LONGEST_SHORTCUT or len(title) > LONGEST_TITLE or len(text) > LONGEST_TEXT or "\0" in title + text:
        raise ReplyRefusedError("too_long")
    if names := unknown(text):
        raise ReplyRefusedError("unknown_variable", names)
    return Canned(key, title, text)


def listed(connection: Connection) -> list[Canned]:
    """All of them by shortcut."""
    return [_canned(row) for row in connection.execute(sa.select(canned_replies).order_by(canned_replies.c.shortcut))]


def known(connection: Connection, shortcut: str) -> Canned:
    """The reply with this shortcut. Raises UnknownReplyError, also for what cannot be one."""
    query = sa.select(canned_replies).where(canned_replies.c.shortcut == shortcut)
    row = connection.execute(query).one_or_none() if _SHORTCUT.fullmatch(shortcut) else None
    if row is None:
        raise UnknownReplyError(shortcut)
    return _canned(row)


def add(connection: Connection, reply: Canned, now: datetime) -> None:
    """Keep a new reply that `fit` made. Raises ReplyRefusedError if its shortcut is taken."""
    if not insert_new(connection, canned_replies, {**vars(reply), "updated_at": now}):
        raise ReplyRefusedError("taken")


def change(connection: Connection, shortcut: str, reply: Canned, now: datetime) -> Canned:
    """Replace a reply by one that `fit` made, and return the old one. Raises UnknownReplyError, ReplyRefusedError."""
    before = known(connection, shortcut)
    others = sa.select(canned_replies.c.shortcut).where(canned_replies.c.shortcut == reply.shortcut)
    if reply.shortcut != shortcut and connection.execute(others).first() is not None:
        raise ReplyRefusedError("taken")
    here = sa.update(canned_replies).where(canned_replies.c.shortcut == shortcut)
    connection.execute(here.values(**vars(reply), updated_at=now))
    return before


def delete(connection: Connection, shortcut: str) -> Canned:
    """Delete a reply and return it; what was written with it stays. Raises UnknownReplyError."""
    before = known(connection, shortcut)
    connection.execute(sa.delete(canned_replies).where(canned_replies.c.shortcut == shortcut))
    return before


def _canned(row: sa.Row[Any]) -> Canned:
    return Canned(row.shortcut, row.title, row.text)
