"""Posts crooked requests to the webhooks of a whole product, in-process: `python -m tests.security.fuzz [how many] [from]`.

Prints what was answered and what it cost. Requests that are signed are signed rightly, whatever is in them: so all that
stands behind the signature is tried too. A number is one request for ever: `… 1 4711` posts number 4711 alone.

Some are under way at a time, as at a busy moment. What one costs is its own processor time, in the event loop and in the thread
that writes, not the time by the clock: a machine that is busy with something else says nothing about us.
"""

import argparse
import asyncio
import gc
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock
from urllib.parse import parse_qsl

import sqlalchemy as sa
from starlette.types import ASGIApp, Message, Scope
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot import settings
from bot.account import STATUS_PATH
from bot.db import Database
from bot.group_commit import Job
from bot.runtime import MEDIA_PATH, build
from bot.web import hooks
from bot.web.app import create_app
from bot.web.hooks import MESSAGES_PATH
from tests.security.bodies import Crooked, crooked

PUBLIC, TOKEN = "https://bot.example", "a-token-of-nobody"
PATHS = (MESSAGES_PATH,) * 28 + (STATUS_PATH,) * 10 + (f"{MEDIA_PATH}/e30.AAAA.\ufffd", f"{MEDIA_PATH}/" + "a." * 2000)
#: None of them may cost more processor time, in seconds.
DEAREST = 0.1
#: What is larger is refused before anybody looks at its signature, so it gets none: making it would be most of the work.
LARGEST, MOST_FIELDS = 64 * 1024, 1000
#: As many are under way at once.
AT_ONCE = 8
#: Each so many get a new product: the machine's memory is the disk.
PER_PRODUCT = 50_000
_MEMORY = Path("/dev/shm")
T = TypeVar("T")


@dataclass
class Cost:
    """What one request has cost so far, in seconds of a processor."""

    spent: float = 0.0


_COST: ContextVar[Cost] = ContextVar("_COST")


@dataclass
class Outcome:
    """What came of it. `dear` and `broken` hold the numbers of requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    dear: list[tuple[int, float]] = field(default_factory=list)
    broken: list[tuple[int, int]] = field(default_factory=list)
    dearest: float = 0.0
    total: float = 0.0

    def add(self, number: int, status: int, spent: float) -> None:
        """Count one request."""
        self.statuses[status] += 1
        self.dearest = max(self.dearest, spent)
        self.total += spent
        if spent > DEAREST:
            self.dear.append((number, spent))
        if status >= 500:
            self.broken.append((number, status))


class _Values(dict[str, list[str]]):
    """Parameters as the validator likes them: reading a name of many does not go through all of them."""

    getall = dict.__getitem__


def signature(url: str, body: bytes) -> bytes:
    """What Twilio signs this body with, for this address."""
    values = _Values()
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        values.setdefault(name, []).append(value)
    made: str = RequestValidator(TOKEN).compute_signature(url, values)
    return made.encode()


def scope_of(request: Crooked) -> Scope:
    """The request as ASGI tells it, with the right signature where it is to have one."""
    headers, body = list(request.headers), b"".join(request.body)
    if request.is_signed and len(body) <= LARGEST and body.count(b"&") <= MOST_FIELDS:
        query = request.query.decode("latin-1")
        made = signature(PUBLIC + request.path + (f"?{query}" if query else ""), body)
        headers = [pair for pair in headers if pair[0] != b"x-twilio-signature"] + [(b"x-twilio-signature", made)]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "https",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "root_path": "",
        "query_string": request.query,
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


async def answer(app: ASGIApp, request: Crooked, scope: Scope) -> int:
    """The status that a request is answered with; 500 if it is not answered at all."""
    parts: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in request.body]
    parts[-1]["more_body"] = not request.ends
    statuses: list[int] = []

    async def receive() -> Message:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0] if statuses else 500


class Metered:
    """Waits for a coroutine, and counts what each of its steps costs."""

    def __init__(self, waited_for: Any, cost: Cost) -> None:
        """`waited_for` is the coroutine."""
        self._steps = waited_for.__await__()
        self._cost = cost

    def __await__(self) -> Generator[Any, Any, int]:
        """As `await` asks for."""
        step, what = self._steps.send, None
        while True:
            begun = time.thread_time()
            try:
                waits = step(what)
            except StopIteration as end:
                status: int = end.value
                return status
            finally:
                self._cost.spent += time.thread_time() - begun
            try:
                step, what = self._steps.send, (yield waits)
            except BaseException as error:  # noqa: BLE001 (a timeout, say: it is for the coroutine)
                step, what = self._steps.throw, error


def metered_writes(database: Database) -> Callable[[Job[T]], Any]:
    """The database's `write`, which puts the work of the writing thread down to who asked for it."""
    write = database.write

    async def metered(job: Job[T]) -> T:
        return await write(partial(_worked, job=job, cost=_COST.get()))

    return metered


