"""A browser without a screen: keeps cookies, sends forms, and reads a page as text. It runs no scripts, like the console."""

import asyncio
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self

import httpx
from starlette.types import ASGIApp

HOME = "198.51.100.7"
PASSWORD = "correcta-caballo-9"


@dataclass
class Document(HTMLParser):
    """What a page holds: its visible text, every element with its attributes, and the fields of its forms."""

    text: str = ""
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += " "
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def tags(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def hidden(self) -> dict[str, str]:
        return {one["name"]: one.get("value", "") for one in self.tags("input") if one.get("type") == "hidden"}

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def parsed(answer: httpx.Response) -> Document:
    document = Document()
    document.feed(answer.text)
    return document


class Browser:
    """Sits at one address and visits one application. `raises`: failures of the application come out here."""

    def __init__(self, app: ASGIApp, *, base: str = "http://testserver", address: str = HOME, raises: bool = True) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, client=(address, 50000), raise_app_exceptions=raises)
        self.client = httpx.AsyncClient(transport=transport, base_url=base)

    def get(self, path: str, **more: dict[str, str]) -> httpx.Response:
        return self._runner.run(self.client.get(path, **more))  # type: ignore[arg-type]

    def post(self, path: str, fields: dict[str, str] | None = None, **more: object) -> httpx.Response:
        return self._runner.run(self.client.post(path, data=fields, **more))  # type: ignore[arg-type]

    def log_in(self, username: str = "ana.gomez", password: str = PASSWORD, *, page: str = "/consola/entrar") -> httpx.Response:
        """Open the login form and send it filled in."""
        hidden = parsed(self.get(page)).hidden
        return self.post("/consola/entrar", {**hidden, "username": username, "password": password})

    def csrf(self) -> str:
        """The token in the pages of the session."""
        return parsed(self.get("/consola/")).hidden["csrf"]

    def cookies(self, answer: httpx.Response) -> dict[str, str]:
        """Name → the whole line of every cookie that an answer sets."""
        lines = answer.headers.get_list("set-cookie")
        return {re.split("=", line, maxsplit=1)[0]: line for line in lines}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._runner.run(self.client.aclose())
        self._runner.close()
