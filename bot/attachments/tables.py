"""The table of files: one row for each, whether it is here yet or not. The content lies in files beside the database."""

from enum import StrEnum

import sqlalchemy as sa

from bot.db import Moment, metadata


class State(StrEnum):
    """Where a file stands."""

    WAITING = "waiting"  #: to be fetched at `due_at`, or being fetched until then
    FETCHED = "fetched"  #: kept here
    REFUSED = "refused"  #: not wanted, for good: `reason` says why
    FAILED = "failed"  #: could not be had after many tries: `reason` says what came in the way


class Reason(StrEnum):
    """Why a file is not here. The first five end in `REFUSED`, the others are tried again and may end in `FAILED`."""

    ADDRESS = "address"  #: the address that was told is not one of a file of our account
    REDIRECT = "redirect"  #: it led to a place where no file of ours can lie
    SIZE = "size"  #: larger than WhatsApp allows
    TYPE = "type"  #: of no type that WhatsApp knows, or empty
    FLOOD = "flood"  #: one of more than a customer may send in an hour
    MISSING = "missing"  #: the provider does not have it (any more)
    DENIED = "denied"  #: the provider does not take our word for it
    EXPIRED = "expired"  #: it was here, and its time is over
    HIDDEN = "hidden"  #: it was here, and an agent hid it
    TROUBLE = "trouble"  #: no connection, no answer in time, or a failure on either side


attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # 128 random bits: stands in addresses, and names the file on disk
    sa.Column("message_id", sa.Text, sa.ForeignKey("messages.id"), nullable=True),  # none for a file that an agent sends
    sa.Column("number", sa.Integer, nullable=False),  # its place within the message
    sa.Column("account_sid", sa.Text, nullable=False),  # these three name it at the provider; empty if it did not come from there
    sa.Column("message_sid", sa.Text, nullable=False),
    sa.Column("media_sid", sa.Text, nullable=False, index=True),
    sa.Column("told_type", sa.Text, nullable=False),  # the sender's word, believed by nobody
    sa.Column("found_type", sa.Text, nullable=False),  # a name in attachments.types.TYPES, or empty
    sa.Column("size", sa.Integer, nullable=False),  # bytes; 0 until it is here
    sa.Column("has_preview", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=True),
    sa.Column("stored_as", sa.Text, nullable=False),  # name below data_dir/attachments; empty until it is here
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("message_id", "number"),
    sa.CheckConstraint("state <> 'fetched' OR (stored_as <> '' AND found_type <> '')", name="fetched_is_kept"),
    sa.CheckConstraint("state <> 'waiting' OR due_at IS NOT NULL", name="waiting_is_due"),
)

_waiting = attachments.c.state == State.WAITING.value
sa.Index("ix_attachments_due", attachments.c.due_at, sqlite_where=_waiting, postgresql_where=_waiting)
