"""What becomes of an accepted message: it is sent, delivered, read or refused, and each step is called back."""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator
from uuid import uuid4

from bot.channels.fake_twilio.account import Account
from bot.channels.fake_twilio.faults import Dice
from bot.channels.fake_twilio.ledger import Direction, Ledger, Record
from bot.channels.fake_twilio.payloads import status_parameters
from bot.channels.fake_twilio.wire import fetch, post

#: Error of a free text to someone who has not written for 24 hours.
OUTSIDE_WINDOW = 63016
#: Error of a message whose file cannot be fetched, or is larger than WhatsApp takes.
MEDIA_FAILED = 63019
#: Seconds by which the first callback lags behind the answer to the send, so that it normally comes after it.
_LAG = 0.02


class Callbacks:
    """Moves accepted messages on, in tasks of the loop that accepted them."""

    def __init__(self, account: Account, ledger: Ledger, dice: Dice) -> None:
        self._account = account
        self._ledger = ledger
        self._dice = dice
        self._open_chats: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """How many messages are on their way right now, in whatever loop."""
        return len(self._tasks)

    def start(self, record: Record) -> None:
        """Let a message go its way a moment from now. The caller is not held up."""
        self._follow(self._run_later(record))

    async def run(self, record: Record) -> None:
        """Let a message go its way, and come back when its last callback is answered."""
        await self._follow(self._run(record))

    def _follow(self, way: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(way)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, record: Record) -> None:
        if self._dice.strikes("stuck"):
            return
        if not await self._fetch_media(record):
            await self._call_back(self._ledger.move(record.sid, "failed", self._account.now(), MEDIA_FAILED), "failed")
            return
        # The window counts at the moment of the send, even if the clock jumps meanwhile.
        steps = list(self._steps(record))
        if self._dice.strikes("shuffled_callbacks"):
            steps.reverse()
        for status, error_code in steps:
            moved = self._ledger.move(record.sid, status, self._account.now(), error_code)
            await self._call_back(moved, status)
        if record.address in self._open_chats:
            await self._read(record)

    async def open_chat(self, address: str) -> None:
        """The customer looks at the chat: what was delivered is read, and what comes will be read at once."""
        self._open_chats.add(address)
        for record in self._ledger.conversation(address):
            await self._read(record)

    def close_chat(self, address: str) -> None:
        """The customer looks away."""
        self._open_chats.discard(address)

    async def _run_later(self, record: Record) -> None:
        await asyncio.sleep(_LAG)
        await self._run(record)

    async def _fetch_media(self, record: Record) -> bool:
        """Fetch the files that go with a message, for the simulated phone to show; False if one cannot be had."""
        for number, medium in enumerate(record.media):
            file = await fetch(medium.url)
            if file is None:
                return False
            self._ledger.attach(record.sid, number, f"ME{secrets.token_hex(16)}", file)
        return True

    def _steps(self, record: Record) -> Iterator[tuple[str, int | None]]:
        if not record.is_template and not self._ledger.window_is_open(record.address, record.at):
            yield "undelivered", OUTSIDE_WINDOW
            return
        yield "sent", None
        if self._dice.strikes("undelivered"):
            yield "undelivered", self._dice.faults.undelivered_code
        else:
            yield "delivered", None

    async def _read(self, record: Record) -> None:
        current = self._ledger.find(record.sid)
        if current and current.direction is Direction.OUTBOUND and current.status == "delivered":
            moved = self._ledger.move(record.sid, "read", self._account.now())
            await self._call_back(moved, "read")

    async def _call_back(self, record: Record, status: str) -> None:
        if not record.status_callback or self._dice.strikes("dropped_callbacks"):
            return
        for _ in range(2 if self._dice.strikes("duplicated_callbacks") else 1):
            await post(
                record.status_callback,
                status_parameters(self._account.sid, record, status),
                auth_token=self._account.auth_token,
                token=str(uuid4()),
            )
