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
from bot.settings import Settings, Twilio
from bot.tickets import drafts, lifecycle
from bot.tickets.service import comment, hear, move, open_ticket, rate, transfer
from bot.web.console.pages import environment
from tests.tickets.world import NOW, asked, say
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


def has_box(document: Document) -> bool:
    """Whether the page holds the box to reply in."""
    return any(area["name"] == "text" for area in document.tags("textarea"))


def said(world: World) -> list[tuple[str, str]]:
    query = sa.select(messages.c.author, messages.c.body).where(messages.c.direction == "out").order_by(messages.c.position)
    return [tuple(row) for row in world.database.read_now(lambda connection: connection.execute(query).all())]


def test_the_buttons_are_what_the_lifecycle_allows(desk: Browser) -> None:
    assert buttons(shown(desk)) == ["assign", "resolve"]
    assert send(desk, "mover", trigger="assign").status_code == 303
    assert buttons(shown(desk)) == ["wait", "release", "resolve"]
    send(desk, "mover", trigger="resolve")
    assert buttons(shown(desk)) == ["reopen"]


@pytest.mark.parametrize(("dictionary", "names"), [("deeds", set(lifecycle.EVENTS)), ("switches", set(Switch))])
def test_every_button_and_every_switch_has_its_words(dictionary: str, names: set[str]) -> None:
    assert set(getattr(environment().get_template("console/words.html").module, dictionary)) == names


def test_taking_a_ticket_opens_the_box_and_a_reply_goes_out_under_the_agents_name(desk: Browser, world: World) -> None:
    assert "pulsa Atender" in shown(desk).words
    assert not has_box(shown(desk))
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
    assert not has_box(parsed(answer))


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
    before = desk_again(desk, world)
    assert "quedan 0 h 30 min" in parsed(before).words
    assert ">Enviar</button>" in before.text
    world.clock.advance(minutes=30)
    answer = desk_again(desk, world)
    document = parsed(answer)
    assert "La ventana de 24 horas se cerró" in document.words
    assert ">Enviar</button>" not in answer.text
    assert "Guardar borrador" in document.words
    hidden = document.hidden
    refused = desk.post(f"{PAGE}/responder", {**hidden, "text": "Hola, ¿sigues ahí?"})
    assert (refused.status_code, "la ventana de 24 horas se cerró" in parsed(refused).words) == (409, True)
    assert "Hola, ¿sigues ahí?" in parsed(refused).text
    assert [author for author, _ in said(world)] == ["bot"]


def desk_again(desk: Browser, world: World) -> Any:
    """The page, though sessions are shorter than a window: log in anew."""
    found = world.database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    token = world.write(sessions.start, agent_id=found.agent.id, now=world.clock.now(), lifetime=timedelta(hours=1))
    desk.client.cookies.set("soporte-session", token, domain="testserver.local", path="/")
    return desk.get(PAGE)


@pytest.mark.parametrize("form", ["mover", "conversacion", "responder", "transferir", "notas", "reintentar", "borrador"])
def test_a_form_without_its_token_or_session_does_nothing(
    desk: Browser, open_browser: Callable[..., Browser], world: World, form: str
) -> None:
    fields = {"trigger": "assign", "version": "0", "text": "Hola", "note": "x", "key": "k" * 24, "to": "luis.paz", "message": "1"}
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
        ("transferir", {"to": "luis.paz"}, 409),  # nobody has it
        ("transferir", {"to": "nadie"}, 400),
        ("transferir", {"to": "luis.paz", "version": "x"}, 400),
        ("notas", {"note": "Hola", "key": ""}, 400),
        ("notas", {"note": " "}, 409),
        ("reintentar", {"message": "no-such-message"}, 409),
        ("reintentar", {"message": "'; --"}, 400),
    ],
)
def test_a_form_that_no_page_of_ours_holds_is_refused(desk: Browser, form: str, fields: dict[str, str], status: int) -> None:
    assert send(desk, form, None, **fields).status_code == status


def test_a_form_for_a_ticket_that_is_not_there_is_a_page_that_does_not_exist(desk: Browser) -> None:
    hidden = shown(desk).hidden
    for form in ("mover", "conversacion", "responder", "transferir", "notas", "reintentar", "borrador"):
        more = {"note": "Hola", "to": "luis.paz", "message": "1"}
        fields = {**hidden, "trigger": "assign", "text": "Hola", "key": "k" * 24, **more}
        assert desk.post(f"/consola/solicitudes/SF-000099/{form}", fields).status_code == 404


