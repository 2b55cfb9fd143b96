"""The list of tickets: what is chosen, in which order, page after page. All of it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.agents import accounts
from bot.messages.allowance import NEAR, Allowance, part_spent
from bot.tickets import labels, listing, views
from bot.tickets.filters import FILTERS, Asking
from bot.tickets.labels import Label
from bot.tickets.listing import SORTS, MarkRefusedError, Page, Question, read_mark
from bot.tickets.tables import tickets
from bot.tickets.views import View
from bot.web.console.context import ConsoleRuntime, console_of
from bot.web.console.guard import SessionNeeded
from bot.web.console.pages import page, root
from bot.web.console.terms import Clock, clocks

router = APIRouter()
_SORT, _BEHIND, _WORDS = "orden", "tras", "buscar"
_DEFAULT_SORT = "recientes"
#: Filters that are shown with how many tickets they let through.
_COUNTED = ("estado", "mias", "sin_asesor", "no_leidas", "vencidas", "por_cerrar")


@dataclass(frozen=True)
class _Shown:
    page: Page
    total: int
    counts: dict[str, dict[str, int]]
    matches: int | None  # how many tickets the chosen filters let through; None where nothing is chosen
    cases: list[str]
    categories: list[str]
    names: dict[str, str]  # of agents, by username
    clocks: Mapping[int, Clock]  # of those tickets of the page that are cases of habeas data, by id
    labels: dict[int, list[Label]]  # of the tickets of the page, by id
    known_labels: list[Label]
    views: list[View]  # of the agent who looks
    day_spent: float | None  # which part of the day's messages is sent; None while there is no need to tell


@router.get("/")
async def show_list(request: Request, session: SessionNeeded, aviso: str = "") -> Response:
    """The tickets, as the address asks for them: `FILTERS`, `orden` (one of `SORTS`), `buscar`, and `tras`, a page's mark.

    `aviso`: why a view was not kept.
    """
    given = {name: value for name, value in request.query_params.items() if name in {*FILTERS, _SORT, _BEHIND, _WORDS}}
    if "" in given.values():
        # A form sends its empty fields too: the address that is left is the one to keep.
        return RedirectResponse(_address(request, given), status_code=303)
    runtime = console_of(request).runtime
    asking = Asking(session.username, runtime.clock.now())
    question = _question(given, asking)
    shown = await runtime.database.read(lambda connection: _read(connection, question, allowance_of(runtime)))

    def to(**changes: str | None) -> str:
        chosen = {name: value for name, value in given.items() if name != _BEHIND} | changes
        return _address(request, chosen)

    return page(
        request,
        "tickets.html",
        session=session,
        shown=shown,
        chosen={name: question.filters.get(name, "") for name in FILTERS},
        is_narrowed=bool(question.filters),
        sort=question.sort,
        searched=question.words,
        only_whole_words=runtime.database.keyring is not None,
        looked_through=listing.LOOKED_THROUGH,
        sorts=list(SORTS),
        most=listing.MOST,
        is_first=question.behind is None,
        more=to(**{_BEHIND: str(shown.page.more)}) if shown.page.more else "",
        to=to,
        export=f"{root(request)}/exportaciones{to(**{_SORT: None}).removeprefix(root(request) + '/')}",
        query=urlencode(kept(given)),
        notice=aviso,
        now=asking.now,
        cases={name: case.label for name, case in runtime.flow.cases.items()},
    )


def allowance_of(runtime: ConsoleRuntime) -> Allowance:
    """How many messages may be sent in a day."""
    return Allowance(runtime.settings.overload.sends_per_day, runtime.flow.zone)


def kept(given: Mapping[str, str]) -> dict[str, str]:
    """Of what stands in an address, what a view keeps: filters, order and words that make sense, in one order of their own."""
    names = [*sorted(FILTERS), _SORT, _WORDS]
    chosen = {name: given[name] for name in names if given.get(name)}
    makes_sense = all(FILTERS[name].takes(value) for name, value in chosen.items() if name in FILTERS)
    return chosen if makes_sense and chosen.get(_SORT, _DEFAULT_SORT) in SORTS else {}


def _question(given: Mapping[str, str], asking: Asking) -> Question:
    """What the address asks for. Raises 404 for what makes no sense."""
    filters = {name: value for name, value in given.items() if name in FILTERS}
    sort = given.get(_SORT, _DEFAULT_SORT)
    if _WORDS in given:
        sort = _DEFAULT_SORT
    if sort not in SORTS or not all(FILTERS[name].takes(value) for name, value in filters.items()):
        raise HTTPException(404)
    try:
        behind = read_mark(given[_BEHIND], sort) if _BEHIND in given else None
    except MarkRefusedError:
        raise HTTPException(404) from None
    return Question(asking, filters, sort, given.get(_WORDS, ""), behind)


def _read(connection: Connection, question: Question, allowance: Allowance) -> _Shown:
    found, known = listing.page(connection, question), labels.listed(connection)
    spent = part_spent(connection, allowance, question.asking.now)
    counted = [label.key for label in known]
    return _Shown(
        page=found,
        total=listing.count(connection, {}, question.asking),
        counts=listing.counts(connection, _COUNTED, question.asking, labels=counted),
        matches=listing.count(connection, question.filters, question.asking) if question.filters and not question.words else None,
        cases=listing.values(connection, tickets.c.case),
        categories=listing.values(connection, tickets.c.category),
        names={agent.username: agent.name for agent in accounts.listed(connection)},
        clocks=clocks(connection, [ticket.id for ticket in found.tickets], question.asking.now),
        labels=labels.of_tickets(connection, [ticket.id for ticket in found.tickets]),
        known_labels=known,
        views=views.listed(connection, question.asking.username),
        day_spent=spent if spent is not None and spent >= NEAR else None,
    )


def _address(request: Request, chosen: Mapping[str, str | None]) -> str:
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{root(request)}/{'?' if query else ''}{query}"
