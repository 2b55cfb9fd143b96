"""Two contacts turned out to be one person: bring the belongings of one over to the other.

This happens when WhatsApp showed a phone number first, later only its own id, and at last both together.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts import blocks
from bot.contacts.tables import addresses, consents, contacts, erasure_refusals
from bot.conversations.tables import conversations, dialogues, inbox
from bot.messages.tables import messages
from bot.tickets.tables import tickets


def merge(connection: Connection, *, kept: str, duplicate: str) -> None:
    """Make `kept` the owner of all that `duplicate` has; the dialogue with an agent goes on, else that of whoever wrote last."""
    for table in (addresses, consents, erasure_refusals, tickets):
        connection.execute(sa.update(table).where(table.c.contact_id == duplicate).values(contact_id=kept))
    blocks.inherit(connection, kept=kept, duplicate=duplicate)
    both = sa.select(conversations).where(conversations.c.contact_id.in_([kept, duplicate])).with_for_update()
    rows = {row.contact_id: row for row in connection.execute(both)}
    old = rows.get(duplicate)
    if old is not None:
        new = rows[kept]
        _append(connection, old, new)
        livelier = old if old.last_message_at > new.last_message_at or new.version == 0 else new
        # Whoever has an agent keeps them: the customer is being attended.
        talking = next((row for row in (old, new) if row.state.get("agent")), livelier)
        connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == new.id)
            .values(
                state=talking.state,
                wake_at=talking.wake_at,
                version=new.version + old.version + 1,
                arrivals=new.arrivals + old.arrivals,
                positions=new.positions + old.positions,
            )
        )
        connection.execute(sa.delete(conversations).where(conversations.c.id == old.id))
    connection.execute(sa.delete(contacts).where(contacts.c.id == duplicate))


def _append(connection: Connection, old: sa.Row[tuple[object, ...]], new: sa.Row[tuple[object, ...]]) -> None:
    """Move history behind what is there: places count on, so none is taken twice."""
    for table, place, offset in ((inbox, inbox.c.arrival, new.arrivals), (messages, messages.c.position, new.positions)):
        connection.execute(
            sa.update(table)
            .where(table.c.conversation_id == old.id)
            .values({"conversation_id": new.id, place.name: place + offset})
        )
    for moved in (tickets, dialogues):
        connection.execute(sa.update(moved).where(moved.c.conversation_id == old.id).values(conversation_id=new.id))
