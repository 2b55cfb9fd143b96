"""The forms of a ticket's page: what they do, what they refuse, and how both are told."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.agents import accounts, sessions
from bot.conversations.tables import conversations
from bot.engine.effects import Switch
from bot.messages.tables import messages
from bot.tickets import lifecycle
from bot.tickets.service import move, open_ticket
from bot.web.console.pages import environment
from tests.tickets.world import NOW, asked
from tests.web.console.browser import Browser, Document, parsed
from tests.web.console.conftest import World

PAGE = "/consola/solicitudes/SF-000001"


@pytest.fixture
def desk(agent: Browser, world: World) -> Browser:
    """Ana's browser, and a ticket whose customer wrote just now."""
    world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW)
    wrote(world)
    return agent


def wrote(world: World) -> None:
    """Let the customer have written now, as far as the window goes."""
    at = world.clock.now()
    state = {"node": "inicio", "last_at": at.isoformat()}
    world.write(lambda connection: connection.execute(sa.update(conversations).values(last_message_at=at, state=state)))


def shown(browser: Browser) -> Document:
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return parsed(answer)


def send(browser: Browser, form: str, seen: Document | None = None, **fields: str) -> Any:
    return browser.post(f"{PAGE}/{form}", {**(seen or shown(browser)).hidden, **fields})


def buttons(document: Document) -> list[str]:
    return [button["value"] for button in document.tags("button") if button.get("name") == "trigger"]


def said(world: World) -> list[tuple[str, str]]:
    query = sa.select(messages.c.author, messages.c.body).where(messages.c.direction == "out").order_by(messages.c.position)
    return [tuple(row) for row in world.database.read_now(lambda connection: connection.execute(query).all())]


def test_the_buttons_are_what_the_lifecycle_allows(desk: Browser) -> None:
    assert buttons(shown(desk)) == ["assign", "resolve"]
    assert send(desk, "mover", trigger="assign").status_code == 303
    assert buttons(shown(desk)) == ["wait", "release", "resolve"]
    send(desk, "mover", trigger="resolve")
    assert buttons(shown(desk)) == ["reopen"]


@pytest.mark.parametrize(("dictionary", "names"), [("actions", set(lifecycle.EVENTS)), ("switches", set(Switch))])
def test_every_button_and_every_switch_has_its_words(dictionary: str, names: set[str]) -> None:
    assert set(getattr(environment().get_template("console/words.html").module, dictionary)) == names


def test_taking_a_ticket_opens_the_box_and_a_reply_goes_out_under_the_agents_name(desk: Browser, world: World) -> None:
    assert "pulsa Atender" in shown(desk).words
    assert not shown(desk).tags("textarea")
    answer = send(desk, "mover", trigger="assign")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}#responder")
    words = shown(desk).words
    assert "Ana Gómez tomó la conversación: el bot calla (SF-000001)" in words
    assert "quedan 24 h 0 min" in words
    assert send(desk, "responder", text=" Hola, ¿qué ves en pantalla? ").status_code == 303
    assert said(world)[-1] == ("ana.gomez", "Hola, ¿qué ves en pantalla?")
    assert "Asesor: Ana Gómez Hola, ¿qué ves en pantalla?" in shown(desk).words


def test_the_same_form_sent_twice_is_one_message(desk: Browser, world: World) -> None:
    send(desk, "mover", trigger="assign")
    page = shown(desk)
    assert [send(desk, "responder", page, text="Ya lo reviso").status_code for _ in range(2)] == [303, 303]
    assert [body for _, body in said(world)].count("Ya lo reviso") == 1
    send(desk, "responder", text="Ya lo reviso")  # the same words from a page opened anew are meant
    assert [body for _, body in said(world)].count("Ya lo reviso") == 2


