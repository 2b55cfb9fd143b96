"""The simulator as its page meets it: served over a socket, with a line behind it on which messages really travel."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from bot.web.simulator import create_simulator
from tests.channels.line import Line

MARIA = "whatsapp:+573005550142"
CARLOS = "whatsapp:+573115550178"
_PATIENCE = 10.0

Message = dict[str, Any]


@dataclass
class Page:
    """What a page knows after the states that it was sent: the newest view of each phone, by address."""

    states: Iterator[dict[str, Any]]
    phones: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    now: str = ""

    def read(self) -> None:
        state = next(self.states)
        self.now = state["now"]
        self.phones |= {phone["address"]: phone for phone in state["phones"]}
        self.phones = {address: self.phones[address] for address in state["addresses"]}
        self.faults = state["faults"] or self.faults

    def until(self, is_so: Callable[["Page"], object]) -> None:
        """Read on until it is so. Fails after ten seconds."""
        deadline = time.monotonic() + _PATIENCE
        while not is_so(self):
            assert time.monotonic() < deadline, f"never came to be: {self.phones}"
            self.read()

    def messages(self, address: str = MARIA) -> list[Message]:
        messages: list[Message] = self.phones[address]["messages"] if address in self.phones else []
        return messages

    def last(self) -> Message:
        """María's newest message, either way."""
        return self.messages()[-1]

    def until_status(self, status: str, text: str | None = None) -> Message:
        """Read on until María's newest message stands so, the one with this text if one is given; and return it."""
        self.until(
            lambda page: any(message["status"] == status and text in {None, message["text"]} for message in page.messages()[-1:])
        )
        return self.last()


@dataclass
class Stage:
    """A client of the simulator and the line behind it."""

    client: httpx.Client
    line: Line
    app: FastAPI

    def say(self, **message: Any) -> httpx.Response:
        return self.client.post("/simulador/messages", json={"address": MARIA, "kind": "text"} | message)

    @contextmanager
    def page(self, looks_at: str = "") -> Iterator[Page]:
        """A page that is open meanwhile, with everything that there is at first."""
        with self.client.stream("GET", "/simulador/events", params={"open": looks_at} if looks_at else {}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            page = Page(_states(answer))
            page.read()
            yield page


def app_for(line: Line) -> FastAPI:
    app = FastAPI()
    app.include_router(create_simulator(line.fake, line.clock), prefix="/simulador")
    return app


def _states(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    for text in answer.iter_lines():
        if text.startswith("data: "):
            yield json.loads(text.removeprefix("data: "))
