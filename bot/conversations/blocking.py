"""What a blocked customer gets: nothing but what the law owes them.

What they write is kept in the transcript, so that a mistaken block loses no word.

The bot does not answer, no ticket is marked or opened, no file of theirs is fetched, and what the bot had not begun to send is
withdrawn. An agent who writes to them all the same reaches them. A sentence that tells them would only show a flooder that
somebody reads, and cost money for each message. Their rights as holders of data stay: a request for one opens its case and is
answered, once for as long as that case is open.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.contacts import blocks
from bot.contacts.blocks import Reason
from bot.conversations.tables import conversations
from bot.engine.inputs import Input, MessageReceived, MessagesPiledUp, TimeRanOut
from bot.messages import outbox


def block(connection: Connection, contact_id: str, reason: Reason, by: str, now: datetime) -> bool:
    """Block a customer from this moment on; False if there is nothing to block."""
    if not blocks.block(connection, contact_id, reason, by, now):
        return False
    theirs = sa.select(conversations.c.id).where(conversations.c.contact_id == contact_id)
    for conversation_id in connection.execute(theirs).scalars().all():
        outbox.withdraw(connection, conversation_id, now)
    return True


def is_unheard(happened: Input) -> bool:
    """Whether this comes to nothing while the customer is blocked; what agents do counts all the same."""
    return isinstance(happened, MessageReceived | TimeRanOut | MessagesPiledUp)
