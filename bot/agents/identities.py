"""Whom the company's own login may let in: an identity that its provider vouches for → an account that is there already."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents import accounts, sessions
from bot.agents.accounts import AccountRefusedError, Agent
from bot.agents.oidc import Claimed
from bot.agents.tables import agents, identities
from bot.agents.trail import OPERATOR, Action, Author, deed_of, record
from bot.statements import insert_new

_LONGEST = 255  # of a subject, as OpenID Connect has it


class Kind(StrEnum):
    """By what somebody is known."""

    EMAIL = "email"  #: an address that the provider says is verified
    SUBJECT = "subject"  #: the provider's own name for them, which never goes to anybody else


def link(
    connection: Connection, issuer: str, username: str, identity: tuple[Kind, str], now: datetime, by: Author = OPERATOR
) -> Agent:
    """Let an identity log in as this agent. Raises AccountRefusedError: no such agent, no such identity, or it is another's."""
    agent = accounts.known(connection, username)
    kind, value = identity[0], _kept(*identity)
    if not 0 < len(value) <= _LONGEST or not value.isprintable() or (kind is Kind.EMAIL and "@" not in value):
        raise AccountRefusedError(f"this cannot be {'an e-mail address' if kind is Kind.EMAIL else 'a subject'}")
    values = {"issuer": issuer, "kind": kind.value, "value": value, "agent_id": agent.id, "created_at": now}
    if not insert_new(connection, identities, values):
        raise AccountRefusedError(f"this {kind.value} is linked to an agent already")
    record(connection, deed_of(by, Action.LINKED, agent.username, {"kind": kind.value}), now)
    return agent


def unlink(connection: Connection, username: str, now: datetime, by: Author = OPERATOR) -> Agent:
    """Take all identities from an agent and end their sessions. Raises AccountRefusedError if there is no such agent."""
    agent = accounts.known(connection, username)
    if connection.execute(sa.delete(identities).where(identities.c.agent_id == agent.id)).rowcount:
        record(connection, deed_of(by, Action.UNLINKED, agent.username), now)
    sessions.end_all(connection, agent.id)
    return agent


def agent_of(connection: Connection, issuer: str, claimed: Claimed) -> Agent | None:
    """Whose identity this is, by its subject or else by its verified address; None if nobody's, or if they are disabled."""
    for kind, value in ((Kind.SUBJECT, claimed.subject), (Kind.EMAIL, claimed.email)):
        same = sa.and_(identities.c.issuer == issuer, identities.c.kind == kind.value, identities.c.value == _kept(kind, value))
        query = sa.select(agents.c.username).join(identities, identities.c.agent_id == agents.c.id).where(same)
        username = connection.scalars(query).one_or_none() if value and value.isprintable() else None
        if username is not None:
            agent = accounts.known(connection, username)
            return agent if agent.disabled_at is None else None
    return None


def _kept(kind: Kind, value: str) -> str:
    return value.strip().lower() if kind is Kind.EMAIL else value.strip()
