"""Reading conversations: who talks to the customer, and until when WhatsApp lets us write."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.conversations.tables import conversations
from bot.engine import conversation as snapshot
from bot.engine.conversation import Pending
from bot.engine.turn import WINDOW


@dataclass(frozen=True)
class Standing:
    """How a conversation stands at present."""

    agent: str  #: username of who talks to the customer, or empty for the bot
    ticket: str  #: number of the ticket that the agent is there for
    open_until: datetime  #: the customer wrote last 24 hours before
    pending: tuple[Pending, ...]  #: replies that wait for the customer to write


def standing(connection: Connection, conversation_id: str) -> Standing:
    """How this conversation stands. Raises what SQLAlchemy raises if there is none."""
    query = sa.select(conversations.c.state, conversations.c.last_message_at).where(conversations.c.id == conversation_id)
    row = connection.execute(query).one()
    state = snapshot.from_json(row.state)
    return Standing(agent=state.agent, ticket=state.ticket, open_until=row.last_message_at + WINDOW, pending=state.pending)
