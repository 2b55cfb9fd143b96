"""Sessions in the console. The cookie holds 256 random bits, the database only their SHA-256: a stolen copy opens nothing.

A session ends when its time is over, when nobody uses it for a while, at logout, when the agent is disabled, when the password
is set anew, or when its agent or an admin ends it. At every step of a login it gets a new token: what was known before opens
nothing afterwards.
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.rights import Actor, Role, Stage
from bot.agents.tables import agents, second_factors, sessions

_LONGEST_BROWSER = 300


@dataclass(frozen=True)
class Client:
    """From where somebody logs in, as the server sees it and as the browser says of itself (untrusted)."""

    address: str = ""
    browser: str = ""


_UNKNOWN = Client()


@dataclass(frozen=True)
class Listed:
    """A session as its agent sees it in a list."""

    id: str
    client: Client
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Session:
    """Who is logged in. `csrf_token` must come with every form that this session sends."""

    agent_id: str
    username: str
    name: str
    csrf_token: str
    role: Role = Role.AGENT
    id: str = ""
    has_factor: bool = False  #: the agent's second factor is in force
    proved: bool = False  #: and was shown in this session
    has_keys: bool = True  #: single keys do something on the pages
    seen_at: datetime | None = None  #: when its agent last did something, to the minute

    def actor(self, *, factor_required: bool = False) -> Actor:
        """Who asks, for `rights.can`. `factor_required`: nobody gets in without a second factor."""
        stage = Stage.IN
        if self.has_factor and not self.proved:
            stage = Stage.CODE
        elif factor_required and not self.has_factor:
            stage = Stage.ENROL
        return Actor(self.username, self.role, stage)


def start(
    connection: Connection, agent_id: str, now: datetime, lifetime: timedelta, client: Client = _UNKNOWN, *, proved: bool = False
) -> str:
    """Begin a session and return its token, which is told only this once. Sessions that are over are cleared away."""
    connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    values = {
        "token_hash": _hash(token),
        "agent_id": agent_id,
        "id": uuid.uuid4().hex,
        "proved": proved,
        "address": client.address,
        "browser": "".join(sign for sign in client.browser if sign.isprintable())[:_LONGEST_BROWSER],
        "csrf_token": secrets.token_urlsafe(32),
        "created_at": now,
        "expires_at": now + lifetime,
        "seen_at": now,
    }
    connection.execute(sa.insert(sessions).values(values))
    return token


def find(connection: Connection, token: str, now: datetime, idle: timedelta | None = None) -> Session | None:
    """The session of this token, unless it is over, nobody has used it for as long as `idle`, or its agent is disabled."""
    columns = (agents.c.id.label("agent_id"), agents.c.username, agents.c.name, agents.c.role, agents.c.has_keys)
    seen_at = sa.func.coalesce(sessions.c.seen_at, sessions.c.created_at, type_=sessions.c.created_at.type)
    its_own = (sessions.c.id, sessions.c.csrf_token, sessions.c.proved, seen_at.label("seen_at"))
    query = (
        sa.select(*columns, *its_own, second_factors.c.confirmed_at)
        .join(agents, agents.c.id == sessions.c.agent_id)
        .outerjoin(second_factors, second_factors.c.agent_id == agents.c.id)
        .where(sessions.c.token_hash == _hash(token), sessions.c.expires_at > now, agents.c.disabled_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    if row is None or (idle is not None and row.seen_at <= now - idle):
        return None
    return Session(
        agent_id=row.agent_id,
        username=row.username,
        name=row.name,
        csrf_token=row.csrf_token,
        role=Role(row.role),
        id=row.id,
        has_factor=row.confirmed_at is not None,
        proved=row.proved,
        has_keys=row.has_keys,
        seen_at=row.seen_at,
    )


def touch(connection: Connection, session_id: str, now: datetime) -> None:
    """Its agent has just done something."""
    connection.execute(sa.update(sessions).where(sessions.c.id == session_id).values(seen_at=now))


def listed(connection: Connection, agent_id: str, now: datetime) -> list[Listed]:
    """An agent's sessions that are not over, newest first."""
    query = sa.select(sessions).where(sessions.c.agent_id == agent_id, sessions.c.expires_at > now)
    return [
        Listed(row.id, Client(row.address, row.browser), row.created_at, row.expires_at)
        for row in connection.execute(query.order_by(sessions.c.created_at.desc(), sessions.c.id))
    ]


def end(connection: Connection, token: str) -> None:
    """End the session of this token, if there is one."""
    connection.execute(sa.delete(sessions).where(sessions.c.token_hash == _hash(token)))


def end_one(connection: Connection, agent_id: str, session_id: str) -> bool:
    """End one of this agent's sessions, by its id; False if there is none."""
    mine = sa.and_(sessions.c.agent_id == agent_id, sessions.c.id == session_id)
    return connection.execute(sa.delete(sessions).where(mine)).rowcount == 1


def end_others(connection: Connection, agent_id: str, session_id: str) -> int:
    """End every session of an agent but this one; how many there were."""
    others = sa.and_(sessions.c.agent_id == agent_id, sessions.c.id != session_id)
    return connection.execute(sa.delete(sessions).where(others)).rowcount


def end_all(connection: Connection, agent_id: str) -> None:
    """End every session of an agent."""
    connection.execute(sa.delete(sessions).where(sessions.c.agent_id == agent_id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
