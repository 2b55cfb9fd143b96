"""Customers who are blocked, and how many messages were sent each day."""

import sqlalchemy as sa
from alembic import op

from bot.db import Moment

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("contacts", sa.Column("blocked_at", Moment(), nullable=True))
    op.add_column("contacts", sa.Column("blocked_by", sa.Text(), nullable=True))
    op.add_column("contacts", sa.Column("blocked_reason", sa.Text(), nullable=True))
    op.create_table(
        "sent_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_sent_days")),
    )
