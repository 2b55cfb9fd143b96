"""Tables of agents, of their sessions and second factors (no secret is kept), and of the audit trail (append-only)."""

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
    sa.Column("has_keys", sa.Boolean, nullable=False, default=True),  # single keys do something on the console's pages
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("disabled_at", Moment, nullable=True),
    sa.CheckConstraint("role IN ('agent', 'supervisor', 'admin')", name="role_known"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # SHA-256 of the cookie's value
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id"), nullable=False, index=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),  # names the session in pages; opens nothing
    sa.Column("csrf_token", sa.Text, nullable=False),
    sa.Column("proved", sa.Boolean, nullable=False),  # the second factor was shown in this session
    sa.Column("address", sa.Text, nullable=False),  # the client's address at the login
    sa.Column("browser", sa.Text, nullable=False),  # the User-Agent at the login, cut: untrusted
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, nullable=True),  # when its agent last did something, to the minute; empty: not since the login
)

second_factors = sa.Table(
    "second_factors",
    metadata,
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("nonce", sa.Text, nullable=False),  # makes the secret together with a key that is kept elsewhere
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("confirmed_at", Moment, nullable=True),  # empty until a code showed that the phone has the secret
    sa.Column("last_step", sa.BigInteger, nullable=False),  # of the last code that was taken: none works twice
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("code_hash", sa.Text, primary_key=True),  # HMAC-SHA256 under the key of the second factors
    sa.Column("used_at", Moment, nullable=True),
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

#: The trail is looked through by who, by what and by about what, newest first.
sa.Index("ix_audit_agent_id_id", audit.c.agent_id, audit.c.id)
sa.Index("ix_audit_action_id", audit.c.action, audit.c.id)
sa.Index("ix_audit_object_id", audit.c.object, audit.c.id)

#: Attempts to log in of the last quarter of an hour.
login_attempts = sa.Table(
    "login_attempts",
    metadata,
    sa.Column("id", Counter, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, index=True),  # HMAC-SHA256 of a name and an address, or of an address
    sa.Column("at", Moment, nullable=False, index=True),
)

#: Whom the company's own login (OpenID Connect) may let in: what it says of somebody → an account that is there already.
identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),  # email or subject
    sa.Column("value", sa.Text, primary_key=True),  # an e-mail address in small letters, or a subject as it is
    sa.Column("agent_id", sa.Text, sa.ForeignKey("agents.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.CheckConstraint("kind IN ('email', 'subject')", name="kind_known"),
)
