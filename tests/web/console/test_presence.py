"""Agents see who else is at a ticket, and customers see that an agent writes."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from bot.agents import accounts, sessions
from bot.channels.base import Channel, Outcome, SendError
from bot.conversations.tables import conversations
from bot.messages.typing import Typing
from bot.settings import Sender
from bot.tickets.service import open_ticket
from tests.agent import Agent
from tests.stack import Stack, running_stack
from tests.tickets.world import NOW, asked, say
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

PAGE = "/consola/solicitudes/SF-000001"
CUSTOMER = "whatsapp:+573005550142"
NUMBER = "SF-000001"


@pytest.fixture
def pair(agent: Browser, open_browser: Callable[..., Browser], world: World) -> tuple[Browser, Browser]:
    """Ana's browser and Luis', and a ticket."""
    world.write(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW)
    found = world.database.read_now(partial(accounts.credentials, username="luis.paz"))
    assert found is not None
    token = world.write(sessions.start, agent_id=found.agent.id, now=NOW, lifetime=timedelta(hours=1))
    other = open_browser()
    other.client.cookies.set("soporte-session", token, domain="testserver.local", path="/")
    return agent, other


def tell(browser: Browser, doing: str) -> str:
    hidden = parsed(browser.get("/consola/")).hidden
    answer = browser.post(f"{PAGE}/presencia", {"csrf": hidden["csrf"], "doing": doing}, headers={"X-Block": "presence"})
    assert answer.status_code == (204 if doing == "gone" else 200)
    return parsed(answer).words


def test_whoever_opens_a_ticket_is_seen_by_the_next_and_never_by_themselves(pair: tuple[Browser, Browser]) -> None:
    ana, luis = pair
    assert "está viendo" not in parsed(ana.get(PAGE)).words
    assert "Ana Gómez está viendo" in parsed(luis.get(PAGE)).words
    assert "Luis Paz está viendo" in parsed(ana.get(PAGE)).words


def test_who_writes_is_told_apart_until_they_leave(pair: tuple[Browser, Browser]) -> None:
    ana, luis = pair
    assert tell(ana, "looking") == ""
    assert tell(luis, "writing") == "Ana Gómez está viendo"
    assert tell(ana, "looking") == "Luis Paz está escribiendo una respuesta"
    tell(luis, "gone")
    assert tell(ana, "looking") == ""


@pytest.mark.parametrize("doing", ["", "sleeping", "LOOKING"])
def test_what_no_page_of_ours_tells_is_refused(pair: tuple[Browser, Browser], doing: str) -> None:
    ana, _ = pair
    fields = {"csrf": parsed(ana.get("/consola/")).hidden["csrf"], "doing": doing}
    assert ana.post(f"{PAGE}/presencia", fields).status_code == 400
    assert ana.post(f"{PAGE}/presencia", {**fields, "csrf": "x", "doing": "looking"}).status_code == 403


def test_looking_once_a_minute_is_not_reading(pair: tuple[Browser, Browser], world: World) -> None:
    ana, _ = pair
    ana.get(PAGE)
    before = [line[0] for line in world.trail()].count("ticket:read")
    ana.client.headers["X-Block"] = "head reply"
    for _ in range(3):
        world.clock.advance(minutes=6)
        answer = ana.get(PAGE)
        assert answer.text.count("<template data-block=") == 2
        assert "No recuerdo la contraseña" not in answer.text
    assert [line[0] for line in world.trail()].count("ticket:read") == before
    ana.client.headers["X-Block"] = "head talk"
    ana.get(PAGE)
    assert [line[0] for line in world.trail()].count("ticket:read") == before + 1


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A customer with a ticket, who wrote a moment ago."""
    with running_stack(tmp_path) as running:
        for text in ("asesor", "acepto", "ana ruiz", "la factura de octubre sale en blanco cuando la descargo", "sí"):
            running.receive(CUSTOMER, text=text)
            running.settle()
        yield running


def writes(agent: Agent) -> None:
    assert agent.send(NUMBER, "presencia", doing="writing").status_code == 200


def sees_typing(stack: Stack, seconds: float = 5) -> bool:
    """Whether the customer sees it, now or in a moment."""
    until = time.monotonic() + seconds
    while not stack.fake.typing(CUSTOMER):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_the_customer_sees_that_their_agent_writes_and_nobody_elses(stack: Stack) -> None:
    luis, ana = Agent(stack, "Luis Paz"), Agent(stack, "Ana Gómez")
    writes(luis)
    assert not sees_typing(stack, 0.3)
    luis.move(NUMBER, "assign")
    stack.settle()
    stack.receive(CUSTOMER, text="hola, ¿me ayudas?")
    stack.settle()
    writes(ana)
    assert not sees_typing(stack, 0.3)
    writes(luis)
    assert sees_typing(stack)
    luis.reply(NUMBER, "Claro")
    stack.settle()
    writes(luis)  # within 20 seconds of the last time: not said again
    assert not sees_typing(stack, 0.3)


def test_after_24_hours_nothing_is_shown(stack: Stack) -> None:
    luis = Agent(stack, "Luis Paz")
    luis.move(NUMBER, "assign")
    stack.settle()
    stack.advance(25)
    writes(luis)
    assert not sees_typing(stack, 0.3)


class Slow:
    """A provider that does not answer before it is let; `error` is what it answers."""

    def __init__(self, error: SendError | None = None) -> None:
        self.asked: list[str] = []
        self.let = asyncio.Event()
        self.error = error

    async def show_typing(self, sid: str) -> None:
        self.asked.append(sid)
        await self.let.wait()
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize("is_on", [True, False])
def test_typing_can_be_switched_off(pair: tuple[Browser, Browser], world: World, is_on: bool) -> None:
    ana, _ = pair
    provider = Slow()
    provider.let.set()
    world.channel = cast(Channel, provider)
    world.settings = world.settings.model_copy(update={"sender": Sender(typing=is_on)})
    state = {"node": "inicio", "agent": "ana.gomez", "ticket": NUMBER}
    world.write(lambda connection: connection.execute(sa.update(conversations).values(state=state)))
    world.write(say, name="ana", position=0, body="hola", sid="SM1")
    tell(ana, "writing")
    tell(ana, "writing")
    assert provider.asked == (["SM1"] if is_on else [])


def test_a_provider_that_is_slow_to_show_it_is_not_asked_for_more_and_its_error_hurts_nobody() -> None:
    async def play() -> None:
        provider = Slow(SendError(Outcome.UNKNOWN))
        typing = Typing(cast(Channel, provider))
        taken = [typing.show(f"SM{number}") for number in range(20)]
        assert taken.index(False) == sum(taken) == 8
        await asyncio.sleep(0)
        provider.let.set()
        await asyncio.sleep(0.05)
        assert typing.show("SM20")
        await asyncio.sleep(0.01)
        assert provider.asked[-1] == "SM20"

    asyncio.run(play())
