"""Keeps a place occupied by a running product, and kills it again and again: at a point that it is told of, or at any moment."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.crash.nursery import Nursery

AT_RANDOM = "at random"
#: Seconds in which a product has to be ready; the machine may be busy with other things.
_PATIENCE = 30.0
#: So many are not told where to die: they die at any moment.
_RANDOM_SHARE = 0.25
#: Of lives that end at any moment, so many end without a look at whether anything was done in them.
_IDLE_SHARE = 0.2
#: A life in which something was done lasts so many seconds more at most; until then, so many.
_LONGER, _LONGEST_WAIT = 0.6, 5.0
#: Where deaths are ahead of messages, so many of these go through before the next one.
_UNDISTURBED = 10
#: After so much was achieved by each product, or so many seconds, a point counts as not to be reached at present.
_FAR, _LONGEST_WAY = 12, 6.0
#: Points that lie in a start are told at birth, and reached within so many seconds.
_AT_BIRTH = ("start: ", "recovery: ", "catch-up: ")
_BIRTH = 1.5
#: Characters of the log that are shown when a product does not start.
_LOG_END = 3000


class FailedStartError(Exception):
    """A product ended by itself before it was ready; the text is the end of its log."""

    def __init__(self, log: str) -> None:
        super().__init__(Path(log).read_text(encoding="utf-8")[-_LOG_END:])


@dataclass
class Lives:
    """The killing: which points there are, how often each was died at, and how many deaths there are to be."""

    nursery: Nursery
    points: tuple[str, ...]
    kills_wanted: int
    each: int  #: how often each point is to be died at, at least
    luck: Random
    order: Callable[[str, int], dict[str, Any]]  #: a point, and how often to pass it → what the product is told
    messages_wanted: int = 0  #: in the whole run; the deaths are spread over them
    is_calm: bool = False  #: from now on nobody is killed
    messages: int = 0  #: that customers wrote and a product took
    progress: int = 0  #: to be raised whenever a product achieved something
    deaths: Counter[str] = field(default_factory=Counter)
    places: int = 0  #: how many products work at the same time
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def kills(self) -> int:
        """Deaths so far."""
        return self.deaths.total()

    @property
    def is_enough(self) -> bool:
        """Whether nobody has to die any more. Points that are never reached do not hold it up for ever."""
        fewest = min(self.deaths[point] for point in self.points)
        return self.kills >= self.kills_wanted and (fewest >= self.each or self.kills >= 3 * self.kills_wanted)

    @property
    def _is_ahead(self) -> bool:
        """Whether more died than it takes for so many messages."""
        return self.kills * self.messages_wanted > self.messages * self.kills_wanted and not self.is_calm

    async def occupy(self) -> None:
        """One life after the other; the last one is left alone until `is_over`."""
        self.places += 1
        while not self.is_over.is_set():
            await self._live("" if self.is_calm else self._destiny())

    def _destiny(self) -> str:
        if self.luck.random() < _RANDOM_SHARE:
            return AT_RANDOM
        fewest = min(self.deaths[point] for point in self.points)
        return self.luck.choice([point for point in self.points if self.deaths[point] <= fewest + 2])

    async def _live(self, destiny: str) -> None:
        """From birth to death. Whoever shares the work with others waits for their turn to die: somebody has to do the work."""
        at_birth = destiny.startswith(_AT_BIRTH)
        if at_birth:
            await self._turn.acquire()
        order = self.order(destiny if at_birth else "", 0)
        pid, line = await asyncio.to_thread(self.nursery.bear, order)
        told = Told(line)
        try:
            if not await told.hears("ready", _PATIENCE) and not told.point:
                raise FailedStartError(order["log"])
            if at_birth:
                await told.ends(_BIRTH)
            elif destiny:
                async with self._turn:
                    await self._meet(destiny, told)
            else:
                await self.is_over.wait()
        finally:
            if not told.has_ended:
                os.kill(pid, signal.SIGKILL)
                await told.ends(_PATIENCE)
            line.close()
            self.nursery.ended(pid)
            if at_birth:
                self._turn.release()
        if destiny:
            self.deaths[told.point or AT_RANDOM] += 1

    async def _meet(self, destiny: str, told: "Told") -> None:
        before = self.messages
        while self._is_ahead and self.messages < before + _UNDISTURBED:
            if await told.ends(0.05):
                return
        if destiny == AT_RANDOM:
            await self._grow_old(told)
        else:
            told.tell({"point": destiny, "passes": self.luck.choice((0, 0, 0, 0, 1, 3)), "signal": signal.SIGKILL})
            await self._go_there(told)

    async def _go_there(self, told: "Told") -> None:
        """Wait for the death at a point; in Twilio's present mood it may lie on nobody's way."""
        far = self.progress + _FAR * self.places
        deadline = asyncio.get_running_loop().time() + _LONGEST_WAY
        while self.progress < far and asyncio.get_running_loop().time() < deadline:
            if await told.ends(0.02):
                return

    async def _grow_old(self, told: "Told") -> None:
        """Wait until it is time to die. On a busy machine nothing would ever get done if that were only a matter of seconds."""
        before = self.progress
        deadline = asyncio.get_running_loop().time() + (0.0 if self.luck.random() < _IDLE_SHARE else _LONGEST_WAIT)
        while self.progress == before and asyncio.get_running_loop().time() < deadline:
            if await told.ends(0.02):
                return
        await told.ends(self.luck.uniform(0, _LONGER))


class Told:
    """What a product tells on its line."""

    def __init__(self, line: Any) -> None:
        line.setblocking(False)
        self._line = line
        self._text = ""
        self.has_ended = False

    @property
    def ended_well(self) -> bool:
        """Whether it ended by itself, all done."""
        return "ended" in self._text.splitlines()

    @property
    def point(self) -> str:
        """Where it died, if it died at a point."""
        return next((said.removeprefix("point ") for said in self._text.splitlines() if said.startswith("point ")), "")

    def tell(self, words: dict[str, Any]) -> None:
        """Tell the product something: one line."""
        with suppress(BrokenPipeError):
            self._line.send(json.dumps(words).encode() + b"\n")

    async def comes_to(self, point: str, seconds: float) -> bool:
        """Wait until it tells that it is at a point; False if it does not in time."""
        try:
            return await self.hears(f"point {point}", seconds)
        except TimeoutError:
            return False

    async def hears(self, word: str, seconds: float) -> bool:
        """Wait for a line; False if the product ended instead. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while word not in self._text.splitlines() and not self.has_ended:
                await self._read()
        return word in self._text.splitlines()

    async def ends(self, seconds: float) -> bool:
        """Wait for the end; False if it does not come in time."""
        try:
            async with asyncio.timeout(seconds):
                while not self.has_ended:
                    await self._read()
        except TimeoutError:
            return False
        return True

    async def _read(self) -> None:
        try:
            said = await asyncio.get_running_loop().sock_recv(self._line, 4096)
        except ConnectionResetError:
            said = b""
        self._text += said.decode()
        self.has_ended = not said
