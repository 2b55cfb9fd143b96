"""Tables of people: contacts, the addresses they write from, and their consents (append-only)."""

import sqlalchemy as sa

from bot.db import Counter, Moment, metadata

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("phone", sa.Text, nullable=False),  # E.164, or empty while WhatsApp hides it
    sa.Column("profile_name", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("blocked_at", Moment, nullable=True),  # since when this person is not answered; these three go together
    sa.Column("blocked_by", sa.Text, nullable=True),  # an agent's username
    sa.Column("blocked_reason", sa.Text, nullable=True),  # contacts.blocks.Reason
)

#: `whatsapp:+57…` and `whatsapp:CO.…` may lead to the same person.
addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("contact_id", sa.Text, sa.ForeignKey("contacts.id"), nullable=False, index=True),
)

#: What was asked, what was answered, and the proof of both. A later row overrules an earlier one; none is changed.
consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("contact_id", sa.Text, sa.ForeignKey("contacts.id"), nullable=False, index=True),
    sa.Column("given", sa.Boolean, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("text_sha256", sa.Text, nullable=False),  # of the exact text that was shown
    sa.Column("answer", sa.Text, nullable=False),  # the customer's words
    sa.Column("message_sid", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
