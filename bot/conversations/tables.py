"""Tables of conversations: where each one stands, the inbox of what happened to it, and how far that is complete."""

import sqlalchemy as sa

from bot.db import Counter, Json, Moment, metadata
from bot.sealing.columns import Sealed, SealedJson

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("contact_id", sa.Text, sa.ForeignKey("contacts.id"), nullable=False, unique=True),
    sa.Column("address", Sealed("conversations.address"), nullable=False),  # where the customer wrote from last: answers go there
    # engine.conversation.Conversation as JSON; where it stands may be asked in SQL.
    sa.Column("state", SealedJson("conversations.state", ("node", "return_to")), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # raised by every turn; a turn on an older one is refused
    sa.Column("arrivals", sa.Integer, nullable=False),  # how many inputs came: gives each its place
    sa.Column("positions", sa.Integer, nullable=False),  # how many messages the transcript holds
    sa.Column("last_message_at", Moment, nullable=False),  # of the customer: the 24-hour window counts from here
    sa.Column("wake_at", Moment, nullable=True, index=True),
    sa.Column("pace", sa.BigInteger, nullable=True),  # see `pace`: milliseconds since 1970
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("arrival", sa.Integer, nullable=False),  # the order of handling within the conversation
    sa.Column("key", sa.Text, nullable=False, unique=True),  # MessageSid, or what else happens only once
    sa.Column("input", SealedJson("inbox.input"), nullable=False),  # engine.inputs.Input as JSON, already redacted
    sa.Column("parameters", SealedJson("inbox.parameters"), nullable=False),  # all that the webhook said, redacted
    sa.Column("awaits_secret", sa.Boolean, nullable=False),  # "mi clave es:": the next message is masked with this in mind
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("sent_at", Moment, nullable=True),  # of a message that no webhook brought: when the customer sent it
    sa.Column("due_at", Moment, nullable=True),  # not to be handled before; null is at once
    sa.Column("handled_at", Moment, nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text, nullable=False, default=""),  # why the last attempt failed, by kind; no text of the customer
    sa.UniqueConstraint("conversation_id", "arrival"),
)

#: Finding what waits must not cost more as history grows.
sa.Index(
    "ix_inbox_waiting",
    inbox.c.conversation_id,
    inbox.c.arrival,
    sqlite_where=inbox.c.handled_at.is_(None),
    postgresql_where=inbox.c.handled_at.is_(None),
)
#: Whoever waits longest is served first.
sa.Index("ix_inbox_order", inbox.c.id, sqlite_where=inbox.c.handled_at.is_(None), postgresql_where=inbox.c.handled_at.is_(None))

#: One row for each sender of ours: up to where the provider's list of what customers wrote was compared with the inbox.
catch_ups = sa.Table(
    "catch_ups",
    metadata,
    sa.Column("line", sa.Text, primary_key=True),  # our address at the provider
    sa.Column("watermark", Moment, nullable=False),  # by the provider's clock: all that was sent before is in the inbox
    sa.Column("looked_at", Moment, nullable=True),  # when it was compared last
    sa.Column("found", sa.BigInteger, nullable=False),  # how many messages no webhook had brought, in all
)

#: What one customer and the bot had to say to each other without a long silence: for the reports, and nothing else.
dialogues = sa.Table(
    "dialogues",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("began_at", Moment, nullable=False, index=True),
    sa.Column("last_at", Moment, nullable=False),  # when the customer wrote last
    sa.Column("path", Json, nullable=False),  # the nodes it came through, each once, in the order of the first visit
    sa.Column("node", sa.Text, nullable=False),  # where it stands, or stood before it came to rest
    sa.Column("answered", sa.Boolean, nullable=False),  # a documented answer was given
    sa.Column("helped", sa.Boolean, nullable=False),  # and the customer said that it was of use, or that they would wait
    sa.Column("opened_ticket", sa.Boolean, nullable=False),
    sa.Column("asked_agent", sa.Boolean, nullable=False),  # the customer asked for an agent, or one came
)
