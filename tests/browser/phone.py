"""A customer's hands and eyes on the simulator's page."""

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

#: The machine may be busy with other things.
expect.set_options(timeout=20_000)


class Customer:
    """One who uses the phone that is on the screen."""

    def __init__(self, page: Page, name: str | None = None, *, on_phone: bool = False) -> None:
        """`name` is one of those who are there from the start; else it is somebody who never wrote."""
        self.page = page
        self.name = name or f"Cliente {uuid4().hex[:6]}"
        self.address = ""  #: known of somebody new only
        if name is None:
            added = page.request.post("/simulador/phones", data={"profile_name": self.name})
            self.address = added.json()["address"]
        page.goto("/simulador")
        if on_phone:
            page.get_by_role("button", name="Ver clientes").click()
        self.take_phone()

    def take_phone(self) -> None:
        """Bring this customer's phone to the screen."""
        self.page.get_by_role("button", name=self.name).click()
        expect(self.page.locator("#owner")).to_contain_text(self.name)

    def say(self, text: str, expecting: str) -> Locator:
        """Write a text, wait for an answer to it that holds the pattern, and return that bubble."""
        said = self._count()
        self.send(text)
        return self.answer_to(said, expecting)

    def send(self, text: str) -> None:
        """Write a text."""
        self.page.get_by_label("Mensaje", exact=True).fill(text)
        self.page.keyboard.press("Enter")

    def tap(self, button: str, expecting: str) -> Locator:
        """Send one of the other kinds of message, and wait for an answer to it."""
        said = self._count()
        self.page.get_by_role("button", name="Adjuntar").click()
        self.page.locator("#attach").get_by_role("button", name=button).click()
        return self.answer_to(said, expecting)

    def answer_to(self, said: int, expecting: str) -> Locator:
        """An answer below the message of this number (0 is the first) that holds the pattern, in whatever case."""
        message = self.page.locator("#log > .message").nth(said)
        below = message.locator("xpath=following-sibling::li[contains(@class, 'theirs')]")
        answer = below.filter(has_text=re.compile(expecting, re.IGNORECASE)).first
        expect(answer).to_be_visible()
        return answer

    def last_of_mine(self) -> Locator:
        """The customer's newest bubble."""
        return self.page.locator("#log > .mine").last

    def picture(self, folder: Path, name: str) -> None:
        """Keep a screenshot."""
        self.page.screenshot(path=folder / f"{name}.png")

    def _count(self) -> int:
        return self.page.locator("#log > .message").count()
