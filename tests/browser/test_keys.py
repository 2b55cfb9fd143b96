"""An agent's keyboard in a real browser: shortcuts, their help, and the picker of canned replies."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.phone import Customer
from tests.browser.test_inbox import log_in
from tests.browser.ticket import opened_ticket
from tests.demo.process import Demo


def add_reply(page: Page, shortcut: str, title: str, text: str) -> None:
    page.goto("/consola/respuestas")
    for field, value in (("#shortcut", shortcut), ("#title", title), ("#reply-text", text)):
        page.locator(field).fill(value)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_role("status").filter(has_text="lista para usar")).to_be_visible()
    page.wait_for_load_state()


def test_a_ticket_is_worked_on_with_the_keyboard_alone(page: Page, running: Demo, screenshots: Path) -> None:
    ticket = opened_ticket(running)
    agent = page.context.new_page()
    log_in(agent, running)
    add_reply(agent, "saludo", "Saludo", "Hola, {nombre}: ya tengo tu solicitud {ticket}.")
    add_reply(agent, "revision", "Revisión del correo", "Mira en {correo}.")
    keys = agent.keyboard
    keys.type("gi")
    expect(agent.get_by_role("link", name=ticket)).to_be_visible()
    agent.wait_for_load_state()
    keys.press("j")
    expect(agent.get_by_role("link", name=ticket)).to_be_focused()
    keys.press("?")
    expect(agent.get_by_role("dialog", name="Atajos de teclado")).to_be_visible()
    keys.press("Escape")
    keys.press("Enter")
    expect(agent.get_by_role("button", name="Atender")).to_be_visible()
    agent.wait_for_load_state()
    keys.press("a")
    box, picker = agent.get_by_label("Responder al cliente"), agent.get_by_role("combobox", name="Buscar una respuesta")
    expect(box).to_be_visible()
    agent.wait_for_load_state()
    keys.press("r")
    expect(box).to_be_focused()
    keys.type("/")
    expect(picker).to_be_focused()
    expect(agent.get_by_role("listbox", name="Respuestas rápidas").get_by_role("option")).to_have_count(2)
    keys.press("ArrowDown")
    expect(agent.get_by_role("listbox", name="Respuestas rápidas").get_by_role("option", selected=True)).to_contain_text(
        "/saludo"
    )
    keys.type("REVISION")  # the accent is not missed, and what is typed here is no shortcut
    expect(agent.get_by_role("listbox", name="Respuestas rápidas").get_by_role("option")).to_have_count(1)
    agent.screenshot(path=screenshots / "picker.png")
    keys.press("Escape")
    expect(box).to_be_focused()
    expect(box).to_have_value("/")
    keys.press("Backspace")
    keys.type("/salud")
    keys.press("Enter")
    expect(box).to_have_value(f"Hola, María Rodríguez Prieto: ya tengo tu solicitud {ticket}.")
    keys.type(" {correo}")
    expect(agent.locator(".canned-hint")).to_be_visible()
    keys.press("Control+Enter")
    expect(agent.get_by_role("alert")).to_contain_text("falta completar")
    agent.wait_for_load_state()
    keys.press("e")
    expect(agent.get_by_role("button", name="Resolver")).to_be_focused()  # and nothing is resolved yet
    Customer(page, "María Rodríguez")
    expect(page.locator("#log")).to_contain_text(ticket)
    expect(page.locator("#log")).not_to_contain_text("{correo}")
    agent.close()


def test_keys_that_are_switched_off_do_nothing(page: Page, running: Demo) -> None:
    log_in(page, running)
    page.goto("/consola/cuenta")
    page.get_by_role("button", name="Apagarlos").click()
    expect(page.get_by_role("button", name="Encenderlos")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("?")
    page.keyboard.type("gi")
    expect(page.get_by_role("button", name="Encenderlos")).to_be_visible()
    page.get_by_role("button", name="Encenderlos").click()
    expect(page.get_by_role("button", name="Apagarlos")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Atajos de teclado")).to_be_visible()
