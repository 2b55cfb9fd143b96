"""Tables of tickets, of their history, which is append-only, and of what agents have begun to write."""

import sqlalchemy as sa

from bot.db import Counter, Moment, metadata
from bot.sealing.columns import Sealed, SealedJson

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("number", sa.Text, nullable=False, unique=True),  # SF-000001, made from the id
    sa.Column("contact_id", sa.Text, sa.ForeignKey("contacts.id"), nullable=False, index=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False, index=True),
    sa.Column("cause", sa.Text, nullable=False, unique=True),  # input and number: one ticket per confirmed dialogue
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("case", sa.Text, nullable=False),  # the documented case the detail was recognised as, or empty
    sa.Column("status", sa.Text, nullable=False),  # tickets.lifecycle.Status
    sa.Column("assignee", sa.Text, nullable=False, default=""),  # username of who has it or had it last; empty while open
    sa.Column("version", sa.Integer, nullable=False, default=0),  # raised by every move: an agent acts on the one they saw
    sa.Column("resolved_at", Moment, nullable=True),  # while it is resolved
    sa.Column("rating", sa.Integer, nullable=True),  # 1 to 5 stars, given by the customer after it was resolved
    sa.Column("rating_comment", Sealed("tickets.rating_comment"), nullable=False, default=""),
    sa.Column("fields", SealedJson("tickets.fields"), nullable=False),  # [{"name", "label", "value"}] as they were asked
    sa.Column("detail", Sealed("tickets.detail"), nullable=False),
    sa.Column("attachments", SealedJson("tickets.attachments"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("first_response_due_at", Moment, nullable=True),  # until when the customer was promised an answer, if they were
    sa.Column("resolution_due_at", Moment, nullable=True),
    sa.Column("first_responded_at", Moment, nullable=True),  # when an agent first wrote to the customer about it
    sa.Column("last_message_at", Moment, nullable=False),  # when the customer last wrote while it was not resolved
    sa.Column("unread", sa.Boolean, nullable=False, default=False),  # the customer wrote since an agent opened its page
    sa.CheckConstraint("status <> 'open' OR assignee = ''", name="open_is_nobodys"),
    sa.CheckConstraint("status NOT IN ('assigned', 'waiting') OR assignee <> ''", name="held_by_somebody"),
    sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating_in_stars"),
    sqlite_autoincrement=True,  # a number is never given out twice, also after a delete
)

#: The console's lists: whatever is chosen, by number or by when the customer last wrote, page after page without sorting.
sa.Index("ix_tickets_last_message", tickets.c.last_message_at, tickets.c.id)
for _chosen in (tickets.c.status, tickets.c.case, tickets.c.category, tickets.c.assignee):
    sa.Index(f"ix_tickets_{_chosen.name}_id", _chosen, tickets.c.id)
    sa.Index(f"ix_tickets_{_chosen.name}_last_message", _chosen, tickets.c.last_message_at, tickets.c.id)

#: Conditions with an index of their own. Values stand in them literally: a database uses a partial index only if it sees them.
IS_HELD = tickets.c.status.in_([sa.literal_column("'assigned'"), sa.literal_column("'waiting'")])
IS_UNREAD = tickets.c.unread == sa.literal_column("true")
#: In the shape of no column, or else SQLite would rather go by the indexes on the state, and sort.
IS_OURS = sa.func.coalesce(tickets.c.status, sa.literal_column("''")).in_(
    [sa.literal_column("'open'"), sa.literal_column("'assigned'")]
)
_DUE = (tickets.c.first_responded_at, tickets.c.first_response_due_at, tickets.c.resolution_due_at)
for _name, _keys, _where in (
    ("held_id", [tickets.c.assignee, tickets.c.id], IS_HELD),
    ("held_last_message", [tickets.c.assignee, tickets.c.last_message_at, tickets.c.id], IS_HELD),
    ("unread_id", [tickets.c.id], IS_UNREAD),
    ("unread_last_message", [tickets.c.last_message_at, tickets.c.id], IS_UNREAD),
    # With what tells whether they are overdue, so that this is seen without looking at the tickets.
    ("ours_id", [tickets.c.id, *_DUE, tickets.c.status], IS_OURS),
    ("ours_last_message", [tickets.c.last_message_at, tickets.c.id, *_DUE, tickets.c.status], IS_OURS),
):
    sa.Index(f"ix_tickets_{_name}", *_keys, sqlite_where=_where, postgresql_where=_where)

#: Reports look at what was opened and what was resolved in a period. What the summary counts stands in the index with it: to
#: look at some ten thousand tickets instead takes ten times as long.
sa.Index("ix_tickets_opened", tickets.c.created_at, *_DUE, tickets.c.resolved_at)
sa.Index("ix_tickets_resolved", tickets.c.resolved_at, tickets.c.created_at, tickets.c.rating)

ticket_events = sa.Table(
    "ticket_events",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("ticket_id", Counter, sa.ForeignKey("tickets.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # tickets.service.HAPPENINGS, or an event of tickets.lifecycle.TABLE
    sa.Column("actor", sa.Text, nullable=False),  # customer | bot | an agent's username
    sa.Column("data", SealedJson("ticket_events.data"), nullable=False),
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("ticket_id", Counter, sa.ForeignKey("tickets.id"), primary_key=True),
    sa.Column("agent", sa.Text, primary_key=True),  # username
    sa.Column("text", Sealed("drafts.text"), nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)

#: Files of tickets that somebody asked for. The file itself lies in a folder, under the row's id, until it expires.
exports = sa.Table(
    "exports",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agent", sa.Text, nullable=False),  # username of who asked for it, and may fetch it
    sa.Column("format", sa.Text, nullable=False),  # one of tickets.exporting.FORMATS
    sa.Column("wanted", SealedJson("exports.wanted"), nullable=False),  # which tickets: {"filters", "words", "first", "last"}
    sa.Column("state", sa.Text, nullable=False),  # tickets.exports.State
    sa.Column("total", sa.Integer, nullable=False),  # tickets that are to come in, at most
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),  # bytes of the file
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),  # the lease of who writes it counts from here
    sa.Column("expires_at", Moment, nullable=True),  # when the file goes
)

sa.Index("ix_exports_agent", exports.c.agent, exports.c.created_at)
sa.Index("ix_exports_state", exports.c.state, exports.c.updated_at)
