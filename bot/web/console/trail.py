"""The audit trail, for supervisors and admins: who did what to what, when and from where."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.engine import Connection
from starlette.responses import Response

from bot.agents import accounts, lines
from bot.agents.accounts import Agent
from bot.agents.lines import Page, Wanted
from bot.agents.trail import Action
from bot.web.console.context import console_of
from bot.web.console.guard import SessionNeeded
from bot.web.console.pages import ZONE, page

router = APIRouter()
_HIGHEST_ID = 2**63 - 1


class Asked(BaseModel):
    """The filter as it stands in the address. `antes`: where a further page begins."""

    asesor: str = ""
    accion: str = ""
    objeto: str = ""
    dia: str = ""  #: YYYY-MM-DD, on Colombia's calendar
    antes: int | None = Field(default=None, ge=1, le=_HIGHEST_ID)


@router.get("/registro")
async def show_trail(request: Request, session: SessionNeeded, asked: Annotated[Asked, Query()]) -> Response:
    """Its lines, newest first, filtered by who, what, about what and day."""
    chosen = {"asesor": asked.asesor.strip(), "accion": asked.accion.strip(), "dia": asked.dia.strip()}
    chosen["objeto"] = _object(asked.objeto)
    since = _begin(chosen["dia"])
    wanted = Wanted(
        username=chosen["asesor"],
        action=chosen["accion"],
        about=chosen["objeto"],
        since=since,
        until=None if since is None else since + timedelta(days=1),
    )

    def job(connection: Connection) -> tuple[Page, list[Agent]]:
        return lines.page(connection, wanted, before=asked.antes), accounts.listed(connection)

    found, people = await console_of(request).runtime.database.read(job)
    filters = {name: value for name, value in chosen.items() if value}
    return page(
        request,
        "trail.html",
        session=session,
        lines=found.lines,
        older=f"?{urlencode({**filters, 'antes': found.older})}" if found.older else "",
        newest=f"?{urlencode(filters)}" if asked.antes is not None else "",
        people=people,
        actions=list(Action),
        chosen=chosen,
        is_filtered=bool(filters),
        is_no_day=bool(chosen["dia"]) and since is None,
    )


def _begin(day: str) -> datetime | None:
    """When a day begins in Colombia; None if this is no day."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), ZONE)
    except ValueError:
        return None


def _object(given: str) -> str:
    """A ticket's number in capitals, a username in small letters: as they are kept."""
    plain = given.strip().lower()
    return plain.upper() if plain.startswith("sf-") else plain
