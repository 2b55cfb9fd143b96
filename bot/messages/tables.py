"""The table of messages, both directions. An outgoing row is its own place in the outbox."""

from enum import StrEnum

import sqlalchemy as sa

from bot.db import Json, Moment, metadata
from bot.sealing.columns import Sealed, SealedJson


class Direction(StrEnum):
    """Which way a message went."""

    IN = "in"
    OUT = "out"
    NOTE = "note"  #: a line for agents: who talks now. It goes nowhere


class Status(StrEnum):
    """Where a message stands. Incoming ones and notes are `RECEIVED` for ever; the rest is the way of an outgoing one."""

    RECEIVED = "received"
    QUEUED = "queued"  #: to be sent at `due_at`
    SENDING = "sending"  #: handed to the provider; the answer is not in yet
    UNKNOWN = "unknown"  #: no clear answer came: to be looked up at `due_at` before anything is sent again
    ACCEPTED = "accepted"  #: the provider has it and gave a `sid`
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  #: for good; `error_code` says why
    WITHDRAWN = "withdrawn"  #: an agent took over before it was sent
    EXPIRED = "expired"  #: a question that newer words took the place of while it could not be sent


#: While a message of a conversation stands here, the ones after it wait.
UNSETTLED = (Status.QUEUED, Status.SENDING, Status.UNKNOWN)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # goes into the callback's address
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # its place in the transcript
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),  # customer | bot | an agent's username
    sa.Column("cause", sa.Text, nullable=False, unique=True),  # input and number: doing a turn twice adds nothing
    sa.Column("sid", sa.Text, nullable=True, index=True),  # the provider's; that it is unique is the provider's promise, not ours
    sa.Column("address", Sealed("messages.address"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # engine.inputs.Kind; of a note `switch`
    sa.Column("body", Sealed("messages.body"), nullable=False),
    sa.Column("attachments", SealedJson("messages.attachments"), nullable=False),  # [{"url", "content_type"}], or a place's parts
    sa.Column("reasons", SealedJson("messages.reasons"), nullable=False),  # why the bot understood it as it did: strings
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("error_code", sa.Integer, nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=True),
    sa.Column("answers_sid", sa.Text, nullable=False),  # the customer's message it answers first: "typing…" is shown there
    sa.Column("content_sid", sa.Text, nullable=False, default=""),  # the template it is; `body` has its words
    sa.Column("accepted_at", Moment, nullable=True),  # these four: when it got that far, by our clock
    sa.Column("sent_at", Moment, nullable=True),
    sa.Column("delivered_at", Moment, nullable=True),
    sa.Column("read_at", Moment, nullable=True),
    sa.Column("expires_at", Moment, nullable=True),  # a question is stale then; confirmations and agents' words have none
    sa.Column("lease_until", Moment, nullable=True),  # by the database's clock: so long it belongs to the sender that claimed it
    sa.Column("look_ups", sa.Integer, nullable=True),  # of an attempt in doubt: how many look-ups found nothing; else null
    sa.Column("look_up_from", Moment, nullable=True),  # may have been sent in a life that we forgot: look it up from here first
    sa.Column("recalled", sa.Boolean, nullable=False, server_default=sa.false()),  # an agent took over: not to be sent again
    sa.Column("past_sids", Json, nullable=True),  # what the provider called attempts that failed: none of these is the next one
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("conversation_id", "position"),
)

#: Literal values: a database uses a partial index only where it sees them.
UNSETTLED_VALUES = [sa.literal_column(f"'{status.value}'", sa.Text) for status in UNSETTLED]
IS_UNSETTLED = messages.c.status.in_(UNSETTLED_VALUES)
sa.Index(
    "ix_messages_outbox",
    messages.c.conversation_id,
    messages.c.position,
    sqlite_where=IS_UNSETTLED,
    postgresql_where=IS_UNSETTLED,
)
sa.Index("ix_messages_due", messages.c.due_at, sqlite_where=IS_UNSETTLED, postgresql_where=IS_UNSETTLED)

#: How many messages went out on each day in Colombia, and how many were left out because the day's were sent (`allowance`).
sent_days = sa.Table(
    "sent_days",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("sent", sa.BigInteger, nullable=False),
    sa.Column("left_out", sa.BigInteger, nullable=False),
)
