"""Tables of agents, of their sessions (only a hash of the token is kept) and of the audit trail (append-only)."""

import sqlalchemy as sa

from bot.db import Counter, Json, Moment, metadata

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("username", sa.Text, nullable=False, unique=True),  # folded: lower case
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),  # argon2id
    sa.Column("role", sa.Text, nullable=False, default="agent"),  # agents.rights.Role
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("disabled_at", Moment, nullable=True),
    sa.CheckConstraint("role IN ('agent', 'supervisor', 'admin')", name="role_known"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # SHA-256 of the cookie's value
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id"), nullable=False, index=True),
    sa.Column("csrf_token", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("agent_id", sa.Text, nullable=False),  # empty for a failed login
    sa.Column("action", sa.Text, nullable=False),  # agent:login:succeeded, ticket:read, …
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),  # the client's address
    sa.Column("data", Json, nullable=False),
)
