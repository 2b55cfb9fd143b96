"""One person's data in the console: seen, downloaded, erased after typing, or refused; messages hidden; terms shown."""

import json
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.agents import accounts
from bot.agents.rights import Role
from bot.contacts.consents import Answer, record
from bot.contacts.tables import contacts, erasure_refusals
from bot.engine.terms import Right
from bot.messages.tables import messages
from bot.privacy.tables import Reason, erasures
from bot.tickets import rights, search
from bot.tickets.service import move, open_ticket
from bot.web.console.pages import environment
from tests.tickets.world import NOW, asked, say
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

PERSON, TICKET, PHONE = "/consola/clientes/contact-ana", "/consola/solicitudes/SF-000001", "+573001234567"


@pytest.fixture
def admin(agent: Browser, world: World) -> Browser:
    """Ana's browser, who is an admin, and a customer who agreed, wrote and has a ticket."""
    world.write(accounts.set_role, username="ana.gomez", role=Role.ADMIN, now=NOW)
    world.write(record, answer=Answer("contact-ana", True, "2026-12", "aviso", "<b>Acepto</b>", "SM1", ("atender",)), now=NOW)
    world.write(say, name="ana", position=0, body="mi clave es Zorzal2026 <script>", sid="SM2")
    world.write(open_ticket, ticket=asked("ana", "SM1:0", detail="la clave Zorzal2026 no sirve"), now=NOW)
    return agent


def rows(world: World, column: sa.Column[str]) -> list[str]:
    return list(world.database.read_now(lambda connection: connection.execute(sa.select(column)).scalars().all()))


@pytest.mark.parametrize(
    ("dictionary", "names"),
    [("rights", set(Right)), ("erasures", set(Reason))],
)
def test_every_right_and_every_reason_has_its_words(dictionary: str, names: set[str]) -> None:
    assert set(getattr(environment().get_template("console/words.html").module, dictionary)) == names


def test_a_person_is_shown_with_counts_and_evidence_and_the_reading_is_on_the_trail(admin: Browser, world: World) -> None:
    assert "Datos personales del cliente" in parsed(admin.get(TICKET)).words
    page = admin.get(PERSON)
    words = parsed(page).words
    for expected in ("Mensajes 1", "Sus números SF-000001", "Aceptó", "<b>Acepto</b>", "versión 2026-12", "Finalidades atender"):
        assert expected in words
    assert "<b>Acepto" not in page.text
    assert world.trail()[-1][0::2] == ("person:read", "contact-ana")


def test_the_copy_is_downloaded_as_json_and_as_a_page_without_scripts(admin: Browser, world: World) -> None:
    data = admin.get(f"{PERSON}/datos.json")
    assert data.headers["content-disposition"] == 'attachment; filename="datos.json"'
    assert json.loads(data.text)["tables"]["messages"][0]["body"] == "mi clave es Zorzal2026 <script>"
    page = admin.get(f"{PERSON}/datos.html")
    assert "attachment" in page.headers["content-disposition"]
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert [line[0] for line in world.trail()[-2:]] == ["person:exported", "person:exported"]


def test_a_person_is_erased_only_when_their_number_is_typed(admin: Browser, world: World) -> None:
    refused = admin.post(f"{PERSON}/eliminar", {"csrf": admin.csrf(), "confirm": "+57"})
    assert refused.status_code == 422
    assert "No se eliminó nada" in parsed(refused).words
    assert "contact-ana" in rows(world, contacts.c.id)
    done = admin.post(f"{PERSON}/eliminar", {"csrf": admin.csrf(), "confirm": f" {PHONE} "})
    assert (done.status_code, done.headers["location"]) == (303, "/consola/privacidad")
    assert rows(world, contacts.c.id) == ["contact-luis"]
    [identity] = rows(world, erasures.c.id)
    assert world.trail()[-1][0::2] == ("person:erased", identity)
    assert "A petición de la persona, por ana.gomez" in parsed(admin.get("/consola/privacidad")).words
    assert admin.get(PERSON).status_code == 404
    assert admin.get(TICKET).status_code == 404


