from datetime import timedelta
from typing import Any

import pytest

from bot.messages.allowance import Allowance, count
from bot.tickets.listing import PAGE
from bot.tickets.promises import Due
from bot.tickets.service import hear, move, open_ticket
from tests.tickets.world import NOW, asked, open_many
from tests.web.console.browser import Browser, Document, parsed
from tests.web.console.conftest import World


def opened(world: World, name: str = "ana", cause: str = "SM1:0", **changes: Any) -> str:
    number: str = world.write(open_ticket, ticket=asked(name, cause, **changes), now=NOW)
    return number


def listed(browser: Browser, query: str = "") -> Document:
    answer = browser.get(f"/consola/?{query}")
    assert answer.status_code == 200
    return parsed(answer)


def numbers(document: Document) -> list[str]:
    links = [link["href"] for link in document.tags("a")]
    return [link.rsplit("/", 1)[1] for link in links if "/solicitudes/" in link]


def test_without_tickets_the_list_says_so_and_what_will_come(agent: Browser) -> None:
    text = listed(agent).words
    assert "Todavía no hay solicitudes" in text
    assert "Todas 0" in text


def test_who_reads_the_list_is_told_when_the_days_messages_come_to_an_end(agent: Browser, world: World) -> None:
    allowance = Allowance(world.settings.overload.sends_per_day, world.flow.zone)

    def told(*, more: int) -> str:
        world.write(count, allowance=allowance, now=NOW, sent=more, left_out=0)
        return listed(agent).words

    assert "mensajes que el sistema puede enviar" not in told(more=allowance.per_day * 4 // 5 - 1)
    assert "el 80 % de los mensajes que el sistema puede enviar en un día" in told(more=1)
    assert "Hoy ya se enviaron los mensajes de un día" in told(more=allowance.per_day // 5)


def test_the_list_shows_who_asked_for_what_and_how_it_stands(agent: Browser, world: World) -> None:
    opened(world)
    world.write(move, number=opened(world, "luis", "SM2:0"), trigger="assign", actor="ana.gomez", now=NOW)
    document = listed(agent)
    assert numbers(document) == ["SF-000002", "SF-000001"]
    told = ("Todas 2", "Abiertas 1", "En atención 1", "Mías 1", "No recuerdo la contraseña", "+57 300 1234567", "hoy, 10:00")
    for text in (*told, "En atención Ana Gómez"):
        assert text in document.words


def test_a_filter_shows_one_state_and_says_when_it_is_empty(agent: Browser, world: World) -> None:
    opened(world)
    world.write(move, number=opened(world, "luis", "SM2:0"), trigger="assign", actor="ana.gomez", now=NOW)
    assert numbers(listed(agent, "estado=assigned")) == ["SF-000002"]
    empty = listed(agent, "estado=resolved")
    assert "Ninguna solicitud con estos filtros" in empty.words
    current = [link["href"] for link in empty.tags("a") if link.get("aria-current") == "true"]
    assert current == ["/consola/?estado=resolved"]


def test_filters_add_up_and_each_can_be_taken_back(agent: Browser, world: World) -> None:
    for name, case in (("ana", "olvide_clave"), ("luis", "olvide_usuario")):
        world.write(move, number=opened(world, name, name, case=case), trigger="assign", actor="ana.gomez", now=NOW)
    world.write(hear, conversation_id="conversation-luis", text="hola", now=NOW)
    both = listed(agent, "mias=si&caso=olvide_usuario&no_leidas=si")
    assert numbers(both) == ["SF-000002"]
    assert "Una solicitud con estos filtros" in both.words
    links = {link["href"] for link in both.tags("a")}
    assert {"/consola/?mias=si&caso=olvide_usuario", "/consola/?caso=olvide_usuario&no_leidas=si", "/consola/"} <= links
    hidden = [field["name"] for field in both.tags("input") if field.get("type") == "hidden"]
    assert hidden[:3] == ["csrf", "mias", "no_leidas"]


def test_a_window_that_closes_soon_is_told_and_can_be_asked_for(agent: Browser, world: World) -> None:
    world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW - timedelta(hours=21, minutes=30))
    assert "Cierra en 2 h 30 min" in listed(agent, "por_cerrar=si").words
    world.clock.advance(hours=3)
    assert "Ventana cerrada" in listed(agent).words
    assert numbers(listed(agent, "por_cerrar=si")) == []
    assert "Ninguna solicitud en este orden" in listed(agent, "orden=ventana").words


@pytest.mark.parametrize("query", ["", "estado=open", "orden=antiguas", "orden=actividad&caso=olvide_clave", "orden=ventana"])
def test_following_the_link_to_the_next_page_shows_every_ticket_once(agent: Browser, world: World, query: str) -> None:
    every = world.write(open_many, name="ana", count=PAGE * 2 + 1)
    world.clock.advance(hours=2)
    seen, path = [], f"/consola/?{query}"
    while path:
        document = parsed(agent.get(path))
        seen += numbers(document)
        path = next((link["href"] for link in document.tags("a") if link.get("rel") == "next"), "")
    assert seen == (every if query in {"orden=antiguas", "orden=ventana"} else every[::-1])


def test_a_page_behind_the_last_ticket_says_so(agent: Browser, world: World) -> None:
    opened(world)
    assert "No hay más solicitudes" in listed(agent, "tras=1").words


def test_a_search_finds_by_words_and_can_be_narrowed_down_and_taken_back(agent: Browser, world: World) -> None:
    opened(world, detail="Pantalla azul")
    opened(world, "luis", "SM2:0", detail="Pantalla roja")
    both = listed(agent, "buscar=PANTALLA")
    assert (numbers(both), "Resultados de PANTALLA" in both.words) == (["SF-000002", "SF-000001"], True)
    assert numbers(listed(agent, "buscar=pantalla+az&estado=open&orden=antiguas")) == ["SF-000001"]
    nothing = listed(agent, "buscar=%22verde%22*")
    assert "Nada coincide con la búsqueda" in nothing.words
    assert "/consola/" in [link["href"] for link in nothing.tags("a")]
    assert next(field["value"] for field in nothing.tags("input") if field["name"] == "buscar") == '"verde"*'


def test_a_form_with_empty_fields_leads_to_an_address_worth_keeping(agent: Browser) -> None:
    answer = agent.get("/consola/?caso=&asesor=ana.gomez&orden=&mias=si&otra=x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/consola/?asesor=ana.gomez&mias=si")


@pytest.mark.parametrize(
    "query",
    [
        *("estado=closed", "mias=no", "caso=%00", f"categoria={'a' * 201}", "orden=azar", "orden=recientes%00"),
        *("tras=x", "tras=0", "tras=-1", "tras=99999999999999999999", "tras=9223372036854775808", "tras=1-1", "tras=%D9%A1"),
        *("orden=actividad&tras=1", "orden=actividad&tras=9999999999999999999-1", "orden=actividad&tras=1-1-1"),
    ],
)
def test_an_address_that_makes_no_sense_is_a_page_that_does_not_exist(agent: Browser, query: str) -> None:
    answer = agent.get(f"/consola/?{query}")
    assert (answer.status_code, "Esta página no existe" in parsed(answer).words) == (404, True)


def test_the_block_that_changes_can_be_fetched_alone(agent: Browser, world: World) -> None:
    number = opened(world)
    whole = agent.get("/consola/?estado=open")
    block = agent._runner.run(agent.client.get("/consola/?estado=open", headers={"X-Block": "live"}))
    assert (block.headers["x-block"], "x-block" in whole.headers) == ("1", False)
    assert number in block.text
    assert block.text in whole.text
    assert not parsed(block).tags("html")


def test_a_resolved_ticket_shows_no_window(agent: Browser, world: World) -> None:
    long_ago = NOW - timedelta(days=30)
    number = world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=long_ago)
    assert "Ventana cerrada" in listed(agent).words
    world.write(move, number=number, trigger="resolve", actor="ana.gomez", now=long_ago)
    assert "Ventana cerrada" not in listed(agent).words


def test_a_promise_that_is_broken_is_marked_counted_and_can_be_filtered_by(agent: Browser, world: World) -> None:
    hour = timedelta(hours=1)
    world.write(open_ticket, ticket=asked("ana", "SM8:0"), now=NOW, due=Due(NOW + hour, NOW + 9 * hour))
    world.write(open_ticket, ticket=asked("luis", "SM9:0"), now=NOW, due=Due(NOW + 2 * hour, NOW + 9 * hour))
    assert "Abierta Vencida" not in listed(agent).words
    world.clock.advance(hours=1)
    page = listed(agent, "vencidas=si")
    assert numbers(page) == ["SF-000001"]
    assert "Vencidas 1" in page.words
    assert "Abierta Vencida" in page.words
