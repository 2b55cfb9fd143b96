import csv
import io
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents import accounts
from bot.agents.rights import Role
from bot.conversations.tables import dialogues
from bot.engine.effects import FieldValue
from bot.tickets.service import comment, move, open_ticket, rate
from bot.web.console.charts import HEIGHT, bars
from bot.web.console.reports import REPORTS
from tests.tickets.world import NOW, add_customer, asked
from tests.web.console.browser import HOME, Browser, parsed
from tests.web.console.conftest import World
from tests.web.console.test_hostile_texts import HOSTILE, OURS

CHART = {"svg", "rect", "figure", "figcaption", "label", "script"}


@pytest.fixture
def supervisor(agent: Browser, world: World) -> Browser:
    """A browser in which Ana is logged in as a supervisor."""
    world.write(accounts.set_role, username="ana.gomez", role=Role.SUPERVISOR, now=NOW)
    return agent


def rows(answer: httpx.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))


@pytest.mark.parametrize("report", list(REPORTS))
def test_a_report_is_shown_with_its_table_and_given_as_a_file(supervisor: Browser, world: World, report: str) -> None:
    number = world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW)
    world.write(move, number=number, trigger="assign", actor="luis.paz", now=NOW)
    world.write(move, number=number, trigger="resolve", actor="luis.paz", now=NOW + timedelta(hours=3))
    world.write(rate, number=number, stars=4, now=NOW + timedelta(hours=4))
    world.write(comment, number=number, text="Muy bien", now=NOW + timedelta(hours=4))
    took = {"path": ["inicio", "olvide_clave"], "node": "olvide_clave", "answered": True, "helped": False}
    ended = {"began_at": NOW, "last_at": NOW, "opened_ticket": True, "asked_agent": False}
    row = {"conversation_id": "conversation-ana", **took, **ended}
    world.write(lambda connection: connection.execute(sa.insert(dialogues).values(row)))
    page = parsed(supervisor.get(f"/consola/informes/{report}?desde=2026-11-23&hasta=2026-11-23"))
    file = supervisor.get(f"/consola/informes/{report}/csv?desde=2026-11-23&hasta=2026-11-23")
    assert file.headers["content-disposition"] == f'attachment; filename="{report}-2026-11-23-2026-11-23.csv"'
    heads, *values = rows(file)
    assert all(head in page.words for head in heads)
    assert values
    expected = {
        "resumen": "Solicitudes abiertas 1 0",
        "asesores": "Luis Paz 1 1 0 0",
        "tiempos": "Solución 1 3,0 3,0",
        "movimiento": "hoy 1 1 0",
        "calificaciones": "4 1 100,0",
        "calificaciones-asesores": "Luis Paz 1 4,0 0",
        "calificaciones-casos": "1 4,0 0",
        "comentarios": "4 Luis Paz Muy bien",
        "bot": "Quedó una solicitud 1 100,0",
        "bot-casos": "Olvidé mi contraseña 1 0 0 1 0 0",
        "abandono": "Olvidé mi contraseña 1 0 0,0 1",
    }
    assert expected.get(report, "1 1 0 0") in page.words


def test_a_period_that_makes_no_sense_is_told_and_the_last_thirty_days_are_shown(supervisor: Browser) -> None:
    backwards, far = "desde=2026-11-24&hasta=2026-11-23", "desde=0001-01-01&hasta=0001-01-02"
    for query in (backwards, far, "desde=x", "desde=2020-01-01", "hasta=9999-12-31"):
        page = parsed(supervisor.get(f"/consola/informes/movimiento?{query}"))
        assert "Ese periodo no sirve" in page.text
        days = {field.get("name"): field.get("value") for field in page.tags("input")}
        assert (days["desde"], days["hasta"]) == ("2026-10-25", "2026-11-23")
    assert supervisor.get("/consola/informes/nada").status_code == 404


def test_comments_that_are_taken_as_a_file_are_on_the_trail_and_numbers_are_not(supervisor: Browser, world: World) -> None:
    before = len(world.trail())
    supervisor.get("/consola/informes/movimiento/csv")
    assert len(world.trail()) == before
    supervisor.get("/consola/informes/comentarios/csv")
    action, agent_id, _, address = world.trail()[-1]
    assert (action, bool(agent_id), address) == ("ticket:exported", True, HOME)


def test_where_customers_leave_is_drawn_on_the_menu(supervisor: Browser, world: World) -> None:
    def job(connection: Connection) -> None:
        ends = {"answered": False, "helped": False, "opened_ticket": False, "asked_agent": False}
        at = NOW - timedelta(days=2)
        for path in (["inicio", "menu.principal"], ["inicio", "menu.principal", "menu.producto", "menu.facturacion", "acceso"]):
            values = {
                "conversation_id": "conversation-ana",
                "began_at": at,
                "last_at": at,
                "path": path,
                "node": path[-1],
                **ends,
            }
            connection.execute(sa.insert(dialogues).values(values))

    world.write(job)
    page = parsed(supervisor.get("/consola/informes/abandono"))
    # In the drawing, and in the table.
    assert page.words.count("No puedo ingresar: usuario o contraseña") == 2
    assert "No puedo ingresar: usuario o contraseña 1 (−1)" in page.words
    assert "No puedo ingresar: usuario o contraseña 1 1 100,0 0" in page.words
    (drawing,) = [given for given in page.tags("svg") if "tabla" in given.get("aria-label", "")]
    assert drawing["role"] == "img"
    assert supervisor.get("/consola/informes/bot").status_code == 200


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_element_to_a_report(supervisor: Browser, world: World, hostile: str) -> None:
    world.write(add_customer, name="mala", profile_name=hostile or " ")
    fields = (FieldValue("nombre", "Nombre", hostile),)
    ticket = asked("mala", "SM9:0", detail=hostile, category=hostile, case=hostile, fields=fields)
    number = world.write(open_ticket, ticket=ticket, now=NOW)
    for trigger in ("assign", "resolve"):
        world.write(move, number=number, trigger=trigger, actor="luis.paz", now=NOW)
    world.write(rate, number=number, stars=1, now=NOW)
    world.write(comment, number=number, text=hostile, now=NOW)
    for report in ("categorias", "casos", "comentarios", "calificaciones-casos"):
        document = parsed(supervisor.get(f"/consola/informes/{report}"))
        assert {tag for tag, _ in document.elements} <= OURS | CHART
        assert not [name for _, given in document.elements for name in given if name.startswith("on") or name == "style"]


def test_bars_are_as_high_as_their_share_and_stay_in_the_drawing() -> None:
    drawn = bars([[4, 2], [0, 1]], width=100)
    assert [bar.height for bar in drawn] == [HEIGHT, HEIGHT / 2, 0, HEIGHT / 4]
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 and bar.y + bar.height == HEIGHT for bar in drawn)
    assert [bar.series for bar in drawn] == [0, 1, 0, 1]
    assert bars([], width=100) == []
    assert [bar.height for bar in bars([[0, 0]], width=100)] == [0, 0]
