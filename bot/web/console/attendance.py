"""Who is at a ticket: noted for a while when a page is opened or tells that it is still open, and told to the others there."""

from dataclasses import dataclass

from fastapi import Request

from bot.agents import accounts
from bot.agents.sessions import Session
from bot.coordination.base import Attendance, Doing
from bot.web.console.context import console_of

#: Pages tell every 20 seconds that they are still open, and every few that somebody types.
_SECONDS = {Doing.LOOKING: 45.0, Doing.WRITING: 10.0}


@dataclass(frozen=True)
class Colleague:
    """Somebody else who is at the ticket."""

    name: str
    is_writing: bool


async def come(request: Request, session: Session, number: str, doing: Doing = Doing.LOOKING) -> None:
    """Note that this agent is at the ticket, and tell the others if that is news."""
    coordination = console_of(request).runtime.coordination
    if await coordination.attend(number, session.username, doing, _SECONDS[doing]):
        await coordination.publish(Attendance(number))


async def colleagues(request: Request, session: Session, number: str) -> list[Colleague]:
    """Who else is at the ticket; those who write first."""
    runtime = console_of(request).runtime
    found = await runtime.coordination.present(number)
    others = {who: doing for who, doing in found.items() if who != session.username}
    if not others:
        return []
    names = {agent.username: agent.name for agent in await runtime.database.read(accounts.listed)}
    here = [Colleague(names.get(who, who), doing is Doing.WRITING) for who, doing in others.items()]
    return sorted(here, key=lambda colleague: (not colleague.is_writing, colleague.name))