def _worked(connection: sa.Connection, *, job: Job[T], cost: Cost) -> T:
    begun = time.thread_time()
    try:
        return job(connection)
    finally:
        cost.spent += time.thread_time() - begun


async def fuzz(app: ASGIApp, numbers: Iterator[int], outcome: Outcome) -> None:
    """Post the requests of these numbers, one after the other; `numbers` may be shared with others who do so."""
    for number in numbers:
        request = crooked(number, PATHS)
        scope = scope_of(request)
        _COST.set(cost := Cost())
        try:
            status = await Metered(answer(app, request, scope), cost)
        except Exception as error:  # noqa: BLE001 (whatever comes out of the application is what is looked for)
            logging.getLogger(__name__).error("number %d: %r", number, error)  # noqa: TRY400 (a line for each is enough)
            status = 500
        outcome.add(number, status, cost.spent)


async def fuzz_product(folder: Path, numbers: Iterable[int], outcome: Outcome) -> None:
    """Build a product in a folder and post to it. Nothing is handled or sent: only what a webhook does is tried."""
    account = {"account_sid": "AC" + "0" * 32, "auth_token": TOKEN, "sender": "whatsapp:+573184114466"}
    runtime = build(settings.read(public_url=PUBLIC, data_dir=folder, twilio=account))
    app, left = create_app(runtime, works=False), iter(numbers)
    # As `serve` does it: what is there at the start is not looked through again and again.
    gc.collect()
    gc.freeze()
    try:
        # That a store which does not answer in time is a 503 is tried elsewhere; here the clock is a busy machine's.
        with (
            mock.patch.object(runtime.database, "write", metered_writes(runtime.database)),
            mock.patch.object(hooks, "_STORE_SECONDS", 60.0),
        ):
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(fuzz(app, left, outcome))
    finally:
        gc.unfreeze()
        await runtime.channel.close()
        runtime.close()


def told(outcome: Outcome, took: float) -> str:
    """The outcome for people."""
    count, statuses = outcome.statuses.total(), dict(sorted(outcome.statuses.items()))
    mean = 1000 * outcome.total / max(count, 1)
    return (
        f"{count} requests in {took:.0f} s; statuses {statuses}\n"
        f"processor time of one: mean {mean:.2f} ms, longest {1000 * outcome.dearest:.1f} ms\n"
        f"over {1000 * DEAREST:.0f} ms: {len(outcome.dear)} {outcome.dear[:20]}\n"
        f"5xx: {len(outcome.broken)} {outcome.broken[:20]}"
    )


def main() -> None:
    """Fuzz and print, after each product what there is so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1_000_000)
    parser.add_argument("begin", type=int, nargs="?", default=0)
    parser.add_argument("--minutes", type=float, default=600, help="stop after so long")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    begun, outcome = time.monotonic(), Outcome()
    end = chosen.begin + chosen.count
    for first in range(chosen.begin, end, PER_PRODUCT):
        numbers = range(first, min(first + PER_PRODUCT, end))
        in_time = takewhile(lambda _: time.monotonic() - begun < 60 * chosen.minutes, numbers)
        # What is tried is our code: a disk that is busy with something else is not in the way of it.
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
            asyncio.run(fuzz_product(Path(folder), in_time, outcome))
        print(told(outcome, time.monotonic() - begun), flush=True)


if __name__ == "__main__":
    main()
