from collections.abc import Callable

import pytest

from bot.tickets.promises import Due
from bot.tickets.queries import PAGE
from bot.tickets.service import mark_answered, move, open_ticket
from bot.web.console.tickets import LATEST
from tests.tickets.world import MINUTE, NOW, asked, open_many, say
from tests.web.console.browser import HOME, Browser, Document, parsed
from tests.web.console.conftest import World

OpenBrowser = Callable[..., Browser]


def opened(world: World, name: str = "ana", cause: str = "SM1:0", **changes: object) -> str:
    number: str = world.write(open_ticket, ticket=asked(name, cause, **changes), now=NOW)
    return number


def shown(browser: Browser, number: str) -> Document:
    answer = browser.get(f"/consola/solicitudes/{number}")
    assert answer.status_code == 200
    return parsed(answer)


def numbers(document: Document) -> list[str]:
    links = [link["href"] for link in document.tags("a")]
    return [link.rsplit("/", 1)[1] for link in links if "/solicitudes/" in link]


def test_without_tickets_the_list_says_so_and_what_will_come(agent: Browser) -> None:
    text = parsed(agent.get("/consola/")).words
    assert "Todavía no hay solicitudes" in text
    assert "Todas 0" in text


def test_the_list_shows_who_asked_for_what_and_how_it_stands(agent: Browser, world: World) -> None:
    opened(world)
    world.write(move, number=opened(world, "luis", "SM2:0"), trigger="assign", actor="ana.gomez", now=NOW)
    document = parsed(agent.get("/consola/"))
    assert numbers(document) == ["SF-000002", "SF-000001"]
    for text in ("Todas 2", "Abiertas 1", "En atención 1", "No recuerdo la contraseña", "+57 300 1234567", "hoy, 10:00"):
        assert text in document.words


def test_a_filter_shows_one_state_and_says_when_it_is_empty(agent: Browser, world: World) -> None:
    opened(world)
    world.write(move, number=opened(world, "luis", "SM2:0"), trigger="assign", actor="ana.gomez", now=NOW)
    assert numbers(parsed(agent.get("/consola/?estado=assigned"))) == ["SF-000002"]
    empty = parsed(agent.get("/consola/?estado=resolved"))
    assert "Ninguna solicitud en este estado" in empty.words
    current = [link["href"] for link in empty.tags("a") if link.get("aria-current") == "true"]
    assert current == ["/consola/?estado=resolved"]


@pytest.mark.parametrize("query", ["", "estado=open"])
def test_following_the_link_to_older_ones_shows_every_ticket_once(agent: Browser, world: World, query: str) -> None:
    every = world.write(open_many, name="ana", count=PAGE * 2 + 1)
    seen, path = [], f"/consola/?{query}"
    while path:
        document = parsed(agent.get(path))
        seen += numbers(document)
        path = next((link["href"] for link in document.tags("a") if link.get("rel") == "next"), "")
    assert seen == every[::-1]
    assert "No hay más solicitudes" in parsed(agent.get("/consola/?antes=1")).words


@pytest.mark.parametrize("query", ["estado=closed", "estado=", "antes=x", "antes=0", "antes=-1", "antes=99999999999999999999"])
def test_an_address_that_makes_no_sense_is_a_page_that_does_not_exist(agent: Browser, query: str) -> None:
    answer = agent.get(f"/consola/?{query}")
    assert (answer.status_code, "Esta página no existe" in parsed(answer).words) == (404, True)


def test_a_ticket_shows_its_fields_its_detail_and_its_history(agent: Browser, world: World) -> None:
    attachments = (
        {"url": "https://media.example/1", "content_type": "image/png"},
        {"latitude": 4.6, "longitude": -74.1, "address": "Calle 1", "label": "Oficina"},
    )
    number = opened(world, attachments=attachments)
    world.write(move, number=number, trigger="assign", actor="ana.gomez", now=NOW)
    words = shown(agent, number).words
    for text in ("SF-000001", "En atención", "a cargo de Ana Gómez", "NIT o cédula 900123456-8", "No recuerdo la contraseña"):
        assert text in words
    assert "Caso reconocido: Olvidé mi contraseña" in words
    assert "Adjuntos 2 Imagen image/png Ubicación Oficina, Calle 1 (4.6, -74.1)" in words
    assert "Se creó Cliente, hoy, 10:00 Pasó a atención Ana Gómez, hoy, 10:00" in words
    assert "media.example" not in agent.get(f"/consola/solicitudes/{number}").text