def test_the_slower_of_two_agents_sees_the_ticket_as_it_is_and_why_nothing_was_done(
    desk: Browser, open_browser: Callable[..., Browser], world: World
) -> None:
    page = shown(desk)
    world.write(move, number="SF-000001", trigger="assign", actor="luis.paz", now=NOW)
    answer = send(desk, "mover", page, trigger="assign")
    assert answer.status_code == 409
    words = parsed(answer).words
    assert "esta solicitud cambió mientras la mirabas" in words
    assert "a cargo de Luis Paz" in words
    assert not parsed(answer).tags("textarea")


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "la respuesta estaba vacía"), (" \u200b\n ", "la respuesta estaba vacía"), ("a" * 4001, "pasa de 4.000 caracteres")],
)
def test_a_reply_that_cannot_be_sent_is_told_and_what_was_typed_is_kept(desk: Browser, world: World, text: str, why: str) -> None:
    send(desk, "mover", trigger="assign")
    answer = send(desk, "responder", text=text)
    assert (answer.status_code, why in parsed(answer).words) == (409, True)
    assert text.strip(" \n\u200b") in answer.text
    assert [author for author, _ in said(world)] == ["bot"]


def test_a_reply_to_a_conversation_that_is_not_ones_own_is_refused_and_kept(desk: Browser, world: World) -> None:
    key = "k" * 24
    answer = send(desk, "responder", text="Hola", key=key)
    assert (answer.status_code, "ya no tienes esta conversación" in parsed(answer).words) == (409, True)
    assert said(world) == []


def test_when_the_window_is_over_the_box_is_closed(desk: Browser, world: World) -> None:
    send(desk, "mover", trigger="assign")
    world.clock.advance(hours=23, minutes=30)
    assert "quedan 30 min" in parsed(desk_again(desk, world)).words
    world.clock.advance(minutes=30)
    document = parsed(desk_again(desk, world))
    assert "La ventana de 24 horas se cerró" in document.words
    assert not document.tags("textarea")


def desk_again(desk: Browser, world: World) -> Any:
    """The page, though sessions are shorter than a window: log in anew."""
    found = world.database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    token = world.write(sessions.start, agent_id=found.agent.id, now=world.clock.now(), lifetime=timedelta(hours=1))
    desk.client.cookies.set("soporte-session", token, domain="testserver.local", path="/")
    return desk.get(PAGE)


@pytest.mark.parametrize("form", ["mover", "conversacion", "responder"])
def test_a_form_without_its_token_or_session_does_nothing(
    desk: Browser, open_browser: Callable[..., Browser], world: World, form: str
) -> None:
    fields = {"trigger": "assign", "version": "0", "text": "Hola", "key": "k" * 24}
    assert desk.post(f"{PAGE}/{form}", fields).status_code == 403
    assert open_browser().post(f"{PAGE}/{form}", fields).status_code == 303  # to the login
    assert (buttons(shown(desk)), said(world)) == (["assign", "resolve"], [])


@pytest.mark.parametrize(
    ("form", "fields", "status"),
    [
        ("mover", {"trigger": "assign", "version": ""}, 400),
        ("mover", {"trigger": "assign", "version": "-1"}, 400),
        ("mover", {"trigger": "close"}, 409),
        ("mover", {"trigger": ""}, 409),
        ("responder", {"text": "Hola", "key": "short"}, 400),
        ("conversacion", {}, 409),
    ],
)
def test_a_form_that_no_page_of_ours_holds_is_refused(desk: Browser, form: str, fields: dict[str, str], status: int) -> None:
    assert send(desk, form, None, **fields).status_code == status


def test_a_form_for_a_ticket_that_is_not_there_is_a_page_that_does_not_exist(desk: Browser) -> None:
    hidden = shown(desk).hidden
    for form in ("mover", "conversacion", "responder"):
        fields = {**hidden, "trigger": "assign", "text": "Hola", "key": "k" * 24}
        assert desk.post(f"/consola/solicitudes/SF-000099/{form}", fields).status_code == 404


def test_what_an_agent_does_is_on_the_trail(desk: Browser, world: World) -> None:
    send(desk, "mover", trigger="assign")
    send(desk, "responder", text="Hola")
    done = [line[0] for line in world.trail() if line[0] not in ("ticket:read", "agent:added")]
    assert done == ["ticket:changed", "ticket:answered"]
