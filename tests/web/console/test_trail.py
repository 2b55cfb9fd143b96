from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bot.agents import accounts, lines, trail
from bot.agents.lines import Wanted
from bot.agents.rights import Role
from bot.agents.trail import Action, Deed
from bot.db import Database
from tests.empty import new_database
from tests.tickets.world import NOW
from tests.web.console.browser import Browser, Document, parsed
from tests.web.console.conftest import World

HOUR = timedelta(hours=1)


@pytest.fixture
def supervisor(agent: Browser, world: World) -> Browser:
    """A browser in which Ana is logged in as a supervisor."""
    world.write(accounts.set_role, username="ana.gomez", role=Role.SUPERVISOR, now=NOW)
    return agent


def note(world: World, action: Action, about: str, after: timedelta = timedelta(), **more: Any) -> None:
    world.write(trail.record, deed=Deed(action, about, **more), now=NOW + after)


def rows(browser: Browser, query: str = "") -> Document:
    answer = browser.get(f"/consola/registro{query}")
    assert answer.status_code == 200
    return parsed(answer)


def test_the_trail_tells_who_what_about_what_when_and_from_where(supervisor: Browser, world: World) -> None:
    ana = next(agent for agent in world.database.read_now(accounts.listed) if agent.username == "ana.gomez")
    note(world, Action.TICKET_READ, "SF-000007", agent_id=ana.id, address="198.51.100.7")
    note(world, Action.LOGIN_FAILED, "", address="203.0.113.9")
    page = rows(supervisor)
    assert "hoy, 10:00 Ana Gómez Vio una solicitud SF-000007 198.51.100.7" in page.words
    assert "Alguien sin entrar Intentó entrar y no pudo – 203.0.113.9" in page.words
    assert "Operador Agregó a una persona luis.paz –" in page.words
    assert "/consola/solicitudes/SF-000007" in [link["href"] for link in page.tags("a")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?asesor=luis.paz", {"SF-000002", "SF-000003"}),
        ("?accion=ticket:read", {"SF-000001", "SF-000002", "SF-000003"}),
        ("?objeto=sf-000002", {"SF-000002"}),
        ("?objeto=+SF-000002+&asesor=luis.paz&accion=ticket%3Aread&dia=", {"SF-000002"}),
        ("?dia=2026-11-24", {"SF-000003"}),
        ("?dia=2026-11-23&accion=ticket:read", {"SF-000001", "SF-000002"}),
        ("?asesor=nadie", set()),
        ("?objeto=%00", set()),
        ("?accion=%27+OR+1%3D1+--", set()),
    ],
)
def test_a_filter_shows_what_was_asked_for_and_nothing_else(
    supervisor: Browser, world: World, query: str, expected: set[str]
) -> None:
    ids = {agent.username: agent.id for agent in world.database.read_now(accounts.listed)}
    note(world, Action.TICKET_READ, "SF-000001", agent_id=ids["ana.gomez"])
    note(world, Action.TICKET_READ, "SF-000002", agent_id=ids["luis.paz"])
    # 00:00 of the next day in Colombia.
    note(world, Action.TICKET_READ, "SF-000003", 14 * HOUR, agent_id=ids["luis.paz"])
    page = rows(supervisor, query)
    assert {link["href"].rsplit("/", 1)[1] for link in page.tags("a") if "/solicitudes/" in link["href"]} == expected
    assert expected or "Nada en el registro con ese filtro" in page.words


def test_a_day_that_does_not_exist_is_told_and_an_unreadable_page_is_not_shown(supervisor: Browser) -> None:
    assert "Esa fecha no existe" in rows(supervisor, "?dia=2026-02-30").text
    assert supervisor.get("/consola/registro?antes=x").status_code == 404


def test_following_the_link_to_older_lines_shows_every_line_once(supervisor: Browser, world: World) -> None:
    for number in range(lines.PAGE * 2 + 1):
        note(world, Action.TICKET_READ, f"SF-{number:06d}")
    seen: list[str] = []
    path = "?accion=ticket%3Aread"
    while path:
        page = rows(supervisor, path)
        seen += [link["href"].rsplit("/", 1)[1] for link in page.tags("a") if "/solicitudes/" in link["href"]]
        path = next((link["href"].removeprefix("/consola/registro") for link in page.tags("a") if link.get("rel") == "next"), "")
    assert seen == [f"SF-{number:06d}" for number in reversed(range(lines.PAGE * 2 + 1))]


def test_the_trail_is_read_alike_on_postgresql(postgres_url: str, tmp_path: Any) -> None:
    database: Database = new_database(tmp_path, postgres_url)
    ana = database.write_now(partial(accounts.add, name="Ana", username="ana", password_hash="hash", now=NOW))
    for about in ("SF-000001", "SF-000002"):
        database.write_now(partial(trail.record, deed=Deed(Action.TICKET_READ, about, ana.id), now=NOW))
    wanted = Wanted(username="ana", action="ticket:read", since=NOW, until=NOW + HOUR)
    first = database.read_now(partial(lines.page, wanted=wanted, size=1))
    second = database.read_now(partial(lines.page, wanted=wanted, size=1, before=first.older))
    assert [line.about for line in (*first.lines, *second.lines)] == ["SF-000002", "SF-000001"]
    assert (second.older, first.lines[0].name) == (None, "Ana")
    assert database.read_now(partial(lines.page, wanted=Wanted(about="\0"))).lines == ()
    database.close()
