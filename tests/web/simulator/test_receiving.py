"""What the line sends appears on the phone, with how far it got."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from tests.channels.line import bubble
from tests.web.simulator.stage import MARIA, Page, Stage


@contextmanager
def answered(stage: Stage, *texts: str, looks_at: str = "") -> Iterator[Page]:
    """A page open while the line answers a customer who wrote a moment ago."""
    stage.say(text="hola")
    with stage.page(looks_at) as page:
        for text in texts:
            stage.line.channel.send(bubble(text, to=MARIA))
        yield page


def test_a_reply_is_delivered_to_a_phone_that_nobody_looks_at(stage: Stage) -> None:
    with answered(stage, "¡Hola!") as page:
        shown = page.until_status("delivered", "¡Hola!")
    assert (shown["mine"], shown["text"], shown["why"]) == (False, "¡Hola!", "")
    asyncio.run(stage.line.fake.settle())
    assert stage.line.hooks.statuses() == ["sent", "delivered"]


def test_a_reply_is_read_while_the_chat_is_open_and_only_then(stage: Stage) -> None:
    with answered(stage, "¡Hola!", looks_at=MARIA) as page:
        page.until_status("read", "¡Hola!")
    with stage.page() as page:
        stage.line.channel.send(bubble("¿Sigues ahí?", to=MARIA))
        page.until_status("delivered", "¿Sigues ahí?")
    with stage.page(MARIA) as page:
        page.until_status("read", "¿Sigues ahí?")


def test_a_chat_stays_open_until_the_last_page_that_shows_it_is_closed(stage: Stage) -> None:
    with stage.page(MARIA) as first:
        with answered(stage, "uno", looks_at=MARIA) as second:
            second.until_status("read", "uno")
        stage.line.channel.send(bubble("dos", to=MARIA))
        first.until_status("read", "dos")


def test_typing_marks_the_message_read_and_ends_with_the_reply(stage: Stage) -> None:
    with answered(stage) as page:
        stage.line.channel.show_typing(page.last()["id"])
        page.until(lambda page: page.phones[MARIA]["typing"])
        assert page.last()["status"] == "read"
        stage.line.channel.send(bubble("¡Hola!", to=MARIA))
        page.until(lambda page: not page.phones[MARIA]["typing"])
        assert page.last()["text"] == "¡Hola!"


def test_a_reply_after_24_hours_is_shown_as_failed_with_its_reason(stage: Stage) -> None:
    with answered(stage) as page:
        stage.line.clock.forward(hours=24)
        stage.line.channel.send(bubble("¿Pudiste entrar?", to=MARIA))
        shown = page.until_status("failed")
    assert (shown["why"], shown["number"]) == ("63016", 63016)
    assert 'value="why.63016"' in stage.client.get("/simulador").text


def test_the_page_is_told_the_clock_also_when_nothing_happens(stage: Stage) -> None:
    with stage.page() as page:
        before = page.now
        stage.line.clock.forward(hours=30)
        page.until(lambda page: page.now != before)
    assert page.now.startswith("2026-11-24T21:00:00")


def test_streams_end_when_the_server_is_to_stop(stage: Stage) -> None:
    stage.app.state.stopping = asyncio.Event()
    with stage.page() as page:
        stage.app.state.stopping.set()
        assert len(list(page.states)) <= 1
