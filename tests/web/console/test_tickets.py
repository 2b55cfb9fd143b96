from collections.abc import Callable

import pytest

from bot.tickets.promises import Due
from bot.tickets.service import hear, mark_answered, move, open_ticket
from bot.web.console.tickets import LATEST
from tests.tickets.world import MINUTE, NOW, asked, say
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


def test_opening_a_ticket_makes_it_read(agent: Browser, world: World) -> None:
    number = opened(world)
    world.write(hear, conversation_id="conversation-ana", text="hola", now=NOW)
    assert "Nuevo mensaje" in parsed(agent.get("/consola/")).words
    shown(agent, number)
    assert "Nuevo mensaje" not in parsed(agent.get("/consola/")).words


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
