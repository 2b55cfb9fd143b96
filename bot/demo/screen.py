"""The terminal as a phone's screen: prints each of the bot's messages once, whole, and nothing that could steer it."""

import sys

from bot.channels.fake_twilio import Direction, FakeTwilio
from bot.channels.text import clean


class Screen:
    """What one customer sees of the conversation."""

    def __init__(self, fake: FakeTwilio, address: str) -> None:
        self._fake = fake
        self._address = address
        self._shown: set[tuple[str, bool]] = set()
        self._is_terminal = sys.stdin.isatty()

    async def follow(self) -> None:
        """Print what comes, whenever it comes."""
        async for _ in self._fake.subscribe():
            self.show_new()

    def show_new(self) -> None:
        """Print what was not printed yet."""
        for record in self._fake.conversation(self._address):
            if record.direction is not Direction.OUTBOUND:
                continue
            if (record.sid, False) not in self._shown:
                self._shown.add((record.sid, False))
                self.write("\n".join(f"bot | {part}" for part in clean(record.body).split("\n")))
            if record.error_code and (record.sid, True) not in self._shown:
                self._shown.add((record.sid, True))
                self.write(f"    | (not delivered: error {record.error_code})")

    def write(self, text: str) -> None:
        """Print whole lines, over a waiting prompt."""
        print(f"\r{text}" if self._is_terminal else text, flush=True)

    def echo(self, text: str) -> None:
        """Show what was read from a pipe, so that the output reads as a conversation. A terminal shows it by itself."""
        if not self._is_terminal:
            self.write(f"you | {clean(text)}")

    def prompt(self) -> None:
        """Ask for the next line."""
        if self._is_terminal:
            print("you | ", end="", flush=True)
