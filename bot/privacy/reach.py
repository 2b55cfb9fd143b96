"""Everything that hangs on a person, found by the foreign keys of the tables themselves: a new table is reached by having one.

Tables that no key leads to must be written down here with what they hold; a test demands it of every table there is.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.tables import attachments
from bot.contacts.tables import contacts
from bot.db import metadata
from bot.messages.tables import messages
from bot.tickets import search
from bot.tickets.tables import tickets

#: Tables that hold nothing of customers.
APART = frozenset(
    {
        "agents",
        "audit",
        "canned_replies",
        "catch_ups",
        "erasures",
        "identities",  # agents' at the company's own login
        "login_attempts",
        "sent_days",
        "exports",  # what agents had written into files: `erase` takes all of them away
        "labels",
        "recovery_codes",
        "retention_runs",
        "sealing_keys",
        "second_factors",
        "sessions",
        "tombstones",
        "views",  # what agents look for: `erase` takes away those that name the person
    }
)


def conditions(contact_ids: Collection[str]) -> Mapping[sa.Table, sa.ColumnElement[bool]]:
    """For every table that hangs on contacts: which of its rows belong to these. Parents stand before their children."""
    found: dict[sa.Table, sa.ColumnElement[bool]] = {contacts: contacts.c.id.in_(list(contact_ids))}
    for table in metadata.sorted_tables:
        ways = [
            key.parent.in_(sa.select(key.column).where(found[key.column.table]))
            for key in sorted(table.foreign_keys, key=lambda key: str(key.parent))
            if key.column.table in found and table is not key.column.table
        ]
        if ways:
            found[table] = sa.or_(*ways)
    return found


def count(connection: Connection, contact_ids: Collection[str]) -> dict[str, int]:
    """How many rows of each table belong to these contacts; tables without any are left out."""
    counts = {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table).where(theirs)).scalar_one()
        for table, theirs in conditions(contact_ids).items()
    }
    return {name: rows for name, rows in counts.items() if rows}


def delete(connection: Connection, contact_ids: Collection[str]) -> dict[str, int]:
    """Delete every row that belongs to these contacts, also from the search index, and the rows of files agents sent them."""
    where = conditions(contact_ids)
    ticket_ids = list(connection.execute(sa.select(tickets.c.id).where(where[tickets])).scalars())
    search.remove(connection, ticket_ids)
    sent = sent_files(connection, contact_ids)
    counts = {}
    for table, theirs in reversed(list(where.items())):
        counts[table.name] = connection.execute(sa.delete(table).where(theirs)).rowcount
    counts["attachments"] += connection.execute(sa.delete(attachments).where(attachments.c.id.in_(sent))).rowcount
    return {name: rows for name, rows in counts.items() if rows}


def sent_files(connection: Connection, contact_ids: Collection[str]) -> list[str]:
    """Ids of the files that agents sent to these contacts: messages name them, no key leads to them."""
    named = connection.execute(sa.select(messages.c.attachments).where(conditions(contact_ids)[messages])).scalars()
    items = [item for parts in named if isinstance(parts, list) for item in parts]
    return sorted({item["file"] for item in items if "file" in item})


def all_files(connection: Connection, contact_ids: Collection[str]) -> list[str]:
    """Ids of every file of these contacts, theirs and the agents': on disk they bear the same name."""
    theirs = sa.select(attachments.c.id).where(conditions(contact_ids)[attachments])
    return sorted({*connection.execute(theirs).scalars(), *sent_files(connection, contact_ids)})
