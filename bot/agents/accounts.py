"""Agents' accounts. A username is given once and never again: history and audit trail name agents by it."""

import re
import unicodedata
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents import factor, sessions
from bot.agents.rights import Role
from bot.agents.tables import agents
from bot.agents.trail import OPERATOR, Action, Author, deed_of, record, record_change
from bot.statements import insert_new

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}", re.ASCII)
#: Who else acts in a ticket's history: an agent must not be taken for one of them.
_RESERVED = {"customer", "bot"}


@dataclass(frozen=True)
class Agent:
    """Somebody who may log in, or could once."""

    id: str
    username: str
    name: str
    created_at: datetime
    disabled_at: datetime | None
    role: Role = Role.AGENT


@dataclass(frozen=True)
class Credentials:
    """What a login is checked against."""

    agent: Agent
    password_hash: str


class AccountRefusedError(ValueError):
    """The account cannot be made or found as asked; the message says why in one line, `reason` in one word."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


def folded(username: str) -> str:
    """The form in which usernames are kept and looked up."""
    return unicodedata.normalize("NFKC", username).strip().lower()


def username_from(name: str) -> str:
    """A username made from a person's name: `Ana María Gómez` → `ana.maria.gomez`. Raises AccountRefusedError."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    username = ".".join(re.findall(r"[a-z0-9]+", plain))[:32].rstrip(".")
    if not _USERNAME.fullmatch(username) or username in _RESERVED:
        raise AccountRefusedError(f"no username can be made from {name!r}: give one with --username")
    return username


def add(connection: Connection, name: str, username: str, password_hash: str, now: datetime, by: Author = OPERATOR) -> Agent:
    """Make an account with the least role. Raises AccountRefusedError: no name, or a username that is taken or malformed."""
    username, name = folded(username), " ".join(name.split())
    if not name:
        raise AccountRefusedError("an agent needs a name", "no_name")
    if not _USERNAME.fullmatch(username) or username in _RESERVED:
        problem = f"{username!r} cannot be a username: 2 to 32 of a-z 0-9 . _ - are, except customer and bot"
        raise AccountRefusedError(problem, "malformed")
    agent = Agent(id=uuid.uuid4().hex, username=username, name=name, created_at=now, disabled_at=None)
    values = {"id": agent.id, "username": username, "name": name, "password_hash": password_hash, "created_at": now}
    values |= {"role": agent.role.value, "has_keys": True}
    if not insert_new(connection, agents, values):
        raise AccountRefusedError(f"the username {username} is taken", "taken")
    record(connection, deed_of(by, Action.ADDED, username), now)
    return agent


def set_role(connection: Connection, username: str, role: Role, now: datetime, by: Author = OPERATOR) -> Agent:
    """Make somebody an agent, a supervisor or an admin; it counts from their next page on. Raises AccountRefusedError."""
    agent = known(connection, username)
    connection.execute(sa.update(agents).where(agents.c.id == agent.id).values(role=role.value))
    deed = deed_of(by, Action.ROLE_SET, agent.username)
    record_change(connection, deed, {"role": agent.role.value}, {"role": role.value}, now)
    return replace(agent, role=role)


def set_keys(connection: Connection, agent_id: str, *, is_on: bool) -> None:
    """Let single keys do something on this agent's pages, or nothing."""
    connection.execute(sa.update(agents).where(agents.c.id == agent_id).values(has_keys=is_on))


def set_password(connection: Connection, username: str, password_hash: str, now: datetime, by: Author = OPERATOR) -> Agent:
    """Replace a password and end the agent's sessions. Raises AccountRefusedError if there is no such agent."""
    agent = known(connection, username)
    connection.execute(sa.update(agents).where(agents.c.id == agent.id).values(password_hash=password_hash))
    sessions.end_all(connection, agent.id)
    record(connection, deed_of(by, Action.PASSWORD_SET, agent.username), now)
    return agent


def reset_factor(connection: Connection, username: str, now: datetime, by: Author = OPERATOR) -> Agent:
    """Take an agent's second factor away and end their sessions. Raises AccountRefusedError if there is no such agent."""
    agent = known(connection, username)
    if factor.is_set(connection, agent.id):
        record(connection, deed_of(by, Action.FACTOR_REMOVED, agent.username), now)
    factor.reset(connection, agent.id)
    sessions.end_all(connection, agent.id)
    return agent


def end_sessions(connection: Connection, username: str, now: datetime, by: Author = OPERATOR) -> Agent:
    """Log an agent out everywhere. Raises AccountRefusedError if there is no such agent."""
    agent = known(connection, username)
    sessions.end_all(connection, agent.id)
    record(connection, deed_of(by, Action.SESSIONS_ENDED, agent.username), now)
    return agent


def renew_hash(connection: Connection, agent_id: str, old: str, new: str) -> None:
    """Keep the same password under today's costs, unless it was changed meanwhile."""
    unchanged = sa.and_(agents.c.id == agent_id, agents.c.password_hash == old)
    connection.execute(sa.update(agents).where(unchanged).values(password_hash=new))


def disable(connection: Connection, username: str, now: datetime, by: Author = OPERATOR) -> Agent:
    """Shut an agent out at once; twice does no harm. Raises AccountRefusedError if there is no such agent."""
    agent = known(connection, username)
    if agent.disabled_at is not None:
        return agent
    connection.execute(sa.update(agents).where(agents.c.id == agent.id).values(disabled_at=now))
    sessions.end_all(connection, agent.id)
    record(connection, deed_of(by, Action.DISABLED, agent.username), now)
    return replace(agent, disabled_at=now)


def enable(connection: Connection, username: str, now: datetime, by: Author = OPERATOR) -> Agent:
    """Let an agent in again, with the password they had; twice does no harm. Raises AccountRefusedError if there is none."""
    agent = known(connection, username)
    if agent.disabled_at is not None:
        connection.execute(sa.update(agents).where(agents.c.id == agent.id).values(disabled_at=None))
        record(connection, deed_of(by, Action.ENABLED, agent.username), now)
    return replace(agent, disabled_at=None)


def listed(connection: Connection) -> list[Agent]:
    """All agents by username, disabled ones too."""
    return [_agent(row) for row in connection.execute(sa.select(agents).order_by(agents.c.username))]


def credentials(connection: Connection, username: str) -> Credentials | None:
    """What a login under this username is checked against, also for a disabled agent; None if there is no such agent."""
    if not _USERNAME.fullmatch(folded(username)):  # PostgreSQL does not even take every text as a parameter
        return None
    row = connection.execute(sa.select(agents).where(agents.c.username == folded(username))).one_or_none()
    return None if row is None else Credentials(_agent(row), row.password_hash)


def known(connection: Connection, username: str) -> Agent:
    """The agent with this username. Raises AccountRefusedError if there is none."""
    found = credentials(connection, username)
    if found is None:
        raise AccountRefusedError(f"there is no agent {folded(username)}")
    return found.agent


def _agent(row: sa.Row[Any]) -> Agent:
    return Agent(
        id=row.id,
        username=row.username,
        name=row.name,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        role=Role(row.role),
    )
