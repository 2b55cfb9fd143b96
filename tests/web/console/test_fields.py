"""Agents correct what a customer told: read like the customer's own answers, and never without a trace."""

from functools import partial
from typing import Any

import pytest

from bot.engine.effects import FieldValue
from bot.tickets import queries, search
from bot.tickets.service import Correction, TicketChangedError, correct, open_ticket
from tests.tickets.world import NOW, asked
from tests.web.console.browser import Browser, Document, parsed
from tests.web.console.conftest import World

PAGE = "/consola/solicitudes/SF-000001"
FIELDS = (
    FieldValue("nombre", "Nombre", "Ana Ruis"),
    FieldValue("nit", "NIT o cédula", "900123456-8"),
    FieldValue("correo", "Correo", "ana@ejemplo.co"),
    FieldValue("fecha_compra", "Fecha de compra", ""),
    FieldValue("de_antes", "Ciudad", "Cali"),
)


@pytest.fixture
def desk(agent: Browser, world: World) -> Browser:
    world.write(open_ticket, ticket=asked("ana", "SM1:0", fields=FIELDS), now=NOW)
    return agent


def shown(browser: Browser) -> Document:
    return parsed(browser.get(PAGE))


def save(browser: Browser, field: str, value: str, seen: Document | None = None, **more: str) -> Any:
    hidden = {name: (seen or shown(browser)).hidden[name] for name in ("csrf", "version")}
    return browser.post(f"{PAGE}/datos", {**hidden, "field": field, "value": value, **more})


def value(world: World, field: str) -> str:
    ticket = world.database.read_now(partial(queries.ticket, number="SF-000001"))
    assert ticket is not None
    return next((one.value for one in ticket.fields if one.name == field), ticket.detail)


def found(world: World, query: str) -> list[int]:
    return world.database.read_now(partial(search.found, query=query, below=None, most=5))


def test_a_corrected_field_is_shown_with_what_it_was_and_found_by_what_it_is(desk: Browser, world: World) -> None:
    answer = save(desk, "nombre", "  Ana Ruiz Prieto ")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#datos")
    save(desk, "nombre", "Ana Ruiz")
    words = shown(desk).words
    assert (
        "Corregido 2 veces : Nombre Antes: Ana Ruiz Prieto hasta que Ana Gómez lo corrigió, hoy, 10:00 Antes: Ana Ruis" in words
    )
    assert "Se corrigió un dato Nombre: Ana Ruis → Ana Ruiz Prieto Ana Gómez, hoy, 10:00" in words
    assert [found(world, query) for query in ("prieto", "ruiz", "nadie")] == [[1], [1], []]


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("nit", "NIT 860034313-7", "860034313-7"),
        ("correo", "Ana.Ruiz@Ejemplo.co", "ana.ruiz@ejemplo.co"),
        ("fecha_compra", "20 de noviembre", "viernes 20 de noviembre (2026-11-20)"),
        ("de_antes", "Bogotá", "Bogotá"),
        ("@detail", "Perdió el celular y no recibe el código", "Perdió el celular y no recibe el código"),
    ],
)
def test_a_value_is_read_as_the_customers_own_answer_would_be(
    desk: Browser, world: World, field: str, typed: str, kept: str
) -> None:
    assert save(desk, field, typed).status_code == 303
    assert value(world, field) == kept


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("nombre", "ana@ejemplo.co", "Eso parece un correo"),
        ("nit", "900123456-7", "a 900123456 le corresponde el dígito de verificación 8"),
        ("fecha_compra", "mañana", "esa fecha aún no llega"),
        ("de_antes", "a" * 501, "menos de 500 caracteres"),
        ("de_antes", " ", "vacío no se guarda"),
        ("@detail", "hola", "Cuéntame un poco más"),
    ],
)
def test_a_value_that_does_not_fit_is_told_like_a_customer_and_stays_in_its_place(
    desk: Browser, world: World, field: str, typed: str, why: str
) -> None:
    before = value(world, field)
    answer = save(desk, field, typed)
    document = parsed(answer)
    assert (answer.status_code, why in document.words) == (409, True), document.words
    assert typed in answer.text
    assert sum("open" in details for details in document.tags("details")) == 1
    assert value(world, field) == before


def test_what_looks_mistyped_is_asked_about_and_kept_as_the_agent_says(desk: Browser, world: World) -> None:
    answer = save(desk, "correo", "ana@gmial.com")
    assert (answer.status_code, "¿Es ana@gmail.com" in parsed(answer).words) == (409, True)
    assert value(world, "correo") == "ana@ejemplo.co"
    assert save(desk, "correo", "ana@gmial.com", exact="ana@gmial.com").status_code == 303
    assert value(world, "correo") == "ana@gmial.com"
    assert save(desk, "correo", "ana@gmail.com", exact="ana@gmail.com").status_code == 303
    assert value(world, "correo") == "ana@gmail.com"


def test_of_two_who_correct_at_once_the_second_sees_what_the_first_did(desk: Browser, world: World) -> None:
    page = shown(desk)
    first = Correction("nombre", "Ana María Ruiz", "luis.paz")
    world.write(correct, number="SF-000001", correction=first, now=NOW, seen=0)
    answer = save(desk, "nombre", "Ana Ruiz", page)
    assert (answer.status_code, "cambió mientras la mirabas" in parsed(answer).words) == (409, True)
    assert "Ana María Ruiz" in parsed(answer).words
    assert value(world, "nombre") == "Ana María Ruiz"


def test_the_same_value_again_is_no_correction(desk: Browser, world: World) -> None:
    assert save(desk, "nombre", "Ana Ruis").status_code == 303
    assert "Se corrigió" not in shown(desk).words
    assert [line for line in world.trail() if line[0] == "ticket:changed"] == []


def test_a_field_that_the_ticket_does_not_have_cannot_be_made_up(desk: Browser, world: World) -> None:
    assert save(desk, "salario", "1").status_code == 400
    assert save(desk, "nombre", "Ana", version="-1").status_code == 400
    assert save(desk, "nombre", "Ana", csrf="falso").status_code == 403
    made_up = Correction("salario", "1", "ana.gomez")
    with pytest.raises(TicketChangedError):
        world.write(correct, number="SF-000001", correction=made_up, now=NOW, seen=0)


def test_the_trail_names_the_field_and_not_what_it_holds_and_a_password_is_masked(desk: Browser, world: World) -> None:
    save(desk, "@detail", "no puedo entrar, mi contraseña es Gato2024*xy")
    assert "Gato2024" not in desk.get(PAGE).text
    assert "no puedo entrar, mi contraseña es" in value(world, "@detail")
    assert world.trail()[-2][0] == "ticket:changed"
