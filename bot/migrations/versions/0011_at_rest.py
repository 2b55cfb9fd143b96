"""The keys that personal columns are sealed under. What is sealed is kept in the columns that were there already."""

import sqlalchemy as sa
from alembic import op

from bot.db import Moment

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "sealing_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("index_key", sa.Text(), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_keys")),
    )
