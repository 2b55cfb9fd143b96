"""From "hola" on a customer's phone to a ticket that an agent reads: the whole product, in a real browser."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.phone import Customer
from tests.demo.process import Demo

DETAIL = "La pantalla queda en blanco y el computador muestra el código E-4512."


def test_a_customer_opens_a_ticket_and_an_agent_reads_it(page: Page, running: Demo, screenshots: Path) -> None:
    customer = Customer(page, "María Rodríguez")
    expect(page.locator("#hint")).to_contain_text("hola")
    customer.picture(screenshots, "1-first-visit")
    page.get_by_role("button", name="hola", exact=True).click()
    customer.answer_to(0, "Soporte de mi producto")
    customer.say("1", "Siigo Facturación")
    customer.say("3", "No puedo ingresar")
    customer.say("1", "¿Autorizas")
    customer.picture(screenshots, "2-consent")
    ticket = fill_in_the_form(customer)
    customer.picture(screenshots, "3-ticket")

    page.goto("/consola")
    page.get_by_label("Usuario").fill("agente")
    page.get_by_label("Contraseña").fill(running.password)
    page.get_by_role("button", name="Entrar").or_(page.get_by_role("button", name="Ingresar")).click()
    page.get_by_role("link", name=ticket).click()
    told = page.locator("main")
    for text in (ticket, "María Rodríguez Prieto", "maria@ejemplo.com", DETAIL, "¿Autorizas"):
        expect(told.get_by_text(text).first).to_be_visible()
    look_at_the_picture(page)
    page.screenshot(path=screenshots / "4-console.png", full_page=True)


def look_at_the_picture(page: Page) -> None:
    """The customer's picture is on the page, small, and as large as the screen behind it; its original is a download."""
    picture = page.get_by_role("link", name="ver en grande").first
    assert picture.locator("img").evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 100
    with page.expect_popup() as opened:
        picture.click()
    expect(opened.value).to_have_title(re.compile(r"\d+×\d+"))  # the browser names a picture by its size
    opened.value.close()
    with page.expect_download() as download:
        page.get_by_role("link", name="Descargar la imagen").first.click()
    assert re.fullmatch(r"[0-9a-f]{12}\.jpg", download.value.suggested_filename)


def fill_in_the_form(customer: Customer) -> str:
    """Give consent and all that is asked, and return the ticket's number."""
    customer.say("Acepto", "nombre completo")
    customer.say("María Rodríguez Prieto", "NIT")
    customer.say("900123456-8", "correo")
    customer.say("maria@ejemplo.com", "teléfono")
    customer.say("este", "compra")
    customer.say("ayer", "detalle")
    customer.say(DETAIL, "pantallazo")
    customer.tap("Foto de ejemplo", "Recibido")
    summary = customer.say("listo", "¿Está todo bien|Revisa tus datos")
    expect(summary).to_be_visible()
    done = customer.say("sí", r"SF-\d{6}")
    found = re.search(r"SF-\d{6}", done.inner_text())
    assert found
    return found[0]
