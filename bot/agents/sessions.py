"""Sessions in the console. The cookie holds 256 random bits, the database only their SHA-256: a stolen copy opens nothing.

A session ends when its time is over, at logout, when the agent is disabled, or when the password is set anew.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.rights import Actor, Role
from bot.agents.tables import agents, sessions


@dataclass(frozen=True)
class Session:
    """Who is logged in. `csrf_token` must come with every form that this session sends."""

    agent_id: str
    username: str
    name: str
    csrf_token: str
    role: Role = Role.AGENT

    @property
    def actor(self) -> Actor:
        """Who asks, for `rights.can`."""
        return Actor(self.username, self.role)


def start(connection: Connection, agent_id: str, now: datetime, lifetime: timedelta) -> str:
    """Begin a session and return its token, which is told only this once. Sessions that are over are cleared away."""
    connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    values = {
        "token_hash": _hash(token),
        "agent_id": agent_id,
        "csrf_token": secrets.token_urlsafe(32),
        "created_at": now,
        "expires_at": now + lifetime,
    }
    connection.execute(sa.insert(sessions).values(values))
    return token


def find(connection: Connection, token: str, now: datetime) -> Session | None:
    """The session of this token, unless it is over or its agent is disabled."""
    query = (
        sa.select(agents.c.id, agents.c.username, agents.c.name, agents.c.role, sessions.c.csrf_token)
        .join(agents, agents.c.id == sessions.c.agent_id)
        .where(sessions.c.token_hash == _hash(token), sessions.c.expires_at > now, agents.c.disabled_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Session(row.id, row.username, row.name, row.csrf_token, Role(row.role))


def end(connection: Connection, token: str) -> None:
    """End the session of this token, if there is one."""
    connection.execute(sa.delete(sessions).where(sessions.c.token_hash == _hash(token)))


def end_all(connection: Connection, agent_id: str) -> None:
    """End every session of an agent."""
    connection.execute(sa.delete(sessions).where(sessions.c.agent_id == agent_id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
