"""Two agents and a customer at the same time, each in a browser of their own where they have one: the stories of a day.

One product and one set of browsers serve all of them, so each has a customer of its own.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from bot.channels.fake_twilio import Faults
from bot.tickets.tables import tickets
from tests.attachments.samples import FILES
from tests.browser.desk import Desk, desk_in, open_page
from tests.browser.scene import fill_in, staff

_BOX = "Responder al cliente"
_PAPER = {"name": "pasos.pdf", "mimeType": "application/pdf", "buffer": FILES["pdf"]}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_in(tmp_path_factory.mktemp("stories")) as started:
        staff(started)
        yield started


@pytest.fixture(scope="module")
def seats(browser: Browser, desk: Desk) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Ana's browser and Andrés'."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(desk.seat(browser, who)) for who in ("agente", "andres.mora"))  # type: ignore[misc]


@pytest.fixture
def customer(desk: Desk, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Somebody with a ticket: their number at WhatsApp, and the ticket's."""
    address = f"+5730055{abs(hash(request.node.name)) % 100000:05}"
    return address, fill_in(desk, address, "María Rodríguez Prieto")


@pytest.fixture
def ana(seats: tuple[BrowserContext, BrowserContext], customer: tuple[str, str]) -> Iterator[Page]:
    with open_page(seats[0], f"/solicitudes/{customer[1]}") as page:
        yield page


@pytest.fixture
def andres(seats: tuple[BrowserContext, BrowserContext], customer: tuple[str, str]) -> Iterator[Page]:
    with open_page(seats[1], f"/solicitudes/{customer[1]}") as page:
        yield page


def take(page: Page) -> None:
    page.get_by_role("button", name="Atender").click()
    expect(page.get_by_label(_BOX)).to_be_visible()


def send(page: Page, text: str) -> None:
    page.wait_for_load_state()  # by then the scripts have begun, which a busy machine may take a while for
    page.get_by_label(_BOX).fill(text)
    page.get_by_role("button", name="Enviar", exact=True).click()


def test_an_agent_takes_over_while_the_bot_is_about_to_answer(desk: Desk, ana: Page, customer: tuple[str, str]) -> None:
    address, _ = customer
    before = len(desk.said(address))
    desk.stack.fake.faults = Faults(too_many_requests=3)  # what the bot wants to say has to wait
    assert desk.send(address, text="1") == 200
    take(ana)
    desk.stack.fake.faults = Faults()
    send(ana, "Hola, soy Ana.")
    expect(ana.locator("#talk .from-agent")).to_have_count(1)
    desk.settle()
    said = desk.said(address)[before:]
    assert said[-1] == "Hola, soy Ana."
    assert desk.send(address, text="menú") == 200  # and the bot is silent from now on
    desk.settle()
    assert desk.said(address)[before:] == said


def test_of_two_who_press_at_the_same_time_one_has_the_ticket(
    desk: Desk, ana: Page, andres: Page, customer: tuple[str, str]
) -> None:
    for page in (ana, andres):
        expect(page.get_by_role("button", name="Atender")).to_be_visible()
    # Both forms leave before either is answered.
    for page in (ana, andres):
        page.get_by_role("button", name="Atender").evaluate("button => { setTimeout(() => button.click(), 0); }")
    for page in (ana, andres):
        expect(page.get_by_role("button", name="Atender")).to_have_count(0)
    assert sorted(page.get_by_label(_BOX).count() for page in (ana, andres)) == [0, 1]
    holder = desk.read(lambda connection: connection.scalar(sa.select(tickets.c.assignee).where(tickets.c.number == customer[1])))
    assert holder in {"agente", "andres.mora"}


@pytest.mark.parametrize("arrives", [False, True], ids=["before the server has it", "after the server has it"])
def test_a_reply_survives_a_network_that_dies(desk: Desk, ana: Page, customer: tuple[str, str], *, arrives: bool) -> None:
    def break_off(route: Route) -> None:
        if arrives:
            route.fetch(max_redirects=0)
        route.abort()

    take(ana)
    ana.route("**/responder", break_off)
    box, words = ana.get_by_label(_BOX), "Entra por *Iniciar sesión* y me cuentas."
    box.fill(words)
    ana.get_by_label("Adjuntar archivos").set_input_files(_PAPER)  # type: ignore[arg-type]
    ana.get_by_role("button", name="Enviar", exact=True).dblclick()
    expect(ana.get_by_text("sale sola, una vez")).to_be_visible()
    expect(box).to_have_value(words)
    assert box.is_editable() is False
    ana.unroute("**/responder")
    expect(box).to_have_value("")
    expect(ana.locator("#talk").get_by_text("y me cuentas")).to_have_count(1)
    expect(ana.locator("#talk .from-agent").get_by_text("Descargar PDF")).to_have_count(1)
    desk.settle()
    assert desk.said(customer[0]).count(words) == 1
    send(ana, "Otra cosa:")  # and the next one is another one
    expect(ana.locator("#talk").get_by_text("Otra cosa:")).to_have_count(1)


