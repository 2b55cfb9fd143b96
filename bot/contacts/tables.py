"""Tables of people: contacts, the addresses they write from, their consents (append-only), and what was erased of them."""

import sqlalchemy as sa

from bot.db import Counter, Json, Moment, metadata
from bot.sealing.columns import Findable, Sealed

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("phone", Findable("contacts.phone"), nullable=False),  # E.164, or empty while WhatsApp hides it
    sa.Column("profile_name", Sealed("contacts.profile_name"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("blocked_at", Moment, nullable=True),  # since when this person is not answered; these three go together
    sa.Column("blocked_by", sa.Text, nullable=True),  # an agent's username
    sa.Column("blocked_reason", sa.Text, nullable=True),  # contacts.blocks.Reason
)

#: `whatsapp:+57…` and `whatsapp:CO.…` may lead to the same person.
addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("address", Findable("addresses.address"), primary_key=True),
    sa.Column("contact_id", sa.Text, sa.ForeignKey("contacts.id"), nullable=False, index=True),
)

#: What was asked, what was answered, and the proof of both. A later row overrules an earlier one; none is changed: the database
#: itself refuses to (`bot/migrations`, step 0007).
consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("contact_id", sa.Text, sa.ForeignKey("contacts.id"), nullable=False, index=True),
    sa.Column("given", sa.Boolean, nullable=False),
    sa.Column("policy_version", sa.Text, nullable=False),
    sa.Column("text_sha256", sa.Text, nullable=False),  # of the exact text that was shown
    sa.Column("answer", Sealed("consents.answer"), nullable=False),  # the customer's words
    sa.Column("message_sid", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("revokes", sa.Boolean, nullable=False, server_default=sa.false()),  # it takes back what was given before
    sa.Column("purposes", Json, nullable=False, server_default="[]"),  # what the details may be used for, as the notice named it
    # The message that carried the notice, and how far it had got when it was answered. All empty if none was shown.
    sa.Column("notice_id", sa.Text, nullable=False, server_default=""),
    sa.Column("notice_sid", sa.Text, nullable=False, server_default=""),
    sa.Column("notice_status", sa.Text, nullable=False, server_default=""),
)

#: Messages that were erased and must not come back, by a hash of their ids: see `contacts.tombstones`.
tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("sid_hash", sa.Text, primary_key=True),
    sa.Column("at", Moment, nullable=False),
)

#: Requests to erase somebody that were turned down, and why: law or a contract may demand that the details are kept.
erasure_refusals = sa.Table(
    "erasure_refusals",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("contact_id", sa.Text, sa.ForeignKey("contacts.id"), nullable=False, index=True),
    sa.Column("reason", Sealed("erasure_refusals.reason"), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),  # an agent's username; empty for the operator
    sa.Column("at", Moment, nullable=False),
)
