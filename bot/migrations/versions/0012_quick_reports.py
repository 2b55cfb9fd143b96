"""Indexes that hold what the summary of the reports and the list of overdue tickets ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_DUE = ["first_responded_at", "first_response_due_at", "resolution_due_at"]
_IS_OURS = sa.text("coalesce(status, '') IN ('open', 'assigned')")


def upgrade() -> None:
    op.drop_index("ix_tickets_created_at", "tickets", if_exists=True)
    op.drop_index("ix_tickets_resolved_at", "tickets", if_exists=True)
    op.create_index("ix_tickets_opened", "tickets", ["created_at", *_DUE, "resolved_at"])
    op.create_index("ix_tickets_resolved", "tickets", ["resolved_at", "created_at", "rating"])
    for name, keys in (("ours_id", ["id"]), ("ours_last_message", ["last_message_at", "id"])):
        op.create_index(
            f"ix_tickets_{name}", "tickets", [*keys, *_DUE, "status"], sqlite_where=_IS_OURS, postgresql_where=_IS_OURS
        )