def test_the_conversation_is_shown_in_order_with_how_far_each_message_got(agent: Browser, world: World) -> None:
    number = opened(world)
    world.write(say, name="ana", position=0, body="Hola")
    world.write(say, name="ana", position=1, body="Elige: *1.* Soporte", status="read")
    world.write(say, name="ana", position=2, body="", kind="audio", attachments=[{"url": "u", "content_type": "audio/ogg"}])
    world.write(say, name="ana", position=3, body="Gracias", status="failed", error_code=63016)
    words = shown(agent, number).words
    parts = [
        "Cliente: Hola 10:00",
        "Bot: Elige: 1. Soporte Bot 10:01 Leído",
        "Audio audio/ogg 10:02",
        "Gracias Bot 10:03 No se entregó",
    ]
    places = [words.index(part) for part in parts]
    assert places == sorted(places)
    assert "más de 24 horas" in words
    assert "(error 63016)" in words


def test_a_ticket_does_not_show_what_another_customer_said(agent: Browser, world: World) -> None:
    number = opened(world)
    world.write(say, name="luis", position=0, body="Soy otro cliente")
    words = shown(agent, number).words
    assert "Soy otro cliente" not in words
    assert "No hay mensajes en esta conversación" in words


def test_a_long_conversation_shows_its_end_and_on_request_the_whole(agent: Browser, world: World) -> None:
    number = opened(world)
    for position in range(LATEST + 1):
        world.write(say, name="ana", position=position, body=f"mensaje-{position}.")
    short, whole = (agent.get(f"/consola/solicitudes/{number}{query}").text for query in ("", "?mensajes=todos"))
    assert ("mensaje-0." in short, "mensaje-1." in short, f"mensaje-{LATEST}." in short) == (False, True, True)
    assert (f"últimos {LATEST} mensajes" in short, "últimos" in whole, "mensaje-0." in whole) == (True, False, True)


def test_that_a_ticket_was_read_is_on_the_trail_and_that_it_was_asked_for_in_vain_is_not(agent: Browser, world: World) -> None:
    number = opened(world)
    before = len(world.trail())
    assert agent.get("/consola/solicitudes/SF-000099").status_code == 404
    shown(agent, number)
    line, *more = world.trail()[before:]
    assert (line[0], line[2:], more) == ("ticket:read", (number, HOME), [])
    assert line[1]


@pytest.mark.parametrize("path", ["", "?estado=open", "solicitudes/SF-000001", "solicitudes/SF-000001?mensajes=todos"])
def test_nothing_is_shown_to_who_is_not_logged_in(browser: Browser, world: World, path: str) -> None:
    opened(world)
    answer = browser.get(f"/consola/{path}")
    assert (answer.status_code, answer.text) == (303, "")
    assert answer.headers["location"].startswith("/consola/entrar?next=%2Fconsola%2F")
    assert world.trail()[-1][0] == "agent:added"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (0, "Primera respuesta: a más tardar hoy, 11:00 Solución: a más tardar hoy, 13:00"),
        (1, "Primera respuesta vencida era para hoy, 11:00 Solución: a más tardar hoy, 13:00"),
        (3, "Primera respuesta vencida era para hoy, 11:00 Solución vencida era para hoy, 13:00"),
    ],
)
def test_what_was_promised_is_shown_and_that_its_time_is_over(agent: Browser, world: World, after: int, expected: str) -> None:
    hour = 60 * MINUTE
    world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW, due=Due(NOW + hour, NOW + 3 * hour))
    world.clock.advance(hours=after)
    assert expected in shown(agent, "SF-000001").words


def test_a_promise_kept_is_told_as_such_and_nothing_is_told_of_none(agent: Browser, world: World) -> None:
    number = world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW, due=Due(NOW + MINUTE, NOW + MINUTE))
    world.write(mark_answered, conversation_id="conversation-ana", now=NOW)
    world.write(move, number=number, trigger="resolve", actor="ana.gomez", now=NOW + 2 * MINUTE)
    assert "Primera respuesta hoy, 10:00, a tiempo Resuelta hoy, 10:02, tarde" in shown(agent, number).words
    assert "rimera respuesta" not in shown(agent, opened(world, "luis", "SM2:0")).words
