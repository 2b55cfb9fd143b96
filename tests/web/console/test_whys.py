"""Why the bot answered: from the engine's own reasons to lines that an agent reads."""

from datetime import timedelta

import pytest

from bot.engine.conversation import Conversation
from bot.engine.flow import Flow
from bot.engine.inputs import Kind, MessageReceived, TimeRanOut
from bot.engine.step import begin, step
from bot.engine.turn import Circumstances
from bot.messages.queries import transcript
from bot.web.console.pages import environment
from bot.web.console.whys import Why, whys_of
from tests.tickets.world import MINUTE, NOW, say
from tests.web.console.conftest import World


def said(flow: Flow, text: str, conversation: Conversation | None = None) -> tuple[Conversation, tuple[str, ...]]:
    """Where a message leads, and the engine's reasons."""
    outcome = step(flow, conversation or begin(flow), MessageReceived(Kind.TEXT, text), Circumstances(NOW))
    return outcome.conversation, outcome.reasons


def told(world: World, *reasons: str) -> list[Why]:
    """What becomes of reasons that are kept with a customer's message, at the bot's answer to it."""
    world.write(say, name="ana", position=0, body="x", reasons=list(reasons))
    world.write(say, name="ana", position=1, body="y")
    messages = world.database.read_now(lambda connection: transcript(connection, "conversation-ana"))
    return whys_of(messages, world.flow)["message-ana-1"]


def test_a_walk_through_the_menus_tells_each_option_and_where_it_began_and_ended(world: World) -> None:
    _, reasons = said(world.flow, "1 3 1")
    whys = told(world, *reasons)
    assert [(why.kind, why.about) for why in whys] == [
        ("at", "inicio"), ("way", "option"), ("way", "option"), ("way", "option"), ("to", "acceso"),
    ]  # fmt: skip
    assert whys[1].title == "Soporte de mi producto"
    assert whys[-1].title.startswith("Para registrar tu solicitud")


def test_a_recognised_case_tells_its_words_and_its_rule(world: World) -> None:
    _, reasons = said(world.flow, "olvidé mi contraseña")
    whys = {why.kind: why for why in told(world, *reasons)}
    assert whys["understood"].title == "Olvidé mi contraseña"
    evidence = whys.get("matched") or whys["example"]
    assert "olvide" in evidence.words
    assert evidence.rule


def test_what_is_no_answer_and_what_is_not_understood_are_told_apart(world: World) -> None:
    at_form, _ = said(world.flow, "acepto", said(world.flow, "1 3 1")[0])
    at_nit, _ = said(world.flow, "Ana Gómez", at_form)
    assert any(reason.startswith("unfit ") for reason in said(world.flow, "12", at_nit)[1])
    assert "missed 1" in said(world.flow, "xyzw", said(world.flow, "hola")[0])[1]


def test_what_the_bot_says_without_being_asked_has_reasons_of_its_own(world: World) -> None:
    at_form, _ = said(world.flow, "acepto", said(world.flow, "1 3 1")[0])
    silence = step(world.flow, at_form, TimeRanOut(), Circumstances(NOW + timedelta(hours=1)))
    assert silence.reasons[1] == "happened time_ran_out"
    world.write(say, name="ana", position=1, body="¿Sigues ahí?", reasons=list(silence.reasons))
    messages = world.database.read_now(lambda connection: transcript(connection, "conversation-ana"))
    assert Why("happened", "time_ran_out") in whys_of(messages, world.flow)["message-ana-1"]


def test_only_what_the_bot_says_is_explained_and_by_the_message_before_it(world: World) -> None:
    world.write(say, name="ana", position=0, body="x", reasons=["saludo"])
    world.write(say, name="ana", position=1, body="y")
    world.write(say, name="ana", position=2, body="z")
    world.write(say, name="ana", position=3, body="an agent's", author="ana.gomez")
    world.write(say, name="ana", position=5, body="to nothing", created_at=NOW + 9 * MINUTE)
    messages = world.database.read_now(lambda connection: transcript(connection, "conversation-ana"))
    assert whys_of(messages, world.flow) == {"message-ana-1": [Why("understood", "saludo")]}


@pytest.mark.parametrize(
    "reason", ["", " ", "way", "way x", "way x option_9", "matched", "matched a", "at nowhere", "to \0", "ñ: /"]
)
def test_reasons_of_another_time_are_shown_as_they_are(world: World, reason: str) -> None:
    assert told(world, reason.replace("\0", "?"))


def test_every_way_of_the_flow_and_every_meaning_has_its_words(flow: Flow) -> None:
    words = vars(environment().get_template("console/words.html").module)
    families = {"option", "correct", "case", "return"}
    ways = {name.partition("_")[0] if name.startswith(("option_", "correct_")) else name for name in flow.machine.events}
    ways = {name.partition(".")[0] if name.startswith(("case.", "return.")) else name for name in ways}
    assert ways == set(words["ways"])
    assert families < ways
    labels = {"ambiguo", "fuera_de_alcance", "hablar_con_agente", "ticket_estado", "saludo", "despedida_gracias"}
    assert labels | {"menu", "volver", "cancelar"} == set(words["meanings"])
