"""Posts crooked requests to the webhooks of a whole product, in-process: `python -m tests.security.fuzz [how many] [from]`.

Prints what was answered and how long it took. Requests that are signed are signed rightly, whatever is in them: so all that
stands behind the signature is tried too. A number is one request for ever: `… 1 4711` posts number 4711 alone.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.types import ASGIApp, Message, Scope
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot import settings
from bot.account import STATUS_PATH
from bot.runtime import build
from bot.web.app import create_app
from bot.web.hooks import MESSAGES_PATH
from tests.security.bodies import Crooked, crooked

PUBLIC, TOKEN = "https://bot.example", "a-token-of-nobody"
PATHS = (MESSAGES_PATH, MESSAGES_PATH, MESSAGES_PATH, STATUS_PATH)
#: None of them may take longer, in seconds.
LONGEST = 0.1
_MEMORY = Path("/dev/shm")


@dataclass
class Outcome:
    """What came of it. `slow` and `broken` hold the numbers of requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    slow: list[tuple[int, float]] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    longest: float = 0.0
    busiest: float = 0.0  #: seconds that the event loop worked for one request: all others wait so long


def scope_of(request: Crooked) -> Scope:
    """The request as ASGI tells it, with the right signature where it is to have one."""
    headers = list(request.headers)
    if request.is_signed:
        pairs = parse_qsl(b"".join(request.body).decode("utf-8", "replace"), keep_blank_values=True)
        query = request.query.decode("latin-1")
        url = PUBLIC + request.path + (f"?{query}" if query else "")
        signature = RequestValidator(TOKEN).compute_signature(url, ImmutableMultiDict(pairs))
        headers = [pair for pair in headers if pair[0] != b"x-twilio-signature"] + [(b"x-twilio-signature", signature.encode())]
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


async def fuzz(app: ASGIApp, numbers: Iterable[int]) -> Outcome:
    """Post the requests of these numbers, one after the other."""
    outcome = Outcome()
    for number in numbers:
        request = crooked(number, PATHS)
        scope = scope_of(request)
        begun, busy = time.perf_counter(), time.thread_time()
        try:
            status = await answer(app, request, scope)
        except Exception as error:  # noqa: BLE001 (whatever comes out of the application is what is looked for)
            logging.getLogger(__name__).error("number %d: %r", number, error)  # noqa: TRY400 (a line for each is enough)
            status = 500
        took = time.perf_counter() - begun
        outcome.busiest = max(outcome.busiest, time.thread_time() - busy)
        outcome.statuses[status] += 1
        outcome.longest = max(outcome.longest, took)
        if took > LONGEST:
            outcome.slow.append((number, took))
        if status >= 500:
            outcome.broken.append(number)
    return outcome


async def fuzz_product(folder: Path, numbers: Iterable[int]) -> Outcome:
    """Build a product in a folder and post to it. Nothing is handled or sent: only what a webhook does is tried."""
    account = {"account_sid": "AC" + "0" * 32, "auth_token": TOKEN, "sender": "whatsapp:+573184114466"}
    runtime = build(settings.read(public_url=PUBLIC, data_dir=folder, twilio=account))
    app = create_app(runtime, works=False)
    try:
        return await fuzz(app, numbers)
    finally:
        await runtime.channel.close()
        runtime.close()


def main() -> None:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1_000_000)
    parser.add_argument("begin", type=int, nargs="?", default=0)
    parser.add_argument("--minutes", type=float, default=600, help="stop after so long")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    begun = time.monotonic()
    numbers = range(chosen.begin, chosen.begin + chosen.count)
    in_time = takewhile(lambda _: time.monotonic() - begun < 60 * chosen.minutes, numbers)
    # What is tried is our code: a disk that is busy with something else is not in the way of it.
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        outcome = asyncio.run(fuzz_product(Path(folder), in_time))
    took, statuses = time.monotonic() - begun, dict(sorted(outcome.statuses.items()))
    print(f"{outcome.statuses.total()} requests in {took:.0f} s; statuses {statuses}")
    print(f"longest {1000 * outcome.longest:.1f} ms, of the loop's own processor time {1000 * outcome.busiest:.1f} ms")
    print(f"over {1000 * LONGEST:.0f} ms: {len(outcome.slow)} {outcome.slow[:20]}")
    print(f"5xx: {len(outcome.broken)} {outcome.broken[:20]}")


if __name__ == "__main__":
    main()
