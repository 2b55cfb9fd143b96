"""Asking once more who it is, before what a passer-by at an open screen must not do. Attempts are counted as the login's are."""

import asyncio
from enum import StrEnum
from functools import partial

from fastapi import Request

from bot.agents import accounts, passwords, throttle
from bot.agents.sessions import Session
from bot.agents.throttle import WINDOW
from bot.web.console.context import console_of
from bot.web.console.guard import client_address

#: What a refusal for too many attempts carries.
WAIT = {"Retry-After": str(int(WINDOW.total_seconds()))}


class Problem(StrEnum):
    """Why it was not believed; the pages have a sentence for each."""

    WRONG = "wrong"
    THROTTLED = "throttled"

    @property
    def status(self) -> int:
        """The HTTP status to refuse it with."""
        return 429 if self is Problem.THROTTLED else 403


async def may_try(request: Request, name: str, address: str) -> bool:
    """Count an attempt, in all processes alike; False if there were too many. Raises SQLAlchemyError: then nobody may."""
    console = console_of(request)
    now = console.runtime.clock.now()
    job = partial(throttle.admit, key=console.factor_key, who=(name, address), now=now)
    return await console.runtime.database.write(job)


async def forgive(request: Request, name: str, address: str) -> None:
    """The attempt just counted was right."""
    console = console_of(request)
    await console.runtime.database.write(partial(throttle.forgive, key=console.factor_key, who=(name, address)))


async def password_problem(request: Request, session: Session, password: str) -> Problem | None:
    """None if this is the agent's password. Counts against the same limit as a login."""
    console, address = console_of(request), client_address(request)
    if not await may_try(request, session.username, address):
        return Problem.THROTTLED
    found = await console.runtime.database.read(lambda connection: accounts.credentials(connection, session.username))
    async with console.checking:
        right = await asyncio.to_thread(passwords.is_right, password, found.password_hash if found else None)
    if not right:
        return Problem.WRONG
    await forgive(request, session.username, address)
    return None


async def may_try_a_code(request: Request, session: Session) -> bool:
    """Count an attempt at a code; False if there were too many. Counted for the account, wherever the attempts come from.

    Only who knows the password gets here, so nobody else can lock the agent out by it.
    """
    return await may_try(request, *_counted_as(session))


async def forgive_codes(request: Request, session: Session) -> None:
    """The code just tried was right."""
    await forgive(request, *_counted_as(session))


def _counted_as(session: Session) -> tuple[str, str]:
    return "code", session.username
