"""Labels, canned replies, agents' own views, and whether an agent's single keys do something."""

import sqlalchemy as sa
from alembic import op

from bot.db import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("archived_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_labels")),
        sa.UniqueConstraint("folded", name=op.f("uq_labels_folded")),
    )
    op.create_table(
        "ticket_labels",
        sa.Column("ticket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("last_message_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_labels_ticket_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["label"], ["labels.key"], name=op.f("fk_ticket_labels_label")),
        sa.PrimaryKeyConstraint("ticket_id", "label", name=op.f("pk_ticket_labels")),
    )
    with op.batch_alter_table("ticket_labels", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_labels_id", ["label", "ticket_id"], unique=False)
        batch_op.create_index("ix_ticket_labels_last_message", ["label", "last_message_at", "ticket_id"], unique=False)

    op.create_table(
        "canned_replies",
        sa.Column("shortcut", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("shortcut", name=op.f("pk_canned_replies")),
    )
    op.create_table(
        "views",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
        sa.UniqueConstraint("agent", "name", name=op.f("uq_views_agent_name")),
    )
    op.add_column("agents", sa.Column("has_keys", sa.Boolean(), nullable=False, server_default=sa.true()))
