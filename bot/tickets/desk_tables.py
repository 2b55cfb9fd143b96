"""Tables of what agents arrange their work with: labels, canned replies, and the views that each of them keeps."""

import sqlalchemy as sa

from bot.db import Counter, Moment, metadata
from bot.sealing.columns import Sealed

labels = sa.Table(
    "labels",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # made from the first name and kept for good: it stands in addresses
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False, unique=True),  # the name without accents and capitals: no two look the same
    sa.Column("colour", sa.Text, nullable=False),  # tickets.labels.Colour
    sa.Column("archived_at", Moment, nullable=True),  # stays on its tickets, and goes on no other
)

ticket_labels = sa.Table(
    "ticket_labels",
    metadata,
    sa.Column("ticket_id", Counter, sa.ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("label", sa.Text, sa.ForeignKey("labels.key"), primary_key=True),
    sa.Column("last_message_at", Moment, nullable=False),  # the ticket's, kept equal to it: the list is sorted by it
)

#: The list of one label in the two orders of the console, page after page without sorting.
sa.Index("ix_ticket_labels_id", ticket_labels.c.label, ticket_labels.c.ticket_id)
sa.Index("ix_ticket_labels_last_message", ticket_labels.c.label, ticket_labels.c.last_message_at, ticket_labels.c.ticket_id)

canned_replies = sa.Table(
    "canned_replies",
    metadata,
    sa.Column("shortcut", sa.Text, primary_key=True),  # what is typed behind the slash
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # with variables of tickets.canned.VARIABLES in braces
    sa.Column("updated_at", Moment, nullable=False),
)

views = sa.Table(
    "views",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("agent", sa.Text, nullable=False),  # username of whom it belongs to
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", Sealed("views.query"), nullable=False),  # filters, order and words, as they stand in the list's address
    sa.UniqueConstraint("agent", "name"),
)
