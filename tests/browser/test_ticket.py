"""A ticket's page while two agents and a customer are at it, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.attachments.samples import FILES
from tests.browser.phone import Customer
from tests.browser.test_inbox import log_in
from tests.browser.ticket import opened_ticket
from tests.demo.process import Demo

_BOX = "Responder al cliente"


@pytest.fixture(scope="module")
def ticket(running: Demo) -> str:
    """The path of a ticket's page; its customer is María Rodríguez."""
    return f"/consola/solicitudes/{opened_ticket(running)}"


@pytest.fixture(scope="module")
def password(browser: Browser, running: Demo) -> str:
    """Of a second agent, luis.paz."""
    with browser.new_context(base_url=running.address, locale="es-CO") as context:
        page = context.new_page()
        log_in(page, running)
        page.goto("/consola/personas")
        page.get_by_label("Nombre").first.fill("Luis Paz")
        page.get_by_role("button", name=re.compile("Agregar")).click()
        return page.locator("code, .password").last.inner_text().strip()


@pytest.fixture
def luis(browser: Browser, running: Demo, password: str) -> Iterator[Page]:
    with browser.new_context(base_url=running.address, locale="es-CO", reduced_motion="reduce") as context:
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto("/consola")
        page.get_by_label("Usuario").fill("luis.paz")
        page.get_by_label("Contraseña").fill(password)
        page.get_by_role("button", name=re.compile("Entrar|Ingresar")).click()
        expect(page.get_by_role("button", name="Salir")).to_be_visible()
        yield page


@pytest.fixture
def ana(page: Page, running: Demo, ticket: str) -> Iterator[Page]:
    """The first agent at the ticket, in a window beside the customer's."""
    opened = page.context.new_page()
    log_in(opened, running)
    expect(opened.get_by_role("button", name="Salir")).to_be_visible()
    opened.goto(ticket)
    yield opened
    opened.close()


def take(agent: Page) -> None:
    """Let this agent have the ticket, whoever has it now."""
    if agent.get_by_role("button", name="Atender").count():
        agent.get_by_role("button", name="Atender").click()
    elif not agent.get_by_label(_BOX).count():
        agent.get_by_label("Pasar a").select_option("agente")
        agent.get_by_role("button", name="Pasar", exact=True).click()
    expect(agent.get_by_label(_BOX)).to_be_visible()
    agent.wait_for_load_state()


def test_agents_see_each_other_and_the_customer_sees_who_writes(
    page: Page, ana: Page, luis: Page, ticket: str, screenshots: Path
) -> None:
    here = ana.locator("#presence")
    expect(here).to_have_text("")
    luis.goto(ticket)
    expect(luis.locator("#presence")).to_have_text(re.compile("Agente Demo está viendo"))
    expect(here).to_have_text(re.compile("Luis Paz está viendo"))
    take(ana)
    customer = Customer(page, "María Rodríguez")
    customer.send("hola, ¿me ayudas?")
    expect(ana.locator("#talk")).to_contain_text("¿me ayudas?")
    # Luis' page follows by itself: who has it, which buttons there are, and why he cannot write.
    expect(luis.locator(".ticket-head")).to_contain_text("a cargo de Agente Demo")
    expect(luis.get_by_role("button", name="Atender")).to_have_count(0)
    expect(luis.locator(".reply")).to_contain_text("solo esa persona le escribe al cliente")
    ana.get_by_label(_BOX).press_sequentially("Claro que sí", delay=20)
    expect(luis.locator("#presence")).to_have_text(re.compile("Agente Demo está escribiendo una respuesta"))
    expect(page.get_by_text(re.compile("escribiendo", re.IGNORECASE)).first).to_be_visible()
    luis.screenshot(path=screenshots / "presence.png", full_page=True)
    luis.goto("/consola/")
    expect(here).to_have_text("")


