"""The stream that open pages listen to, from the running product."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from bot.agents import accounts, sessions
from bot.web.console import live
from tests.stack import Stack, running_stack

ANA = "whatsapp:+573005550142"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running_stack(tmp_path) as running:
        yield running


@pytest.fixture
def token(stack: Stack) -> str:
    database, now = stack.runtime.database, stack.runtime.clock.now()
    database.write_now(partial(accounts.add, name="Ana Gómez", username="ana.gomez", password_hash="", now=now))
    found = database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    return database.write_now(partial(sessions.start, agent_id=found.agent.id, now=now, lifetime=timedelta(hours=1)))


@contextmanager
def listening(stack: Stack, token: str) -> Iterator[Iterator[tuple[str, list[str]]]]:
    """Name and data of each event, from `begun` on; ends when the stream does."""
    cookies = {"soporte-session": token}
    with httpx.stream("GET", f"{stack.url}/consola/vivo", cookies=cookies, timeout=15, trust_env=False) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, list[str]]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_page_is_told_of_a_message_once_it_is_committed(stack: Stack, token: str) -> None:
    with listening(stack, token) as events:
        assert next(events) == ("begun", [])
        threading.Thread(target=stack.receive, args=(ANA,), kwargs={"text": "hola"}).start()
        name, ids = next(events)
    assert name == "changed"
    assert [len(identity) for identity in ids] == [32]
    stack.settle()


def test_nobody_listens_without_a_login(stack: Stack) -> None:
    answer = httpx.get(f"{stack.url}/consola/vivo", trust_env=False)
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/consola/entrar")


def test_after_a_logout_nothing_more_is_told_and_the_stream_ends(stack: Stack, token: str) -> None:
    with listening(stack, token) as events:
        next(events)
        stack.runtime.database.write_now(partial(sessions.end, token=token))
        stack.receive(ANA, text="hola")
        assert list(events) == []


def test_a_quiet_stream_ends_when_its_agent_is_disabled(stack: Stack, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_BEAT_SECONDS", 0.1)
    with listening(stack, token) as events:
        next(events)
        disable = partial(accounts.disable, username="ana.gomez", now=stack.runtime.clock.now())
        stack.runtime.database.write_now(disable)
        assert list(events) == []


def test_a_stream_ends_by_itself_and_the_browser_is_told_when_to_come_back(
    stack: Stack, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LIFE_SECONDS", 0.3)
    began = time.monotonic()
    with httpx.stream("GET", f"{stack.url}/consola/vivo", cookies={"soporte-session": token}, trust_env=False) as answer:
        said = answer.read().decode()
    assert 0.3 <= time.monotonic() - began < 5
    assert "retry: 1000" in said


def test_a_stream_ends_when_the_product_does(stack: Stack, token: str) -> None:
    with listening(stack, token) as events:
        next(events)
        stack.app.state.stopping.set()
        # The loop of the server is another thread's: the flag is seen at the next thing that happens there.
        stack.receive(ANA, text="hola")
        assert list(events) == []