def test_what_an_agent_does_is_on_the_trail(desk: Browser, world: World) -> None:
    send(desk, "mover", trigger="assign")
    send(desk, "responder", text="Hola")
    done = [line[0] for line in world.trail() if line[0] not in ("ticket:read", "agent:added")]
    assert done == ["ticket:changed", "ticket:answered"]


def test_a_note_is_shown_to_agents_once_and_never_sent(desk: Browser, world: World) -> None:
    page = shown(desk)
    answers = [send(desk, "notas", page, note=" Llamó por teléfono. ") for _ in range(2)]
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, f"{PAGE}#notas")] * 2
    words = shown(desk).words
    assert "Notas internas 1 Llamó por teléfono. Ana Gómez, hoy, 10:00" in words
    assert "Se anotó Ana Gómez" in words
    assert said(world) == []


def choices(desk: Browser) -> list[str]:
    """What can be chosen on the page; a reason to block the customer always can."""
    return [choice["name"] for choice in shown(desk).tags("select") if choice["name"] != "reason"]


def test_a_ticket_that_is_passed_on_goes_with_its_conversation(desk: Browser, world: World) -> None:
    assert choices(desk) == []
    send(desk, "mover", trigger="assign")
    assert choices(desk) == ["to"]
    assert "luis.paz" in [option["value"] for option in shown(desk).tags("option")]
    page = shown(desk)
    assert send(desk, "transferir", page, to="luis.paz").status_code == 303
    words = shown(desk).words
    assert "a cargo de Luis Paz" in words
    assert "Cambió de manos Ana Gómez → Luis Paz" in words
    assert "Luis Paz tomó la conversación" in words
    assert "Desde ahora te atiende Luis Paz" in words
    assert not has_box(shown(desk))
    stale = send(desk, "transferir", page, to="luis.paz")
    assert (stale.status_code, "cambió mientras la mirabas" in parsed(stale).words) == (409, True)
    send(desk, "transferir", to="ana.gomez")  # taken back
    assert "Responder al cliente" in shown(desk).words


def test_an_agent_who_is_gone_is_offered_nothing(desk: Browser, world: World) -> None:
    world.write(accounts.disable, username="luis.paz", now=NOW)
    send(desk, "mover", trigger="assign")
    assert choices(desk) == []
    assert send(desk, "transferir", to="luis.paz").status_code == 400


def failed_reply(desk: Browser, world: World) -> str:
    """A reply that was not delivered; its id."""
    send(desk, "mover", trigger="assign")
    send(desk, "responder", text="Hola")
    failed = sa.update(messages).where(messages.c.author == "ana.gomez", messages.c.direction == "out")
    world.write(lambda connection: connection.execute(failed.values(status="failed", error_code=63016, sid="SM9")))
    [identity] = [button["value"] for button in shown(desk).tags("button") if button.get("name") == "message"]
    return identity


def test_a_failed_message_is_sent_again_with_one_click_and_once(desk: Browser, world: World) -> None:
    message = failed_reply(desk, world)
    assert send(desk, "reintentar", message=message).status_code == 303
    query = sa.select(messages.c.status, messages.c.sid, messages.c.error_code).where(messages.c.id == message)
    row = world.database.read_now(lambda connection: connection.execute(query).one())
    assert tuple(row) == ("queued", None, None)
    again = send(desk, "reintentar", message=message)
    assert (again.status_code, "ese mensaje ya no está fallido" in parsed(again).words) == (409, True)
    assert [body for _, body in said(world)].count("Hola") == 1


def test_a_failed_message_cannot_be_sent_again_once_the_window_is_over(desk: Browser, world: World) -> None:
    message = failed_reply(desk, world)
    world.clock.advance(hours=24)
    assert not [button for button in parsed(desk_again(desk, world)).tags("button") if button.get("name") == "message"]
    hidden = parsed(desk.get(PAGE)).hidden
    refused = desk.post(f"{PAGE}/reintentar", {**hidden, "message": message})
    assert (refused.status_code, "la ventana de 24 horas se cerró" in parsed(refused).words) == (409, True)


def test_a_failed_message_of_another_customer_is_out_of_reach(desk: Browser, world: World) -> None:
    say_to_another = {"status": "failed", "error_code": 1}
    world.write(say, name="luis", position=1, body="Hola", **say_to_another)
    assert send(desk, "reintentar", message="message-luis-1").status_code == 409


