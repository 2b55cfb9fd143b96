"""A customer who sends one file after the other: so many are kept in an hour, and of more they are told kindly."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.attachments.tables import Reason, attachments
from bot.engine.inputs import Input, MessageReceived
from bot.messages.tables import messages


def is_flood(connection: Connection, conversation_id: str, happened: Input, now: datetime, per_hour: int) -> bool:
    """Whether a message brings files of which its customer sent too many lately. `per_hour` 0 is no limit."""
    if not per_hour or not isinstance(happened, MessageReceived) or not happened.media:
        return False
    lately = messages.c.created_at >= now - timedelta(hours=1)
    theirs = sa.select(messages.c.id).where(messages.c.conversation_id == conversation_id, lately)
    kept = sa.and_(attachments.c.message_id.in_(theirs), attachments.c.reason != Reason.FLOOD.value)
    count: int = connection.execute(sa.select(sa.func.count()).select_from(attachments).where(kept)).scalar_one()
    return count + len(happened.media) > per_hour
