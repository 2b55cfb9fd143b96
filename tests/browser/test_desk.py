"""Two agents and a customer at the same time, in a real browser."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.phone import Customer
from tests.browser.test_inbox import log_in
from tests.browser.ticket import opened_ticket
from tests.demo.process import Demo


def test_two_agents_and_a_customer_at_one_ticket(page: Page, running: Demo, screenshots: Path) -> None:
    ticket = opened_ticket(running)
    ana = page.context.new_page()
    log_in(ana, running)
    ana.goto(f"/consola/solicitudes/{ticket}")
    slower = page.context.new_page()
    slower.route("**/vivo*", lambda route: route.abort())  # the news do not reach it
    slower.goto(f"/consola/solicitudes/{ticket}")
    ana.get_by_role("button", name="Atender").click()
    expect(ana.get_by_label("Responder al cliente")).to_be_visible()
    slower.get_by_role("button", name="Atender").click()
    expect(slower.get_by_role("alert")).to_contain_text("cambió mientras la mirabas")
    customer = Customer(page, "María Rodríguez")
    customer.send("hola, ¿me ayudas?")

    talk = ana.locator("#talk")
    ana.get_by_label("Responder al cliente").fill("Claro que")
    expect(talk).to_contain_text("hola, ¿me ayudas?")  # by itself, and what is being typed stays
    expect(ana.get_by_label("Responder al cliente")).to_have_value("Claro que")
    ana.context.set_offline(True)  # the network dies in the middle of it, and the button is pressed again and again
    ana.get_by_label("Responder al cliente").fill("Claro que sí, María.")
    ana.context.set_offline(False)
    ana.get_by_role("button", name="Enviar").dblclick()
    expect(talk.get_by_text("Claro que sí, María.")).to_have_count(1)
    expect(page.locator("#log > .theirs").filter(has_text="Claro que sí, María.")).to_have_count(1)
    ana.screenshot(path=screenshots / "desk.png", full_page=True)

    ana.get_by_role("button", name="Resolver").click()
    expect(ana.get_by_role("button", name="Reabrir")).to_be_visible()
    customer.say("5", "Gracias por calificarnos")
    customer.say("Muy amable", "Tu opinión")
    ana.reload()
    expect(ana.get_by_text("5 de 5").first).to_be_visible()
    slower.close()
    ana.close()
