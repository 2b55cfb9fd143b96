"""When a message reached each status: what its trace is made of."""

import sqlalchemy as sa
from alembic import op

from bot.db import Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("accepted_at", "sent_at", "delivered_at", "read_at"):
        op.add_column("messages", sa.Column(name, Moment(), nullable=True))