def test_an_erasure_is_refused_with_a_reason_that_is_kept(admin: Browser, world: World) -> None:
    empty = admin.post(f"{PERSON}/negar", {"csrf": admin.csrf(), "reason": "  "})
    assert (empty.status_code, rows(world, erasure_refusals.c.reason)) == (422, [])
    admin.post(f"{PERSON}/negar", {"csrf": admin.csrf(), "reason": "Contrato <vigente>"})
    assert rows(world, erasure_refusals.c.reason) == ["Contrato <vigente>"]
    words = parsed(admin.get(f"{PERSON}?hecho=negada")).words
    assert "La negativa quedó registrada" in words
    assert "Contrato <vigente>" in words
    assert world.trail()[-2][0] == "person:erasure_refused"


def test_a_part_of_a_message_is_hidden_wherever_it_was_repeated(admin: Browser, world: World) -> None:
    form = {"csrf": admin.csrf(), "message": "message-ana-0", "part": "Zorzal2026"}
    assert admin.post(f"{TICKET}/ocultar", form).status_code == 303
    page = parsed(admin.get(TICKET)).words
    assert "mi clave es [oculto] <script>" in page
    assert "la clave [oculto] no sirve" in page
    assert "Zorzal" not in page
    assert world.database.read_now(partial(search.found, query="zorzal2026", below=None, most=9)) == []
    assert ("message:hidden", "SF-000001") in [line[0::2] for line in world.trail()]
    [row] = world.database.read_now(lambda connection: connection.execute(sa.select(erasures)).all())
    assert (row.reason, row.todo["sids"], row.actor) == ("hidden", ["SM2"], "ana.gomez")
    again = admin.post(f"{TICKET}/ocultar", form)
    assert again.status_code == 409
    assert "No se ocultó nada" in parsed(again).words


def test_a_whole_message_is_hidden_and_one_of_another_conversation_is_not(admin: Browser, world: World) -> None:
    world.write(say, name="luis", position=0, body="ajeno")
    other = admin.post(f"{TICKET}/ocultar", {"csrf": admin.csrf(), "message": "message-luis-0"})
    absent = admin.post(f"{TICKET}/ocultar", {"csrf": admin.csrf(), "message": "nada"})
    assert (other.status_code, absent.status_code) == (404, 404)
    assert admin.post(f"{TICKET}/ocultar", {"csrf": admin.csrf(), "message": "message-ana-0", "part": ""}).status_code == 303
    assert sorted(rows(world, messages.c.body)) == ["[oculto]", "ajeno"]


def a_case(world: World, *, days_ago: int) -> str:
    """A case that was opened so long ago; returns its number."""
    number: str = world.write(open_ticket, ticket=asked("ana", f"SM{days_ago}:0"), now=NOW)
    world.write(rights.open_case, number=number, right=Right.KNOW, now=NOW - timedelta(days=days_ago))
    return number


def test_a_case_shows_its_legal_clock_and_can_be_prolonged_once(agent: Browser, world: World) -> None:
    a_case(world, days_ago=0)
    assert "Plazo legal: quedan 11 días hábiles" in parsed(agent.get("/consola/")).words
    assert "Se responde a más tardar el lunes 7 dic 2026 (0 % del plazo)" in parsed(agent.get(TICKET)).words
    assert agent.post(f"{TICKET}/prorroga", {"csrf": agent.csrf()}).status_code == 303
    words = parsed(agent.get(TICKET)).words
    assert "martes 15 dic 2026" in words
    assert "prorrogado" in words
    assert "Prorrogar" not in words
    agent.post(f"{TICKET}/prorroga", {"csrf": agent.csrf()})
    assert [line[0] for line in world.trail()].count("ticket:prolonged") == 1


def test_a_term_that_is_nearly_over_stands_out_until_it_is_answered(agent: Browser, world: World) -> None:
    near, over = a_case(world, days_ago=12), a_case(world, days_ago=30)
    words = parsed(agent.get("/consola/")).words
    assert "Plazo legal: quedan 4 días hábiles" in words
    assert "Plazo legal vencido" in words
    page = agent.get("/consola/").text
    assert 'status-waiting">Plazo legal: quedan' in page
    assert 'late">Plazo legal vencido' in page
    assert "Prorrogar" not in parsed(agent.get(f"/consola/solicitudes/{over}")).words
    world.write(move, number=near, trigger="resolve", actor="ana.gomez", now=NOW)
    assert "quedan" not in parsed(agent.get("/consola/")).words
    assert "Respondido" in parsed(agent.get(f"/consola/solicitudes/{near}")).words
