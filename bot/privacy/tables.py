"""Tables of erasures under way and done, and of the nightly runs. They hold nothing of a person but keyed hashes."""

from enum import StrEnum

import sqlalchemy as sa

from bot.db import Json, Moment, metadata
from bot.sealing.columns import SealedJson


class Reason(StrEnum):
    """Why somebody's data were erased."""

    ASKED = "asked"  #: they asked for it
    REFUSED = "refused"  #: they did not agree that their details are kept
    UNANSWERED = "unanswered"  #: they did not answer whether they agree
    EXPIRED = "expired"  #: nobody needs them any more
    RESTORED = "restored"  #: a backup from before an erasure had brought them back
    HIDDEN = "hidden"  #: an agent hid a message: only the provider's copy of it


erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("persons", Json, nullable=False),  # keyed hashes of the addresses: privacy.persons
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),  # an agent's username; empty for the operator and for retention
    sa.Column("at", Moment, nullable=False),
    sa.Column("counts", Json, nullable=False),  # table → rows erased; also `files` and `copies`
    sa.Column("proofs", Json, nullable=False),  # of their consents: what was agreed to and when, without a word of theirs
    sa.Column("todo", SealedJson("erasures.todo"), nullable=False),  # privacy.erase.Todo until it is dealt with, then empty
    sa.Column("due_at", Moment, nullable=True, index=True),  # when to go on; empty once all is done
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),  # why the last attempt did not get to the end, by kind
    sa.Column("finished_at", Moment, nullable=True),
)

#: One row for each night: whoever writes it first does the work.
retention_runs = sa.Table(
    "retention_runs",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),  # of Colombia's calendar, 2026-11-23
    sa.Column("at", Moment, nullable=False),
    sa.Column("report", Json, nullable=False),
)
