"""What catching up, parking, pacing and expiry need to remember."""

import sqlalchemy as sa
from alembic import op

from bot.db import Json, Moment

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("lease_until", Moment(), nullable=True))
        batch_op.add_column(sa.Column("look_ups", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("look_up_from", Moment(), nullable=True))
        batch_op.add_column(sa.Column("recalled", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("past_sids", Json, nullable=True))
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pace", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sent_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("due_at", Moment(), nullable=True))
        batch_op.create_index(
            "ix_inbox_order",
            ["id"],
            unique=False,
            sqlite_where=sa.text("handled_at IS NULL"),
            postgresql_where=sa.text("handled_at IS NULL"),
        )
    op.create_table(
        "catch_ups",
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("watermark", Moment(), nullable=False),
        sa.Column("looked_at", Moment(), nullable=True),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_catch_ups")),
    )
