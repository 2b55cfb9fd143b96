"""Tickets as a file, from the list's link to the download."""

import asyncio
import csv
import io
from functools import partial

import httpx
import pytest
import sqlalchemy as sa

from bot.agents import accounts
from bot.agents.rights import Role
from bot.engine.effects import FieldValue
from bot.tickets.exporter import Exporter
from bot.tickets.exports import KEPT
from bot.tickets.service import open_ticket
from bot.tickets.tables import exports
from tests.conversations.transcript import ZONE
from tests.tickets.world import NOW, add_customer, asked, open_many
from tests.web.console.browser import HOME, Browser, parsed
from tests.web.console.conftest import World
from tests.web.console.test_hostile_texts import HOSTILE, OURS


@pytest.fixture
def supervisor(agent: Browser, world: World) -> Browser:
    """A browser in which Ana is logged in as a supervisor."""
    world.write(accounts.set_role, username="ana.gomez", role=Role.SUPERVISOR, now=NOW)
    return agent


def ask(browser: Browser, **fields: str) -> httpx.Response:
    return browser.post("/consola/exportaciones", {"csrf": browser.csrf(), "formato": "csv", **fields})


def work(world: World) -> None:
    """Let everything be written that was asked for."""

    async def job() -> None:
        async def tell(identity: str) -> None:
            await world.coordination.wake("inbox")

        exporter = Exporter(world.database, world.settings.exports_folder, ZONE, world.clock.now, tell)
        task = asyncio.create_task(exporter.run())
        await asyncio.sleep(0.3)
        exporter.stop()
        await task

    asyncio.run(job())


def test_what_the_list_shows_is_asked_for_awaited_and_fetched(supervisor: Browser, world: World) -> None:
    numbers = world.write(open_many, name="ana", count=3)
    (link,) = [
        one["href"]
        for one in parsed(supervisor.get("/consola/?estado=open&orden=antiguas")).tags("a")
        if "exporta" in one["href"]
    ]
    assert link == "/consola/exportaciones?estado=open"
    form = parsed(supervisor.get(link))
    assert form.hidden["estado"] == "open"
    asked_for = ask(supervisor, estado="open")
    assert asked_for.status_code == 303
    address = asked_for.headers["location"]
    waiting = supervisor.get(address)
    assert waiting.headers["refresh"] == "3"
    assert "En espera" in parsed(waiting).text
    assert "En espera" in supervisor.get(address, headers={"X-Block": "live"}).text
    assert supervisor.get(f"{address}/archivo").status_code == 404
    work(world)
    block = supervisor.get(address, headers={"X-Block": "live"})
    assert "Descargar" in block.text
    assert "<main" not in block.text
    ready = supervisor.get(address)
    assert "refresh" not in ready.headers
    assert "3 solicitudes" in parsed(ready).words
    file = supervisor.get(f"{address}/archivo")
    heads, *rows = csv.reader(io.StringIO(file.text.removeprefix("\ufeff")), delimiter=";")
    assert file.headers["content-disposition"] == 'attachment; filename="solicitudes-2026-11-23-1000.csv"'
    assert [row[0] for row in rows] == numbers
    assert heads[:3] == ["Número", "Creada", "Estado"]
    assert heads[-4:] == ["NIT o cédula", "Correo", "Teléfono", "Fecha de compra"]
    assert {row[2] for row in rows} == {"Abierta"}
    asking, fetching = [line for line in world.trail() if "export" in line[0]]
    assert (asking[0], fetching[0], fetching[3]) == ("ticket:exported", "ticket:export:fetched", HOME)
    assert "Lista" in parsed(supervisor.get("/consola/exportaciones")).text


def test_a_file_is_gone_after_its_time_and_was_never_a_colleagues(supervisor: Browser, world: World) -> None:
    address = ask(supervisor).headers["location"]
    work(world)
    world.write(lambda connection: accounts.set_role(connection, "ana.gomez", Role.AGENT, NOW))
    assert supervisor.get(f"{address}/archivo").status_code == 403
    world.write(lambda connection: accounts.set_role(connection, "ana.gomez", Role.SUPERVISOR, NOW))
    assert supervisor.get(f"{address}/archivo").status_code == 200
    world.write(lambda connection: connection.execute(sa.update(exports).values(expires_at=NOW)))
    assert supervisor.get(f"{address}/archivo").status_code == 404
    world.write(lambda connection: connection.execute(sa.update(exports).values(expires_at=NOW + KEPT, agent="luis.paz")))
    assert supervisor.get(address).status_code == 404
    assert supervisor.get(f"{address}/archivo").status_code == 404


def test_what_makes_no_sense_is_told_and_nothing_is_prepared(supervisor: Browser, world: World) -> None:
    answer = ask(supervisor, desde="2026-11-24", hasta="2026-11-23")
    assert (answer.status_code, "Ese periodo no sirve" in parsed(answer).text) == (409, True)
    assert ask(supervisor, formato="exe").status_code == 400
    assert not [line for line in world.trail() if "export" in line[0]]
    assert [ask(supervisor).status_code for _ in range(4)] == [303, 303, 303, 409]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_adds_no_element_to_the_page_and_no_field_to_the_file(
    supervisor: Browser, world: World, hostile: str
) -> None:
    world.write(add_customer, name="mala", profile_name=hostile or " ")
    fields = (FieldValue("nombre", "Nombre", hostile),)
    world.write(partial(open_ticket, ticket=asked("mala", "SM9:0", detail=hostile, case=hostile, fields=fields), now=NOW))
    page = parsed(supervisor.get(f"/consola/exportaciones?{httpx.QueryParams(buscar=hostile, caso=hostile)}"))
    assert {tag for tag, _ in page.elements} <= OURS | {"fieldset", "legend", "dl", "dt", "dd", "label", "script"}
    assert not [name for _, given in page.elements for name in given if name.startswith("on") or name == "style"]
    address = ask(supervisor).headers["location"]
    work(world)
    file = supervisor.get(f"{address}/archivo")
    heads, values = csv.reader(io.StringIO(file.text.removeprefix("\ufeff"), newline=""), delimiter=";")
    assert len(values) == len(heads)
    assert values[heads.index("Detalle")] in {hostile, f"'{hostile}"}
