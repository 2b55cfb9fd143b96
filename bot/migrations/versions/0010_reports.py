"""The ways that customers take through the flow, and the files of tickets that agents ask for."""

import sqlalchemy as sa
from alembic import op

from bot.db import Json, Moment

revision = "0010"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "dialogues",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("began_at", Moment(), nullable=False),
        sa.Column("last_at", Moment(), nullable=False),
        sa.Column("path", Json, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("opened_ticket", sa.Boolean(), nullable=False),
        sa.Column("asked_agent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_dialogues_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogues")),
    )
    with op.batch_alter_table("dialogues", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dialogues_began_at"), ["began_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_dialogues_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "exports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("wanted", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.create_index("ix_exports_agent", ["agent", "created_at"], unique=False)
        batch_op.create_index("ix_exports_state", ["state", "updated_at"], unique=False)
