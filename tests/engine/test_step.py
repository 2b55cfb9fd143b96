"""What holds for `step` whatever customers write: it never raises, leaks nothing, forgets nothing, and there is a way out."""

import itertools
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine import conversation as snapshot
from bot.engine import stored
from bot.engine.conversation import Conversation
from bot.engine.effects import TICKET, OpenCase, OpenTicket, Say, WakeAt
from bot.engine.inputs import Input, Kind, Location, Media, MessageReceived, TimeRanOut
from bot.engine.step import Step, begin, step
from bot.engine.texts import placeholders
from bot.engine.turn import Circumstances, TicketSummary
from tests.conversations.transcript import ZONE
from tests.engine import world

FLOW = world.real_flow()
WAITING = sorted(name for name, node in FLOW.nodes.items() if node.waits)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
#: How each command is said.
COMMANDS = {
    "menú": "the main menu",
    "volver": "the question before",
    "cancelar": "that nothing was registered",
    "ayuda": "the commands",
    "asesor": "the form that leads to a person",
    "estado": "the tickets",
    "mis datos": "the draft",
}

ANSWERS = [
    "hola", "buenas tardes", "gracias", "acepto", "no acepto", "sí", "no", "Ana María Gómez", "900123456-8", "52345678",
    "ana@ejemplo.com", "ana@gmial.com", "este", "300 123 4567", "ayer", "hace una semana", "20/11/2026", "listo", "otra cosa",
    "no puedo entrar", "olvidé mi contraseña", "olvidé mi usuario", "compré hace poco y no tengo usuario",
    "¿cómo cambio la clave?", "la factura de octubre sale en blanco", "sí pero el correo está mal",
    "quiero hablar con una persona", "1 3 1", "1 3", "nombre",
]  # fmt: skip
DIGITS = [*map(str, range(12)), "99999999999", "1.", "la 3", "3️⃣", "1 1 1 1", "-1", "0"]
SIGNS = [
    "👍", "🙏🏽", "🇨🇴", "???", "…", ".", "\u202e", "\u200d", "ﬁ", "𝟙",
    "I" * 1600, "ha" * 800, "no " * 500, "@" * 1600, "9" * 1600,
]  # fmt: skip
SHORT = [*COMMANDS, "0", "1", "2", "sí", "no", "olvidé mi contraseña", "no puedo entrar", "qwerty"]
#: Whatever WhatsApp delivers once control characters and private-use characters are taken out. Braces have a test of their own.
ANYTHING = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co"), exclude_characters="{}"), max_size=1600)
TEXTS = st.one_of(*map(st.sampled_from, (list(COMMANDS), ANSWERS, DIGITS, SIGNS)), ANYTHING)


#: Ways that customers take, to begin from somewhere on them.
FORM = "1 3 1 / acepto / Ana Gómez / 52345678 / ana@ejemplo.com / este / ayer / sale en blanco / continuar"
PATHS = [
    f"{FORM} / 3",
    f"{FORM} / sí / estado",
    FORM.replace("sale en blanco / continuar", "olvidé mi contraseña / no / 1 / no"),
    FORM.replace("ejemplo", "gmial"),
    "1 3 3 / 4 / hace una semana / acepto",
    "no puedo entrar / 2 / sí",
    "hola / qwerty / qwerty / no / qwerty / qwerty / sí",
]


@dataclass(frozen=True)
class Event:
    """Something that happens, and how long after what happened before."""

    happened: Input
    after: timedelta


def _message(kind: Kind, text: str) -> MessageReceived:
    place = Location(4.65, -74.05) if kind is Kind.LOCATION else None
    media = () if kind in (Kind.TEXT, Kind.BUTTON, Kind.LOCATION, Kind.REACTION) else (Media("https://media.invalid/1", "x/y"),)
    return MessageReceived(
        kind, text, choice=text[:20] if kind is Kind.BUTTON else "", media=media, location=place, masked="@" in text
    )


