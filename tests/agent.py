"""An agent at the console of a running product: opens pages and sends their forms, over real HTTP and without scripts."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from bot.agents import accounts, sessions
from bot.agents.accounts import AccountRefusedError
from tests.stack import Stack
from tests.web.console.browser import Document, parsed

#: What transcripts call it, and the trigger of the lifecycle.
DEEDS = {"take": "assign", "release": "release", "resolve": "resolve", "reopen": "reopen"}


class Agent:
    """Somebody who is logged in. The account is made if there is none."""

    def __init__(self, stack: Stack, name: str) -> None:
        database, now = stack.runtime.database, stack.runtime.clock.now()
        self.name = name
        self.username = accounts.username_from(name)
        with suppress(AccountRefusedError):
            database.write_now(partial(accounts.add, name=name, username=self.username, password_hash="-", now=now))
        found = database.read_now(partial(accounts.credentials, username=self.username))
        assert found is not None
        start = partial(sessions.start, agent_id=found.agent.id, now=now, lifetime=timedelta(days=60))
        token = database.write_now(start)
        self._base = f"{stack.url}/consola"
        self._cookies = {"soporte-session": token}

    def page(self, number: str) -> Document:
        """A ticket's page."""
        answer = self._request("GET", f"/solicitudes/{number}")
        assert answer.status_code == 200, answer.text
        return parsed(answer)

    def send(
        self, number: str, form: str, seen: Document | None = None, files: Sequence[tuple[str, bytes]] = (), **fields: Any
    ) -> httpx.Response:
        """Fill in a form of a ticket's page and send it. `seen`: the page as it was opened before; `files`: names, contents."""
        hidden = (seen or self.page(number)).hidden
        chosen = {"files": [("files", file) for file in files]} if files else {}
        return self._request("POST", f"/solicitudes/{number}/{form}", data={**hidden, **fields}, **chosen)

    def move(self, number: str, trigger: str, seen: Document | None = None) -> httpx.Response:
        """Press one of the buttons."""
        return self.send(number, "mover", seen, trigger=trigger)

    def reply(self, number: str, text: str, seen: Document | None = None) -> httpx.Response:
        """Write to the customer."""
        return self.send(number, "responder", seen, text=text)

    def buttons(self, number: str) -> list[str]:
        """The triggers that the page offers."""
        return [button["value"] for button in self.page(number).tags("button") if button.get("name") == "trigger"]

    def says(self, number: str, pattern: str) -> bool:
        """Whether the page's text holds the pattern."""
        return re.search(pattern, self.page(number).words) is not None

    def get(self, path: str) -> httpx.Response:
        """Open any address of the console."""
        return self._request("GET", path)

    def post(self, path: str, **sent: Any) -> httpx.Response:
        """Send whatever is given, as no page of ours would."""
        return self._request("POST", path, **sent)

    def _request(self, method: str, path: str, **sent: Any) -> httpx.Response:
        with httpx.Client(base_url=self._base, cookies=self._cookies, trust_env=False, timeout=20) as client:
            return client.request(method, path, **sent)