def test_a_reply_that_is_refused_says_why_and_one_without_a_session_stays(ana: Page, customer: tuple[str, str]) -> None:
    take(ana)
    send(ana, "Hola, {nombre}")
    expect(ana.get_by_role("alert")).to_contain_text("falta completar")
    expect(ana.get_by_label(_BOX)).to_have_value("Hola, {nombre}")
    kept = ana.context.cookies()
    ana.context.clear_cookies()
    send(ana, "Hola, María")
    expect(ana.get_by_text("Tu sesión terminó y la respuesta no salió")).to_be_visible()
    expect(ana.get_by_label(_BOX)).to_have_value("Hola, María")
    ana.context.add_cookies(kept)  # type: ignore[arg-type]


def test_a_closed_window_is_opened_by_a_template_and_the_reply_waits(desk: Desk, ana: Page, customer: tuple[str, str]) -> None:
    address, _ = customer
    take(ana)
    send(ana, "Ya lo reviso.")
    expect(ana.locator("#talk .from-agent")).to_have_count(1)
    desk.settle()
    desk.stack.advance(hours=25)
    ana.reload()
    expect(ana.get_by_text("La ventana de 24 horas se cerró")).to_be_visible()
    ana.get_by_label(_BOX).fill("Tu cuenta ya está activa.")
    ana.get_by_role("button", name="Avisar y dejar en espera").click()
    expect(ana.locator(".pending")).to_contain_text("Tu cuenta ya está activa.")
    desk.settle()
    assert "abrir" in desk.said(address)[-1]
    desk.hear(address, text="abrir")
    assert desk.said(address)[-1] == "Tu cuenta ya está activa."
    expect(ana.locator(".pending")).to_have_count(0)
    expect(ana.locator("#talk").get_by_text("Tu cuenta ya está activa.")).to_have_count(1)


def test_labels_views_and_an_export_lead_from_the_list_to_a_file(desk: Desk, ana: Page, customer: tuple[str, str]) -> None:
    number = customer[1]
    ana.get_by_label("Etiqueta", exact=True).select_option("plan-anual")
    ana.get_by_role("button", name="Poner", exact=True).click()
    expect(ana.get_by_role("list", name="Etiquetas de la solicitud")).to_contain_text("Plan anual")
    ana.goto("/consola/?etiqueta=plan-anual")
    expect(ana.get_by_role("link", name=number)).to_be_visible()
    ana.get_by_text("Guardar esta vista").click()
    ana.get_by_label("Nombre de la vista").fill("Plan anual")
    ana.get_by_role("button", name="Guardar", exact=True).click()
    ana.goto("/consola/")
    ana.get_by_role("region", name="Mis vistas").get_by_role("link", name="Plan anual").click()
    expect(ana.get_by_role("row").filter(has_text="SF-")).to_have_count(1)
    ana.get_by_role("link", name="Exportar lo que se ve").click()
    ana.get_by_label("CSV").check()
    ana.get_by_role("button", name="Preparar el archivo").click()
    with ana.expect_download() as download:
        ana.get_by_role("link", name=re.compile("Descargar")).click(timeout=30_000)
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert number in text
    assert text.count("SF-") == 1


def test_reports_count_what_came_and_show_it_as_numbers_too(ana: Page, customer: tuple[str, str]) -> None:
    ana.goto("/consola/informes")
    ana.get_by_role("navigation", name="Informes").get_by_role("link").nth(1).click()
    expect(ana.get_by_role("table")).to_be_visible()
    ana.get_by_label("Desde").fill("2026-02-01")
    ana.get_by_label("Hasta").fill("2026-01-01")
    ana.get_by_role("button", name="Ver", exact=True).click()
    expect(ana.get_by_role("alert")).to_contain_text("Ese periodo no sirve")
