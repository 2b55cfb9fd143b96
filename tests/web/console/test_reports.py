import csv
import io
from datetime import timedelta

import httpx
import pytest

from bot.agents import accounts
from bot.agents.rights import Role
from bot.engine.effects import FieldValue
from bot.tickets import export
from bot.tickets.reports import REPORTS
from bot.tickets.service import move, open_ticket
from bot.web.console.charts import HEIGHT, bars
from tests.tickets.world import NOW, add_customer, asked, open_many
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
    page = parsed(supervisor.get(f"/consola/informes/{report}?desde=2026-11-23&hasta=2026-11-23"))
    file = supervisor.get(f"/consola/informes/{report}/csv?desde=2026-11-23&hasta=2026-11-23")
    assert file.headers["content-disposition"] == f'attachment; filename="{report}-2026-11-23-2026-11-23.csv"'
    heads, *values = rows(file)
    assert all(head in page.words for head in heads)
    assert values
    expected = {"asesores": "Luis Paz 1 1 0 0", "tiempos": "Solución 1 3,0 3,0", "movimiento": "hoy 1 1 0"}
    assert expected.get(report, "1 1 0 0") in page.words


def test_a_period_that_makes_no_sense_is_told_and_the_last_thirty_days_are_shown(supervisor: Browser) -> None:
    backwards, far = "desde=2026-11-24&hasta=2026-11-23", "desde=0001-01-01&hasta=0001-01-02"
    for query in (backwards, far, "desde=x", "desde=2020-01-01", "hasta=9999-12-31"):
        page = parsed(supervisor.get(f"/consola/informes/movimiento?{query}"))
        assert "Ese periodo no sirve" in page.text
        days = {field.get("name"): field.get("value") for field in page.tags("input")}
        assert (days["desde"], days["hasta"]) == ("2026-10-25", "2026-11-23")
    assert supervisor.get("/consola/informes/nada").status_code == 404


def test_tickets_are_exported_whole_and_that_it_was_done_is_on_the_trail(
    supervisor: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "BATCH", 3)
    numbers = world.write(open_many, name="ana", count=7)
    answer = supervisor.get("/consola/solicitudes.csv?desde=2026-11-23&hasta=2026-11-23")
    heads, *values = rows(answer)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row[0] for row in values] == numbers
    assert heads[:2] == ["Número", "Creada"]
    assert {row[heads.index("Teléfono")] for row in values} == {"'+573001234567"}
    action, agent_id, _, address = world.trail()[-1]
    assert (action, bool(agent_id), address) == ("ticket:exported", True, HOME)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_element_to_a_report_and_no_field_to_a_file(supervisor: Browser, world: World, hostile: str) -> None:
    world.write(add_customer, name="mala", profile_name=hostile or " ")
    fields = (FieldValue("nombre", "Nombre", hostile),)
    ticket = asked("mala", "SM9:0", detail=hostile, category=hostile, case=hostile, fields=fields)
    world.write(open_ticket, ticket=ticket, now=NOW)
    for report in ("categorias", "casos"):
        document = parsed(supervisor.get(f"/consola/informes/{report}"))
        assert {tag for tag, _ in document.elements} <= OURS | CHART
        assert not [name for _, given in document.elements for name in given if name.startswith("on") or name == "style"]
    heads, values = rows(supervisor.get("/consola/solicitudes.csv"))
    assert len(values) == len(heads)
    assert values[heads.index("Detalle")] in {hostile, f"'{hostile}"}


def test_bars_are_as_high_as_their_share_and_stay_in_the_drawing() -> None:
    drawn = bars([[4, 2], [0, 1]], width=100)
    assert [bar.height for bar in drawn] == [HEIGHT, HEIGHT / 2, 0, HEIGHT / 4]
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 and bar.y + bar.height == HEIGHT for bar in drawn)
    assert [bar.series for bar in drawn] == [0, 1, 0, 1]
    assert bars([], width=100) == []
    assert [bar.height for bar in bars([[0, 0]], width=100)] == [0, 0]
