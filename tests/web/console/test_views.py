"""An agent's own views of the list."""

from functools import partial

import pytest

from bot.db import Database
from bot.tickets import views
from bot.tickets.views import LONGEST_NAME, MOST, View
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

LIST = "/consola/"


def kept(database: Database, agent: str = "ana.gomez") -> list[View]:
    return database.read_now(partial(views.listed, agent=agent))


def keep(browser: Browser, name: str, query: str) -> str:
    answer = browser.post("/consola/vistas", {"csrf": browser.csrf(), "name": name, "query": query})
    assert answer.status_code == 303
    location: str = answer.headers["location"]
    return location


def test_what_the_list_shows_is_kept_shown_and_forgotten(agent: Browser, world: World) -> None:
    hidden = parsed(agent.get(f"{LIST}?orden=antiguas&estado=open&tras=5")).hidden
    assert hidden["query"] == "estado=open&orden=antiguas"
    assert keep(agent, " Las   viejas ", hidden["query"]) == "/consola/?estado=open&orden=antiguas"
    document = parsed(agent.get(f"{LIST}?orden=antiguas&estado=open"))
    (link,) = [one for one in document.tags("a") if one["href"] == "/consola/?estado=open&orden=antiguas" and len(one) == 2]
    assert link["aria-current"] == "true"
    assert "Quitar la vista Las viejas" in document.words
    assert "query" not in document.hidden  # it is kept already
    (view,) = kept(world.database)
    assert agent.post(f"/consola/vistas/{view.id}/borrar", {"csrf": agent.csrf()}).status_code == 303
    assert kept(world.database) == []


def test_a_view_of_the_same_name_is_replaced_and_each_agent_has_their_own(agent: Browser, world: World) -> None:
    world.write(views.keep, agent="luis.paz", name="Hoy", query="mias=si")
    keep(agent, "Hoy", "estado=open")
    keep(agent, "Hoy", "buscar=clave+nueva")
    assert [(view.name, view.query) for view in kept(world.database)] == [("Hoy", "buscar=clave+nueva")]
    (other,) = kept(world.database, "luis.paz")
    assert agent.post(f"/consola/vistas/{other.id}/borrar", {"csrf": agent.csrf()}).status_code == 404
    assert "mias=si" not in [one.get("value") for one in parsed(agent.get(LIST)).tags("input")]


@pytest.mark.parametrize(
    ("name", "query", "why"),
    [
        ("", "estado=open", "escribe un nombre"),
        ("\u200b\n", "estado=open", "escribe un nombre"),
        ("a" * (LONGEST_NAME + 1), "estado=open", "hasta 40 caracteres"),
        ("Nada", "", "elige antes un filtro"),
        ("Nada", "estado=closed", "elige antes un filtro"),
        ("Nada", "next=//evil.example&orden=x", "elige antes un filtro"),
        ("Nada", "ñ" * 3000, "elige antes un filtro"),
    ],
)
def test_a_view_that_makes_no_sense_is_not_kept_and_the_list_says_why(
    agent: Browser, world: World, name: str, query: str, why: str
) -> None:
    assert why in parsed(agent.get(keep(agent, name, query))).words
    assert kept(world.database) == []


def test_there_is_an_end_to_the_views_of_an_agent(agent: Browser, world: World) -> None:
    for number in range(MOST):
        world.write(views.keep, agent="ana.gomez", name=f"Vista {number}", query="mias=si")
    assert "ya tienes 20" in parsed(agent.get(keep(agent, "Una más", "estado=open"))).words
    keep(agent, "Vista 3", "estado=open")
    assert len(kept(world.database)) == MOST
