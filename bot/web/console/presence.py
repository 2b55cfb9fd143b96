"""Which colleagues are at a ticket, and whether they write: told by their open pages, forgotten by itself when they close.

Only a hint to each other: whoever takes a ticket is decided by its version. While the agent who has the conversation
writes, the customer sees "typing…".
"""

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.agents.sessions import Session
from bot.conversations.queries import standing
from bot.coordination.base import Attendance, Doing
from bot.messages.queries import last_received
from bot.messages.typing import AGAIN_AFTER_SECONDS
from bot.tickets import queries
from bot.web.console.attendance import colleagues, come
from bot.web.console.context import console_of
from bot.web.console.desk import KnownNumber
from bot.web.console.guard import FormNeeded
from bot.web.console.pages import page

router = APIRouter()
_GONE = "gone"


@router.post("/solicitudes/{number}/presencia")
async def attend(request: Request, form: FormNeeded, number: KnownNumber) -> Response:
    """Tell that the page is open (`doing`: looking, writing, gone); answered with the block that tells who else is there."""
    doing, session = form.fields.get("doing", ""), form.session
    if doing == _GONE:
        coordination = console_of(request).runtime.coordination
        if await coordination.leave(number, session.username):
            await coordination.publish(Attendance(number))
        return Response(status_code=204)
    if doing not in set(Doing):
        raise HTTPException(400)
    await come(request, session, number, Doing(doing))
    if doing == Doing.WRITING:
        await _show_typing(request, session, number)
    return page(request, "presence.html", session=session, colleagues_here=await colleagues(request, session, number))


async def _show_typing(request: Request, session: Session, number: str) -> None:
    """Let the customer see it, if it is to them that the agent writes; not more often than it needs to be said."""
    console = console_of(request)
    runtime = console.runtime
    if not runtime.settings.sender.typing:
        return
    now = runtime.clock.now()

    def message_to_answer(connection: Connection) -> str:
        ticket = queries.ticket(connection, number)
        if ticket is None:
            return ""
        here = standing(connection, ticket.conversation_id)
        is_theirs = (here.agent, here.ticket) == (session.username, number)
        return last_received(connection, ticket.conversation_id) if is_theirs and now < here.open_until else ""

    sid = await runtime.database.read(message_to_answer)
    if sid and await runtime.coordination.is_first(f"typing:{sid}", AGAIN_AFTER_SECONDS):
        console.typing.show(sid)