GAPS = st.sampled_from([timedelta(seconds=5), timedelta(seconds=5), timedelta(minutes=31), timedelta(hours=25)])
MESSAGES = st.one_of(TEXTS.map(lambda text: _message(Kind.TEXT, text)), st.builds(_message, st.sampled_from(Kind), TEXTS))
EVENTS = st.builds(Event, st.one_of(MESSAGES, MESSAGES, MESSAGES, st.just(TimeRanOut())), GAPS)
#: The same every time: a test that fails only now and then tells nobody what broke it.
BOUNDED = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def circumstances(now: datetime = NOW, phone: str = "+573005550142") -> Circumstances:
    return Circumstances(now=now, phone=phone, tickets=lambda: [TicketSummary("SF-000001", "Ingreso", "open", NOW)])


def said(done: Step) -> str:
    return "\n\n".join(effect.text for effect in done.effects if isinstance(effect, Say))


def standing(node: str) -> Conversation:
    """A conversation that waits at this node, with all that may matter there."""
    return Conversation(node=node, consent=FLOW.nodes["acceso"].version, candidates=("olvide_clave", "olvide_usuario"))  # type: ignore[attr-defined]


def check(before: Conversation, event: Event, now: datetime) -> Conversation:
    """Whatever happened: all rules hold."""
    done = step(FLOW, before, event.happened, circumstances(now))
    assert done == step(FLOW, before, event.happened, circumstances(now)), "the same input leads to the same step"
    assert stored.from_json(json.loads(json.dumps(stored.to_json(event.happened)))) == event.happened
    assert snapshot.from_json(json.loads(json.dumps(snapshot.to_json(done.conversation)))) == done.conversation
    check_step(done, now)
    return done.conversation


def check_step(done: Step, now: datetime) -> None:
    """Whatever was decided: the conversation waits where somebody can answer, and what is said is fit to be read."""
    assert FLOW.machine.models == [], "nothing is registered with the machine"
    assert FLOW.nodes[done.conversation.node].waits
    for effect in done.effects:
        if isinstance(effect, Say):
            assert effect.text.strip()
            assert placeholders(effect.text) == []
            assert TICKET not in effect.text or any(isinstance(other, OpenTicket | OpenCase) for other in done.effects)
        if isinstance(effect, WakeAt):
            assert effect.at > now


def _say(conversation: Conversation, text: str) -> Conversation:
    done = step(FLOW, conversation, _message(Kind.TEXT, text), circumstances())
    check_step(done, NOW)
    return done.conversation


@BOUNDED
@given(path=st.sampled_from(PATHS), steps=st.integers(0, 12), events=st.lists(EVENTS, min_size=1, max_size=8))
def test_whatever_customers_do_anywhere_on_their_way_the_rules_hold(path: str, steps: int, events: list[Event]) -> None:
    walk = [Event(_message(Kind.TEXT, text), timedelta(seconds=5)) for text in path.split(" / ")[:steps]]
    conversation, now = begin(FLOW), NOW
    for event in [*walk, *events]:
        now += event.after
        conversation = check(conversation, event, now)


@pytest.mark.parametrize("path", PATHS)
def test_any_two_short_messages_anywhere_on_the_way_are_served(path: str) -> None:
    conversation = begin(FLOW)
    for text in path.split(" / "):
        conversation = _say(conversation, text)
        for first in SHORT:
            after_first = _say(conversation, first)
            for second in SHORT:
                _say(after_first, second)


@BOUNDED
@given(node=st.sampled_from(WAITING), text=TEXTS, gap=GAPS)
def test_whatever_is_said_at_any_question_the_rules_hold(node: str, text: str, gap: timedelta) -> None:
    conversation = replace(standing(node), last_at=NOW)
    check(conversation, Event(_message(Kind.TEXT, text), gap), NOW + gap)


@BOUNDED
@given(texts=st.lists(TEXTS, max_size=8))
def test_the_main_menu_can_be_reached_after_anything(texts: list[str]) -> None:
    conversation = begin(FLOW)
    for text in texts:
        conversation = step(FLOW, conversation, _message(Kind.TEXT, text), circumstances()).conversation
    done = step(FLOW, conversation, _message(Kind.TEXT, "menú"), circumstances())
    assert done.conversation.node == FLOW.roles.menu
    assert "*1.*" in said(done)