def test_the_reply_box_follows_and_what_is_typed_stays(page: Page, ana: Page, luis: Page, ticket: str) -> None:
    take(ana)
    box = ana.get_by_label(_BOX)
    box.fill("Lo que llevo escrito")
    box.evaluate("box => box.setSelectionRange(3, 3)")
    Customer(page, "María Rodríguez").send("¿sigues ahí?")
    expect(ana.locator("#talk")).to_contain_text("¿sigues ahí?")
    expect(box).to_be_focused()
    assert box.evaluate("box => [box.value, box.selectionStart]") == ["Lo que llevo escrito", 3]
    luis.goto(ticket)
    luis.get_by_label("Pasar a").select_option("luis.paz")
    luis.get_by_role("button", name="Pasar", exact=True).click()
    expect(luis.get_by_label(_BOX)).to_be_visible()
    expect(ana.locator(".ticket-head")).to_contain_text("a cargo de Luis Paz")
    expect(ana.locator(".reply")).to_contain_text("A cargo de Luis Paz")
    expect(ana.get_by_role("button", name="Enviar")).to_have_count(0)
    expect(box).to_have_value("Lo que llevo escrito")
    expect(box).to_be_focused()
    ana.get_by_label("Pasar a").select_option("agente")
    luis.get_by_text("Corregir Nombre", exact=False).first.click()
    luis.get_by_label("Nombre", exact=True).fill("María Rodríguez Peña")
    ana.get_by_role("button", name="Pasar", exact=True).click()
    expect(luis.locator(".reply")).to_contain_text("A cargo de Agente Demo")
    expect(luis.get_by_label("Nombre", exact=True)).to_have_value("María Rodríguez Peña")  # while the page changed around it
    luis.get_by_role("button", name="Guardar", exact=True).first.click()
    expect(ana.locator(".facts")).to_contain_text("María Rodríguez Peña")
    expect(ana.locator(".timeline")).to_contain_text("Se corrigió un dato")


def test_files_go_to_the_customer_and_one_that_is_too_large_does_not_leave_the_browser(
    page: Page, ana: Page, screenshots: Path
) -> None:
    take(ana)
    files, box = ana.get_by_label("Adjuntar archivos"), ana.get_by_label(_BOX)
    box.fill("Mira la pantalla:")
    files.set_input_files({"name": "foto.png", "mimeType": "image/png", "buffer": FILES["png"].ljust(6 * 1024 * 1024, b"\0")})
    ana.get_by_role("button", name="Enviar").click()
    assert files.evaluate("input => input.validationMessage") == "Pesa más de lo que admite WhatsApp: foto.png"
    picture: FilePayload = {"name": "foto.png", "mimeType": "image/png", "buffer": FILES["png"]}
    paper: FilePayload = {"name": "pasos.pdf", "mimeType": "application/pdf", "buffer": FILES["pdf"]}
    files.set_input_files([picture, paper])
    ana.get_by_role("button", name="Enviar").dblclick()
    talk = ana.locator("#talk")
    expect(talk.get_by_text("Mira la pantalla:")).to_have_count(1)
    expect(talk.locator(".from-agent img")).to_have_count(1)
    expect(talk.locator(".from-agent").get_by_text("Descargar PDF")).to_have_count(1)
    theirs = page.locator("#log > .theirs")
    Customer(page, "María Rodríguez")
    expect(theirs.filter(has_text="Mira la pantalla:")).to_have_count(1)
    expect(theirs.locator("img")).to_have_count(1)
    ana.screenshot(path=screenshots / "files.png", full_page=True)


def test_the_time_that_is_left_runs_down_and_the_box_closes(page: Page, ana: Page, running: Demo, ticket: str) -> None:
    def advance(hours: float) -> None:
        assert page.request.post(f"{running.address}/dev/clock", data={"advance_hours": hours}).ok

    take(ana)
    Customer(page, "María Rodríguez").send("aquí sigo")
    expect(ana.locator("#talk")).to_contain_text("aquí sigo")
    ana.get_by_label(_BOX).fill("Un momento")
    ana.get_by_role("button", name="Enviar").click()  # or else the bot would have the conversation again
    expect(ana.locator("#talk")).to_contain_text("Un momento")
    advance(23.5)
    ana.context.clear_cookies()  # a session is shorter than a window
    log_in(ana, running)
    expect(ana.get_by_role("button", name="Salir")).to_be_visible()
    ana.goto(ticket)
    left = ana.locator("[data-left]")
    expect(left).to_contain_text("min")
    advance((int(left.get_attribute("data-left") or 0) - 12) / 3600)
    ana.goto(ticket)
    box = ana.get_by_label(_BOX)
    box.fill("Ya casi termino")
    expect(left).to_have_class(re.compile("urgent"))
    expect(ana.locator(".reply")).to_contain_text("La ventana de 24 horas se cerró")
    expect(left).to_have_count(0)
    expect(box).to_have_value("Ya casi termino")
    expect(ana.get_by_role("button", name="Enviar")).to_have_count(0)
