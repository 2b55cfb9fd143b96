"""The list of tickets in a real browser: it keeps itself up to date, and does not need to."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.phone import Customer
from tests.browser.ticket import opened_ticket
from tests.demo.process import Demo


def log_in(page: Page, running: Demo) -> None:
    page.goto("/consola")
    page.get_by_label("Usuario").fill("agente")
    page.get_by_label("Contraseña").fill(running.password)
    page.get_by_role("button", name=re.compile("Entrar|Ingresar")).click()


def test_a_new_ticket_and_a_new_message_appear_in_an_open_list(page: Page, running: Demo, screenshots: Path) -> None:
    agent = page.context.new_page()
    log_in(agent, running)
    agent.goto("/consola/?orden=actividad")
    expect(agent.get_by_text("Todavía no hay solicitudes")).to_be_visible()
    expect(agent.get_by_text("En vivo", exact=True)).to_be_visible()
    agent.get_by_label("Buscar").fill("no se pierde")
    ticket = opened_ticket(running)
    row = agent.get_by_role("row").filter(has=agent.get_by_role("link", name=ticket))
    expect(row).to_contain_text("María Rodríguez Prieto")
    expect(agent.get_by_role("status")).to_have_text("Lista actualizada: 0 no leídas, 1 abiertas.")
    link = agent.get_by_role("link", name=ticket)
    link.focus()
    Customer(page, "María Rodríguez").say("gracias", r".+")
    expect(row).to_contain_text("Nuevo mensaje")
    expect(link).to_be_focused()
    expect(agent.get_by_role("status")).to_have_text("Lista actualizada: 1 no leídas, 1 abiertas.")
    expect(agent.get_by_label("Buscar")).to_have_value("no se pierde")
    agent.screenshot(path=screenshots / "inbox.png", full_page=True)

    agent.context.set_offline(True)
    agent.get_by_label("Buscar").fill("pantalla blanco")
    agent.context.set_offline(False)
    agent.get_by_label("Buscar").press("Enter")
    expect(link).to_be_visible()
    assert "buscar=pantalla+blanco" in agent.url
    leave_and_come_back(agent, ticket)
    agent.close()


def leave_and_come_back(agent: Page, ticket: str) -> None:
    """The way back from a ticket leads to the same search, until the agent is logged out."""
    searched = agent.url
    agent.get_by_role("link", name=ticket).click()
    expect(agent).to_have_url(re.compile(ticket))
    agent.wait_for_load_state()
    agent.get_by_role("main").get_by_role("link", name="Solicitudes").click()
    expect(agent).to_have_url(searched)
    agent.get_by_role("button", name="Salir").click()
    expect(agent.get_by_label("Contraseña")).to_be_visible()
    assert agent.evaluate("sessionStorage.length") == 0


def test_the_list_works_without_javascript(browser: Browser, running: Demo) -> None:
    with browser.new_context(base_url=running.address, locale="es-CO", java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page, running)
        page.get_by_label("Buscar").fill("nada de esto")
        page.get_by_role("button", name="Aplicar").click()
        expect(page.get_by_text("Nada coincide con la búsqueda")).to_be_visible()
        page.get_by_role("link", name="Quitar la búsqueda").first.click()
        page.get_by_role("link", name=re.compile("^Abiertas")).click()
        page.get_by_label("Orden").select_option("antiguas")
        page.get_by_role("button", name="Aplicar").click()
        assert page.url.endswith("/consola/?estado=open&orden=antiguas")
        expect(page.get_by_text("En vivo", exact=True)).to_be_hidden()