@pytest.mark.parametrize("node", WAITING)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_answered_at_every_question(node: str, command: str) -> None:
    done = step(FLOW, standing(node), _message(Kind.TEXT, command), circumstances())
    assert said(done).strip(), f"{command!r} should tell {COMMANDS[command]}"
    assert done.conversation.misses == 0
    match command:
        case "menú":
            assert done.conversation.node == FLOW.roles.menu
        case "cancelar":
            assert done.conversation.node == FLOW.start
            assert done.conversation.answers == {}
        case "ayuda" | "mis datos":
            assert done.conversation.node == node, "it stays where it was"
        case "estado":
            assert "SF-000001" in said(done)


@pytest.mark.parametrize("node", WAITING)
def test_going_back_again_and_again_comes_to_the_main_menu(node: str) -> None:
    conversation = standing(node)
    for _ in range(15):
        conversation = step(FLOW, conversation, _message(Kind.TEXT, "volver"), circumstances()).conversation
        if conversation.node == FLOW.roles.menu:
            return
    pytest.fail(f"still at {conversation.node}")


def test_braces_that_customers_write_come_back_as_they_are() -> None:
    conversation = begin(FLOW)
    for text in ("1 3 2", "acepto", "Ana", "52345678", "ana@ejemplo.com", "este", "sale {ticket} y {hours} en el {x} {"):
        conversation = step(FLOW, conversation, _message(Kind.TEXT, text), circumstances()).conversation
    done = step(FLOW, conversation, _message(Kind.TEXT, "mis datos"), circumstances())
    assert "sale {ticket} y {hours} en el {x} {" in said(done)


def _older_snapshots() -> Iterator[dict[str, object]]:
    """What an older version, or an older flow, may have stored."""
    yield {}
    yield {"node": "a_node_of_old"}
    yield {"node": "acceso.nombre", "a_field_of_old": 1}
    yield {"node": "acceso.nombre", "case": "a_case_of_old", "answered": ["a_case_of_old"], "answers": {"a_field_of_old": "x"}}


@pytest.mark.parametrize("state", list(_older_snapshots()), ids=str)
def test_a_conversation_that_an_older_flow_left_is_served(state: dict[str, object]) -> None:
    for text in ("hola", "1", "sí", "volver", "olvidé mi contraseña"):
        check(snapshot.from_json({"node": FLOW.start, **state}), Event(_message(Kind.TEXT, text), timedelta(0)), NOW)


@pytest.mark.parametrize("state", [{"return_to": "a_node_of_old"}, {"candidates": ["a_case_of_old"]}], ids=str)
def test_a_question_in_between_whose_node_is_gone_is_served(state: dict[str, object]) -> None:
    for node, text in itertools.product(("seguimos", "aclarar"), ("1", "volver")):
        check(snapshot.from_json({"node": node, **state}), Event(_message(Kind.TEXT, text), timedelta(0)), NOW)


def test_a_thousand_short_messages_take_a_few_seconds_at_most() -> None:
    begun = time.perf_counter()
    for number in range(1000):
        step(FLOW, standing(WAITING[number % len(WAITING)]), _message(Kind.TEXT, ANSWERS[number % len(ANSWERS)]), circumstances())
    assert time.perf_counter() - begun < 10


def test_a_long_silence_in_mid_form_is_reminded_of_once() -> None:
    conversation = replace(standing("acceso.correo"), last_at=NOW)
    done = step(FLOW, conversation, TimeRanOut(), circumstances(NOW + timedelta(minutes=31)))
    assert re.search(r"¿Sigues ahí\?.*correo", said(done), re.DOTALL)
    again = step(FLOW, done.conversation, TimeRanOut(), circumstances(NOW + timedelta(minutes=62)))
    assert again.effects == ()