def test_the_page_tells_why_the_bot_answered_and_what_else_the_customer_asked_for(desk: Browser, world: World) -> None:
    reasons = ["olvide_clave", "matched olvide_clave/el botón: olvide", "command menu", "novel kind"]
    world.write(say, name="ana", position=0, body="olvidé mi clave", reasons=reasons)
    world.write(say, name="ana", position=1, body="Para recuperarla…")
    world.write(open_ticket, ticket=asked("ana", "SM2:0"), now=NOW)
    world.write(open_ticket, ticket=asked("luis", "SM3:0"), now=NOW)
    document = shown(desk)
    assert "Por qué respondió esto el bot Se entendió: Olvidé mi contraseña" in document.words
    for told in ("Coincide con Olvidé mi contraseña, por las palabras olvide", "Orden reconocida: menu", "novel: kind"):
        assert told in document.words
    assert "Otras solicitudes del cliente 1 SF-000002 Abierta" in document.words
    assert "SF-000003" not in document.words


def test_what_the_customer_thinks_of_it_is_on_the_page(desk: Browser, world: World) -> None:
    world.write(move, number="SF-000001", trigger="resolve", actor="ana.gomez", now=NOW)
    world.write(rate, number="SF-000001", stars=4, now=NOW)
    world.write(comment, number="SF-000001", text="Muy <b>amable</b>", now=NOW)
    words = shown(desk).words
    assert "Calificación ★★★★ ★ 4 de 5 Muy <b>amable</b>" in words
    assert "Se calificó la atención 4 de 5" in words


def test_a_ticket_that_is_unread_is_read_once_somebody_looks(desk: Browser, world: World) -> None:
    send(desk, "mover", trigger="assign")
    world.write(hear, conversation_id="conversation-ana", text="sigo aquí", now=NOW)
    assert "Sin leer" in shown(desk).words
    assert "Sin leer" not in shown(desk).words


def test_with_a_template_a_reply_waits_for_the_customer_who_is_asked_to_write(desk: Browser, world: World) -> None:
    world.settings = Settings(public_url="http://testserver", twilio=Twilio(reopen_template_sid=f"HX{'a' * 32}"))
    send(desk, "mover", trigger="assign")
    world.clock.advance(hours=25)
    document = parsed(desk_again(desk, world))
    assert "Avisar y dejar en espera" in document.words
    assert desk.post(f"{PAGE}/responder", {**document.hidden, "text": "Ya quedó."}).status_code == 303
    assert said(world)[-1] == ("ana.gomez", world.flow.phrases["invitation"])
    assert "Espera a que el cliente escriba: Ya quedó." in shown(desk).words


def test_a_draft_is_kept_for_its_agent_until_the_reply_is_sent(
    desk: Browser, open_browser: Callable[..., Browser], world: World
) -> None:
    send(desk, "mover", trigger="assign")
    assert send(desk, "borrador", text="Hola, te\nexplico").status_code == 303
    assert "Hola, te\nexplico" in shown(desk).text
    send(desk, "borrador", text="Hola, te explico")
    assert "Hola, te\nexplico" not in shown(desk).text
    assert "Hola, te explico" in shown(desk).text
    world.write(transfer, number="SF-000001", to="luis.paz", actor="ana.gomez", now=NOW, seen=1)
    assert world.database.read_now(partial(drafts.kept, ticket_id=1, agent="luis.paz")) == ""
    world.write(transfer, number="SF-000001", to="ana.gomez", actor="luis.paz", now=NOW, seen=2)
    send(desk, "responder", text="Hola, te explico todo")
    assert world.database.read_now(partial(drafts.kept, ticket_id=1, agent="ana.gomez")) == ""
    assert send(desk, "borrador", text="a" * 4001).status_code == 409
    send(desk, "borrador", text="otra cosa")
    send(desk, "borrador", text=" ")
    assert world.database.read_now(partial(drafts.kept, ticket_id=1, agent="ana.gomez")) == ""


def test_an_open_page_that_shows_itself_again_is_one_reading_on_the_trail(desk: Browser, world: World) -> None:
    shown(desk)
    desk.client.headers["X-Block"] = "talk"
    for minutes, lines in ((0, 1), (4, 1), (2, 2), (0, 2)):
        world.clock.advance(minutes=minutes)
        block = desk.get(PAGE)
        assert (block.headers["X-Block"], "<html" in block.text) == ("1", False)
        assert [line[0] for line in world.trail()].count("ticket:read") == lines
    del desk.client.headers["X-Block"]
    shown(desk)
    assert [line[0] for line in world.trail()].count("ticket:read") == 3


def test_a_block_alone_is_on_the_trail_too(desk: Browser, world: World) -> None:
    desk.client.headers["X-Block"] = "talk"
    desk.get(PAGE)
    assert [line[0] for line in world.trail()].count("ticket:read") == 1
