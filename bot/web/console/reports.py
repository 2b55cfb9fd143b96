"""Reports on the work, for supervisors and admins: on a page with a drawing and its table, or as a file for a spreadsheet."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import accounts
from bot.agents.trail import Action, Deed, record
from bot.conversations import reports as of_dialogues
from bot.conversations.reports import View
from bot.engine.flow import Flow
from bot.engine.tree import branches
from bot.tickets import export
from bot.tickets.ratings import RATINGS
from bot.tickets.reports import REPORTS as OF_TICKETS
from bot.tickets.reports import Period, Table, Value
from bot.web.console import drop_off
from bot.web.console.charts import HEIGHT, bars
from bot.web.console.context import console_of
from bot.web.console.guard import SessionNeeded, client_address
from bot.web.console.pages import ZONE, local, page, root, words

router = APIRouter()
#: Every report, in the order of the page's menu. Those on dialogues need to know the flow and the time too.
REPORTS = ("resumen", *OF_TICKETS, *RATINGS, "bot", "bot-casos", "abandono")
#: What the page shows unless other days are chosen, and the most that can be chosen.
_USUAL, _LONGEST = timedelta(days=29), timedelta(days=366)
_WIDTH = 720
_LONGEST_LABEL = 90
#: Which columns are drawn as bars, if a table has them: the first set that fits.
_DRAWN = (("opened", "resolved"), ("rated",), ("dialogues",))


class Asked(BaseModel):
    """The period as it stands in the address: YYYY-MM-DD, on Colombia's calendar, both included."""

    desde: str = ""
    hasta: str = ""


AskedFor = Annotated[Asked, Query()]


@router.get("/informes")
async def show_reports(request: Request, session: SessionNeeded) -> Response:
    """The first of the reports."""
    del session
    return RedirectResponse(f"{root(request)}/informes/{REPORTS[0]}", status_code=303)


@router.get("/informes/{report}")
async def show_report(request: Request, session: SessionNeeded, report: str, asked: AskedFor) -> Response:
    """One report."""
    period, is_wrong = chosen_period(request, asked)
    table, names = await _made(request, report, period)
    drawn, heights = _bars(table)
    twigs, height = _tree(request, table) if report == "abandono" else ([], 0)
    return page(
        request,
        "report.html",
        session=session,
        report=report,
        reports=REPORTS,
        period=period,
        is_wrong=is_wrong,
        table=table,
        shown=_shown(request, table, names),
        drawn=drawn,
        bars=bars(heights, _WIDTH) if drawn else [],
        highest=max((max(group) for group in heights), default=0),
        width=_WIDTH,
        height=HEIGHT,
        twigs=twigs,
        tree_width=drop_off.WIDTH,
        tree_height=height,
        query=f"?desde={period.first}&hasta={period.last}",
        earlier=f"?desde={period.before.first}&hasta={period.before.last}",
    )


@router.get("/informes/{report}/csv")
async def export_report(request: Request, session: SessionNeeded, report: str, asked: AskedFor) -> Response:
    """One report as CSV. Where customers speak in it, that it was taken is on the trail first."""
    period, _ = chosen_period(request, asked)
    table, names = await _made(request, report, period)
    if "rating_comment" in table.columns:
        what = {"report": report, "first": str(period.first), "last": str(period.last)}
        deed = Deed(Action.TICKETS_EXPORTED, "", session.agent_id, client_address(request), what)
        now = console_of(request).runtime.clock.now()
        await console_of(request).runtime.database.write(lambda connection: record(connection, deed, now))
    heads: Mapping[str, str] = words(request, "columns")
    text = export.lines([heads[name] for name in table.columns], _shown(request, table, names))
    name = f"{report}-{period.first}-{period.last}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=disposition)


async def _made(request: Request, report: str, period: Period) -> tuple[Table, dict[str, str]]:
    """The report and the agents' names by username. Raises 404 for a report that there is none of."""
    runtime = console_of(request).runtime
    view = View(runtime.flow, runtime.clock.now())
    of_either = {**OF_TICKETS, **RATINGS}
    if report not in REPORTS:
        raise HTTPException(404)

    def job(connection: Connection) -> tuple[Table, dict[str, str]]:
        names = {agent.username: agent.name for agent in accounts.listed(connection)}
        if report in of_either:
            return of_either[report](connection, period), names
        return of_dialogues.REPORTS[report](connection, period, view), names

    return await runtime.database.read(job)


def chosen_period(request: Request, asked: Asked) -> tuple[Period, bool]:
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


def _shown(request: Request, table: Table, names: dict[str, str]) -> list[list[Value]]:
    """The rows with agents, cases, nodes and measures by the names that people know them by."""
    flow = console_of(request).runtime.flow
    known: Mapping[str, Mapping[str, str]] = {
        "assignee": names,
        "case": {name: case.label for name, case in flow.cases.items()},
        "node": _places(flow),
        "time": words(request, "columns"),
        "measure": words(request, "measures"),
        "outcome": words(request, "outcomes"),
    }
    return [
        [known.get(column, {}).get(str(value), value) for column, value in zip(table.columns, row, strict=True)]
        for row in table.rows
    ]


def _places(flow: Flow) -> dict[str, str]:
    """Every node as people know it; a form's question behind what leads to the form, as forms ask the same things."""
    labels = {branch.node: branch.label for branch in branches(flow)}
    parts = {name: f"{labels[form]} › {labels[name]}" for name, form in flow.forms.items() if name != form}
    return {
        name: text if len(text) <= _LONGEST_LABEL else f"{text[:_LONGEST_LABEL]}…" for name, text in {**labels, **parts}.items()
    }


def _bars(table: Table) -> tuple[tuple[str, ...], list[list[int]]]:
    """The columns that are drawn, and their values row by row; nothing where there is nothing to draw."""
    drawn = next((names for names in _DRAWN if set(names) <= set(table.columns)), ())
    places = [table.columns.index(name) for name in drawn]
    heights = [[value for place in places if isinstance(value := row[place], int)] for row in table.rows]
    return (drawn, heights) if drawn and heights else ((), [])


def _tree(request: Request, table: Table) -> tuple[list[drop_off.Twig], int]:
    """The drawing of where customers leave."""
    numbers: dict[str, tuple[Any, Any]] = {str(row[0]): (row[1], row[2]) for row in table.rows}
    return drop_off.drawn(branches(console_of(request).runtime.flow), numbers)
