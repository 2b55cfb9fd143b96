"""The demo's agent, so that somebody can log in at once and see every page."""

import asyncio
from datetime import datetime

from sqlalchemy.engine import Connection

from bot.agents import accounts, passwords
from bot.agents.rights import Role
from bot.db import Database

USERNAME = "agente"
_NAME = "Agente Demo"


async def first_password(database: Database, now: datetime) -> str | None:
    """Make the agent and return the password, which is kept nowhere; None if there is one from an earlier start."""
    if await database.read(lambda connection: accounts.credentials(connection, USERNAME)) is not None:
        return None
    password = passwords.generated()
    password_hash = await asyncio.to_thread(passwords.hashed, password)

    def job(connection: Connection) -> None:
        accounts.add(connection, _NAME, USERNAME, password_hash, now)
        accounts.set_role(connection, USERNAME, Role.ADMIN, now)

    await database.write(job)
    return password
