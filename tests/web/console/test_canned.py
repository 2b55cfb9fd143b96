"""Canned replies: kept by supervisors, put into the box by agents, and never sent half filled."""

import pytest
import sqlalchemy as sa

from bot.agents import accounts
from bot.agents.rights import Role
from bot.engine.effects import FieldValue
from bot.messages.tables import messages
from bot.tickets import canned
from bot.tickets.canned import Canned
from bot.tickets.service import open_ticket
from tests.tickets.world import NOW, asked
from tests.web.console.browser import Browser, Document, parsed
from tests.web.console.conftest import World
from tests.web.console.test_desk import wrote

TICKET, REPLIES = "/consola/solicitudes/SF-000001", "/consola/respuestas"
HOSTILE = "<b>{ticket}</b> {{7*7}}"


@pytest.fixture
def desk(agent: Browser, world: World) -> Browser:
    """Ana's browser, who is a supervisor and has a ticket; its customer gave a hostile name and no e-mail."""
    world.write(accounts.set_role, username="ana.gomez", role=Role.SUPERVISOR, now=NOW)
    fields = (FieldValue("nombre", "Nombre", HOSTILE),)
    world.write(open_ticket, ticket=asked("ana", "SM1:0", fields=fields), now=NOW)
    wrote(world)
    world.write(canned.add, reply=Canned("saludo", "Saludo", "Hola, {nombre}, soy {agente}. {ticket}"), now=NOW)
    world.write(canned.add, reply=Canned("correo", "Por correo", "Te escribimos a {correo}."), now=NOW)
    send(agent, "mover", trigger="assign")
    return agent


def shown(browser: Browser) -> Document:
    return parsed(browser.get(TICKET))


def send(browser: Browser, form: str, **fields: str) -> int:
    return browser.post(f"{TICKET}/{form}", {**shown(browser).hidden, **fields}).status_code


def box(browser: Browser) -> str:
    """What stands in the box to reply in."""
    text = browser.get(TICKET).text
    return text.split('<textarea id="text"')[1].split(">", 1)[1].split("</textarea>")[0]


def is_hinted(document: Document) -> bool:
    return any("canned-hint" in one.get("class", "") and "hidden" not in one for one in document.tags("p"))


def sent(world: World) -> list[str]:
    query = sa.select(messages.c.body).where(messages.c.author == "ana.gomez", messages.c.direction == "out")
    return list(world.database.read_now(lambda connection: connection.execute(query).scalars()))


def test_without_a_script_a_reply_is_put_behind_what_was_typed_and_can_be_changed(desk: Browser, world: World) -> None:
    assert send(desk, "insertar", text="Buenas tardes.", canned="saludo") == 303
    assert box(desk) == "Buenas tardes.\n\nHola, &lt;b&gt;(ticket)&lt;/b&gt; ((7*7)), soy Ana Gómez. SF-000001"
    assert sent(world) == []
    assert not is_hinted(shown(desk))
    assert send(desk, "insertar", text="Solo esto", canned="") == 303
    parts = {name: (None, value) for name, value in {**shown(desk).hidden, "text": "Ya", "canned": "correo"}.items()}
    assert desk.post(f"{TICKET}/insertar", files=parts).status_code == 303  # as browsers send this form
    assert box(desk) == "Ya\n\nTe escribimos a {correo}."
    assert send(desk, "responder", text="Hola, soy Ana.") == 303
    assert sent(world) == ["Hola, soy Ana."]


def test_a_missing_value_is_hinted_at_and_the_text_is_not_sent_until_it_is_written(desk: Browser, world: World) -> None:
    send(desk, "insertar", text="", canned="correo")
    assert box(desk) == "Te escribimos a {correo}."
    assert is_hinted(shown(desk))
    answer = desk.post(f"{TICKET}/responder", {**shown(desk).hidden, "text": "Te escribimos a { Correo }."})
    assert answer.status_code == 409
    assert "falta completar lo que está entre llaves" in parsed(answer).words
    assert is_hinted(parsed(answer))
    assert "{ Correo }" in answer.text  # what was typed is still there
    assert sent(world) == []
    assert send(desk, "responder", text="Te escribimos a ana@ejemplo.com. Un corchete {x} no estorba.") == 303
    assert len(sent(world)) == 1


def test_a_reply_that_is_gone_or_too_long_changes_nothing_and_says_so(desk: Browser, world: World) -> None:
    for fields, why in (({"canned": "nada"}, "ya no existe"), ({"canned": "saludo", "text": "a" * 3990}, "4.000")):
        answer = desk.post(f"{TICKET}/insertar", {**shown(desk).hidden, "text": "Sigo aquí", **fields})
        assert (answer.status_code, why in parsed(answer).words) == (409, True)
        assert fields.get("text", "Sigo aquí") in answer.text
    assert box(desk) == ""


def test_the_page_keeps_a_reply_shows_how_it_reads_and_tells_the_trail(desk: Browser, world: World) -> None:
    fields = {"csrf": desk.csrf(), "shortcut": "/Clave Nueva", "title": "Clave", "text": "{nombre}, tu caso es {ticket}."}
    preview = parsed(desk.post(REPLIES, {**fields, "preview": "si"}))
    assert "María Rodríguez, tu caso es SF-000123." in preview.words
    assert "clave-nueva" not in preview.words
    assert desk.post(REPLIES, fields).status_code == 303
    assert "/clave-nueva Clave María Rodríguez, tu caso es SF-000123." in parsed(desk.get(REPLIES)).words
    assert desk.post(f"{REPLIES}/clave-nueva", {**fields, "shortcut": "clave", "text": "Otra"}).status_code == 303
    assert desk.post(f"{REPLIES}/clave/borrar", {"csrf": desk.csrf()}).status_code == 303
    told = [line[0] for line in world.trail() if line[0].startswith("reply:")]
    assert told == ["reply:added", "reply:changed", "reply:deleted"]
    assert "Atajo: clave-nueva → clave" in parsed(desk.get("/consola/registro?accion=reply:changed")).words


def test_an_unknown_variable_is_refused_by_its_name_with_what_was_typed(desk: Browser, world: World) -> None:
    for path in (REPLIES, f"{REPLIES}/saludo"):
        fields = {"csrf": desk.csrf(), "shortcut": "nuevo", "title": "Nuevo", "text": "Tu saldo: {saldo}"}
        answer = desk.post(path, fields)
        assert answer.status_code == 422
        assert "no es una variable: {saldo}" in parsed(answer).words
        assert "Tu saldo: {saldo}</textarea>" in answer.text
    assert [one.shortcut for one in world.database.read_now(canned.listed)] == ["correo", "saludo"]


def test_two_replies_cannot_have_one_shortcut(desk: Browser) -> None:
    fields = {"csrf": desk.csrf(), "shortcut": "saludo", "title": "Otro", "text": "Hola"}
    answer = desk.post(REPLIES, fields)
    assert (answer.status_code, "Ya hay una respuesta con ese atajo" in parsed(answer).words) == (422, True)
