"""Reports on the work, for supervisors and admins: on a page with a drawing and its table, or as a file for a spreadsheet."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse

from bot.agents import accounts
from bot.agents.trail import Action, Deed, record
from bot.tickets import export
from bot.tickets.reports import REPORTS, Period, Table, Value
from bot.web.console.charts import HEIGHT, bars
from bot.web.console.context import Console, console_of
from bot.web.console.guard import SessionNeeded, client_address
from bot.web.console.pages import ZONE, local, page, root

router = APIRouter()
#: What the page shows unless other days are chosen, and the most that can be chosen.
_USUAL, _LONGEST = timedelta(days=29), timedelta(days=366)
_WIDTH = 720
_CSV = "text/csv; charset=utf-8"


class Asked(BaseModel):
    """The period as it stands in the address: YYYY-MM-DD, on Colombia's calendar, both included."""

    desde: str = ""
    hasta: str = ""


AskedFor = Annotated[Asked, Query()]


@router.get("/informes")
async def show_reports(request: Request, session: SessionNeeded) -> Response:
    """The first of the reports."""
    del session
    return RedirectResponse(f"{root(request)}/informes/{next(iter(REPORTS))}", status_code=303)


@router.get("/informes/{report}")
async def show_report(request: Request, session: SessionNeeded, report: str, asked: AskedFor) -> Response:
    """One report."""
    period, is_wrong = _period(request, asked)
    table, names = await _made(request, report, period)
    is_drawn = bool(table.rows) and "opened" in table.columns
    return page(
        request,
        "report.html",
        session=session,
        report=report,
        reports=list(REPORTS),
        period=period,
        is_wrong=is_wrong,
        table=table,
        shown=_shown(table, names, _cases(console_of(request))),
        bars=bars([_drawn(row) for row in table.rows], _WIDTH) if is_drawn else [],
        highest=max((max(_drawn(row)) for row in table.rows), default=0) if is_drawn else 0,
        width=_WIDTH,
        height=HEIGHT,
        query=f"?desde={period.first}&hasta={period.last}",
    )


@router.get("/informes/{report}/csv")
async def export_report(request: Request, session: SessionNeeded, report: str, asked: AskedFor) -> Response:
    """One report as CSV."""
    del session
    period, _ = _period(request, asked)
    table, names = await _made(request, report, period)
    text = export.lines(_heads(request, table.columns), _shown(table, names, _cases(console_of(request))))
    return Response(text, media_type=_CSV, headers=_as_file(f"{report}-{period.first}-{period.last}"))


@router.get("/solicitudes.csv")
async def export_tickets(request: Request, session: SessionNeeded, asked: AskedFor) -> Response:
    """The tickets opened in a period as CSV, a row each, piece by piece. That it was taken is on the trail first."""
    period, _ = _period(request, asked)
    database, now = console_of(request).runtime.database, console_of(request).runtime.clock.now()
    what = {"first": str(period.first), "last": str(period.last)}
    deed = Deed(Action.TICKETS_EXPORTED, "", session.agent_id, client_address(request), what)
    await database.write(lambda connection: record(connection, deed, now))
    heads = _heads(request, export.TICKET_COLUMNS)

    async def pieces() -> AsyncIterator[str]:
        after: int | None = 0
        while after is not None:
            begin = after
            rows, after = await database.read(lambda connection, begin=begin: export.batch(connection, period, begin))  # type: ignore[misc]
            yield export.lines(heads, rows, is_first=begin == 0)

    return StreamingResponse(pieces(), media_type=_CSV, headers=_as_file(f"solicitudes-{period.first}-{period.last}"))


async def _made(request: Request, report: str, period: Period) -> tuple[Table, dict[str, str]]:
    """The report and the agents' names by username. Raises 404 for a report that there is none of."""
    if report not in REPORTS:
        raise HTTPException(404)

    def job(connection: Connection) -> tuple[Table, dict[str, str]]:
        names = {agent.username: agent.name for agent in accounts.listed(connection)}
        return REPORTS[report](connection, period), names

    return await console_of(request).runtime.database.read(job)


def _period(request: Request, asked: Asked) -> tuple[Period, bool]:
    """The period asked for, else the last thirty days; and whether what was asked for makes no sense."""
    today = local(console_of(request).runtime.clock.now()).date()
    usual = Period(today - _USUAL, today, ZONE)
    try:
        last = date.fromisoformat(asked.hasta) if asked.hasta else today
        first = date.fromisoformat(asked.desde) if asked.desde else last - _USUAL
        # A day at either end of all days has no neighbour in another zone.
        is_right = timedelta() <= last - first <= _LONGEST and date(2000, 1, 1) <= first and last <= date(2200, 1, 1)
    except (ValueError, OverflowError):
        is_right = False
    return (Period(first, last, ZONE), False) if is_right else (usual, True)


def _shown(table: Table, names: dict[str, str], cases: dict[str, str]) -> list[list[Value]]:
    """The rows with agents and cases by the names that people know them by."""
    known = {"assignee": names, "case": cases}.get(table.columns[0], {})
    return [[known.get(str(row[0]), row[0]), *row[1:]] for row in table.rows]


def _drawn(row: tuple[Value, ...]) -> list[int]:
    """What of a row is drawn: opened and resolved."""
    return [value for value in row[1:3] if isinstance(value, int)]


def _cases(console: Console) -> dict[str, str]:
    return {name: case.label for name, case in console.runtime.flow.cases.items()}


def _heads(request: Request, columns: tuple[str, ...]) -> list[str]:
    words = console_of(request).templates.get_template("console/words.html").module
    heads: dict[str, str] = vars(words)["columns"]
    return [heads[name] for name in columns]


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}
