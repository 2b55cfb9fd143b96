"""`soporte tickets list|show|export`: what customers asked for, in the terminal, as JSON, or in a file for a spreadsheet."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.commands import ticket_export
from bot.commands.listing import clock, columns, line, lines, to_json
from bot.db import Database
from bot.messages.queries import Message, transcript
from bot.messages.tables import Status as Delivery
from bot.runtime import open_database
from bot.settings import Settings
from bot.tickets import listing, queries
from bot.tickets.filters import Asking
from bot.tickets.lifecycle import Status
from bot.tickets.queries import Event, Ticket

#: Counting on to the end: an operator may wait for it.
_ALL = 2**31 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|export")
    several = actions.add_parser("list", help="the newest tickets")
    several.add_argument("--status", choices=[status.value for status in Status], help="only tickets in this state")
    several.add_argument("--limit", type=_positive, default=50, metavar="N", help="how many at most (default: 50)")
    several.add_argument("--json", action="store_true", help="as JSON, for programs")
    show = actions.add_parser("show", help="one ticket with its history and its conversation")
    show.add_argument("number", help="the ticket's number, SF-000001")
    show.add_argument("--json", action="store_true", help="as JSON, for programs")
    ticket_export.add_arguments(actions.add_parser("export", help="tickets into a file for a spreadsheet, a row each"))


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all went well, 1 if there is no such ticket."""
    database = open_database(settings)
    try:
        if arguments.action == "list":
            return _list(database, arguments.status, limit=arguments.limit, as_json=arguments.json)
        if arguments.action == "export":
            return ticket_export.run(arguments, database)
        return _show(database, arguments.number.strip().upper(), as_json=arguments.json)
    finally:
        database.close()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _list(database: Database, status: str | None, *, limit: int, as_json: bool) -> int:
    filters = {"estado": status} if status else {}
    asking = Asking(username="", now=datetime.now(UTC))

    def job(connection: Connection) -> tuple[listing.Page, int]:
        found = listing.page(connection, listing.Question(asking, filters, size=limit))
        return found, listing.count(connection, filters, asking, most=_ALL)

    page, total = database.read_now(job)
    if as_json:
        print(to_json([_as_data(ticket) for ticket in page.tickets]))
        return 0
    if not page.tickets:
        print(f"There are no {status} tickets." if status else "There are no tickets yet.")
        return 0
    rows = [
        (
            ticket.number,
            ticket.status.value,
            line(ticket.category, 24),
            line(ticket.customer or "(no name)", 28),
            clock(ticket.created_at),
            line(ticket.detail, 40),
        )
        for ticket in page.tickets
    ]
    print(columns(("NUMBER", "STATUS", "CATEGORY", "CUSTOMER", "OPENED", "DETAIL"), rows))
    if total > len(rows):
        print(f"\n{len(rows)} of {total}; --limit shows more.")
    return 0


def _show(database: Database, number: str, *, as_json: bool) -> int:
    def job(connection: Connection) -> tuple[Ticket, list[Event], list[Message]] | None:
        ticket = queries.ticket(connection, number)
        if ticket is None:
            return None
        return ticket, queries.events(connection, ticket.id), transcript(connection, ticket.conversation_id)

    found = database.read_now(job)
    if found is None:
        print(f"There is no ticket {line(number, 40)}.", file=sys.stderr)
        return 1
    ticket, events, messages = found
    if as_json:
        data = {
            **_as_data(ticket),
            "events": [asdict(event) for event in events],
            "transcript": [asdict(message) for message in messages],
        }
        print(to_json(data))
    else:
        print("\n".join(_page(ticket, events, messages)))
    return 0


def _as_data(ticket: Ticket) -> dict[str, Any]:
    """The names that programs rely on; the database's own id is not among them."""
    data = asdict(ticket) | {"customer": ticket.customer}
    del data["id"]
    return data


def _page(ticket: Ticket, events: list[Event], messages: list[Message]) -> Iterator[str]:
    yield f"{ticket.number}  {ticket.status}  {line(ticket.category)}"
    facts = [
        ("customer", line(ticket.customer or "(no name)")),
        ("phone", ticket.phone or "(hidden)"),
        ("assignee", ticket.assignee or "(nobody)"),
        ("case", line(ticket.case) or "(none)"),
        ("opened", clock(ticket.created_at)),
        ("changed", clock(ticket.updated_at)),
    ]
    width = max(len(name) for name, _ in facts)
    yield from (f"  {name:<{width}}  {value}" for name, value in facts)
    if ticket.fields:
        yield from ("", "Fields")
        yield from (f"  {row}" for row in columns(*_fields(ticket)).splitlines()[1:])
    yield from ("", "Detail")
    yield from (f"  {text}" for text in lines(ticket.detail) or ["(empty)"])
    if ticket.attachments:
        yield from ("", "Attachments")
        yield from (f"  {line(', '.join(str(value) for value in item.values()))}" for item in ticket.attachments)
    yield from ("", "History")
    yield from (f"  {clock(event.at)}  {event.kind}  {line(event.actor)}" for event in events)
    yield from ("", "Conversation")
    for message in messages:
        yield from _said(message)
    if not messages:
        yield "  (no messages)"


def _fields(ticket: Ticket) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    return ("", ""), [(line(field.label), line(field.value) or "(empty)") for field in ticket.fields]


def _said(message: Message) -> Iterator[str]:
    mark = ""
    if message.status is Delivery.FAILED:
        mark = f"  [failed{f', error {message.error_code}' if message.error_code else ''}]"
    kind = "" if message.kind == "text" else f"  [{line(message.kind)}]"
    yield f"  {clock(message.created_at)}  {line(message.author)}{kind}{mark}"
    yield from (f"      {text}" for text in lines(message.body))
