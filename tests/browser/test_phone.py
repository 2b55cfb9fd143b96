"""The phone itself: what it draws, what it never runs, and that it can be used without a mouse and on a small screen."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.phone import Customer
from tests.demo.process import Demo


def test_text_is_drawn_as_whatsapp_draws_it_and_never_as_html(page: Page) -> None:
    customer = Customer(page)
    customer.say("*negrita* _cursiva_ ~tachado~ ```código``` 2*3*4 a_b_c * no *<b>ojo</b><img src=x onerror=alert(1)>", "")
    said = customer.last_of_mine().locator(".content")
    for tag, text in (("strong", "negrita"), ("em", "cursiva"), ("s", "tachado"), ("code", "código")):
        expect(said.locator(tag)).to_have_text(text)
    expect(said).to_contain_text("2*3*4 a_b_c * no *<b>ojo</b><img src=x onerror=alert(1)>")
    assert said.locator("b, img").count() == 0


def test_only_web_addresses_become_links(page: Page) -> None:
    customer = Customer(page)
    customer.say("mira https://ejemplo.com/a_b_(c)?x=1, javascript:alert(1) y data:text/html,x", "")
    links = customer.last_of_mine().locator("a")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://ejemplo.com/a_b_(c)?x=1")
    expect(links).to_have_attribute("rel", "noopener noreferrer")


def test_ticks_turn_blue_and_typing_ends_with_the_answer(page: Page) -> None:
    customer = Customer(page)
    answer = customer.say("hola", "Soporte de mi producto")
    expect(answer.locator(".ticks")).to_have_attribute("aria-label", "Leído")
    expect(customer.last_of_mine().locator(".ticks")).to_have_attribute("aria-label", re.compile("Entregado|Leído"))
    expect(page.locator("#typing")).to_be_hidden()
    expect(page.locator("#presence")).to_have_text("en línea")


@pytest.mark.parametrize("kind", ["Foto de ejemplo", "Nota de voz", "Vacío"])
def test_each_other_kind_of_message_is_answered(page: Page, kind: str) -> None:
    Customer(page).tap(kind, "")


def test_location_button_and_reaction_are_asked_for_and_sent(page: Page) -> None:
    customer = Customer(page)
    for kind, send, drawn in (
        ("Ubicación", "Enviar", "Parque Simón Bolívar"),
        ("Botón", "Tocar", "Tocó un botón"),
        ("Reacción", "Gracias", "🙏"),
    ):
        page.get_by_role("button", name="Adjuntar").click()
        page.locator("#attach").get_by_role("button", name=kind).click()
        page.get_by_role("dialog").get_by_role("button", name=send).click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(customer.last_of_mine()).to_contain_text(drawn)


def test_a_picked_picture_is_shown(page: Page, tmp_path: Path) -> None:
    picture = tmp_path / "error.jpg"
    picture.write_bytes((Path("bot/web/simulator/samples") / "pantalla.jpg").read_bytes())
    customer = Customer(page)
    page.locator("#pick-image").set_input_files(picture)
    shown = customer.last_of_mine().get_by_role("img", name="error.jpg")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 360


def test_a_second_delivery_draws_one_bubble(page: Page) -> None:
    customer = Customer(page)
    page.get_by_label("Entregar dos veces").check()
    customer.say("hola", "Soporte de mi producto")
    expect(page.locator("#log > .mine")).to_have_count(1)
    expect(customer.last_of_mine()).to_contain_text("entregado 2 veces")
    page.get_by_label("Entregar dos veces").uncheck()


def test_a_new_customer_can_be_added_and_is_told_apart(page: Page) -> None:
    Customer(page)
    page.get_by_role("button", name="Nuevo cliente").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nombre de perfil").fill("Ana <i>Gómez</i>")
    dialog.get_by_label("solo su nombre de usuario").check()
    expect(dialog.get_by_label("Número con indicativo")).to_be_hidden()
    dialog.get_by_role("button", name="Agregar").click()
    expect(page.locator("#owner")).to_have_text("Teléfono de Ana <i>Gómez</i>")
    expect(page.locator("#hint")).to_be_visible()
    assert page.locator(".phone i").count() == 0


def test_answers_on_another_phone_are_counted_until_it_is_looked_at(page: Page) -> None:
    first = Customer(page)
    Customer(page)
    page.request.post("/simulador/messages", data={"address": first.address, "kind": "text", "text": "hola"})
    phone = page.get_by_role("button", name=first.name)
    expect(phone.locator(".unread")).to_be_visible()
    first.take_phone()
    expect(phone.locator(".unread")).to_be_hidden()


def test_the_clock_moves_forward_and_today_becomes_yesterday(page: Page) -> None:
    customer = Customer(page)
    customer.say("hola", "")
    before = page.locator("#now-day").inner_text()
    page.get_by_role("button", name="+24 h").click()
    expect(page.locator("#now-day")).not_to_have_text(before)
    expect(page.locator(".day").last).to_have_text(re.compile("Ayer"))


def test_a_fault_is_switched_on_and_seen_and_switched_off(page: Page) -> None:
    customer = Customer(page)
    page.get_by_label("Aceptado, pero no llega al teléfono", exact=True).check()
    failed = customer.say("menú", "")
    expect(failed.locator(".why")).to_contain_text("63010")
    expect(failed.locator(".ticks")).to_have_attribute("aria-label", "No se entregó")
    page.get_by_role("button", name="Quitar todas las fallas").click()
    expect(page.locator("#faults :checked")).to_have_count(0)


def test_it_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/simulador")
    expect(page.get_by_label("Mensaje", exact=True)).to_be_focused()
    page.keyboard.type("ayuda")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("por favor")
    page.keyboard.press("Enter")
    expect(page.locator("#log > .mine").last).to_contain_text("ayuda\npor favor")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Adjuntar")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#attach")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#attach")).to_be_hidden()
    assert page.get_by_role("log", name="Conversación").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_real_phone_it_fills_the_screen(browser: Browser, running: Demo, screenshots: Path, scheme: str) -> None:
    with browser.new_context(
        base_url=running.address,
        viewport={"width": 390, "height": 780},
        color_scheme=scheme,  # type: ignore[arg-type]
        is_mobile=True,
        has_touch=True,
    ) as context:
        page = context.new_page()
        Customer(page, on_phone=True).say("hola", "Soporte de mi producto")
        assert page.locator(".device").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 780}
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.screenshot(path=screenshots / f"phone-{scheme}.png")
        page.get_by_role("button", name="Ver clientes").click()
        expect(page.locator(".device")).to_be_hidden()
        page.get_by_role("button", name="Carlos Andrés Peña").click()
        expect(page.locator(".device")).to_be_visible()
        page.get_by_role("button", name="Ver reloj y fallas").click()
        expect(page.get_by_role("button", name="+30 h")).to_be_visible()


def test_it_finds_its_way_back_after_the_connection_was_lost(page: Page) -> None:
    customer = Customer(page)
    page.route("**/events*", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#presence")).to_contain_text("sin conexión")
    page.unroute("**/events*")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#presence")).to_have_text("en línea")
    customer.say("menú", "Soporte de mi producto")
