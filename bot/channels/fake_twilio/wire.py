"""How Twilio calls out. A webhook: signed, within time limits, and tried again as the address itself asks for.

Those wishes stand behind a `#` in the address (`https://bot.example/in#rc=2&rp=all`) and are not part of what is signed.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

import asyncio
import ssl
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, urldefrag, urlencode

import aiohttp
import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from yarl import URL

from bot.channels.fake_twilio.ledger import File

#: Largest files that WhatsApp takes, in bytes.
_LARGEST_IMAGE, _LARGEST_FILE = 5 * 1024 * 1024, 16 * 1024 * 1024
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    "User-Agent": "TwilioProxy/1.1",
    "Accept": "*/*",
}


@dataclass(frozen=True)
class Wishes:
    """Limits in seconds; what is tried again: `ct` (no connection), `rt` (no answer), `4xx`, `5xx` or `all`."""

    connect: float
    read: float
    total: float
    retries: int
    retry_on: frozenset[str]


def wishes(fragment: str) -> Wishes:
    """Read the part of an address behind `#`. Missing wishes take Twilio's defaults; numbers are kept in its ranges."""
    told = dict(parse_qsl(fragment))

    def seconds(name: str, default: int, most: int) -> float:
        text = told.get(name, "")
        return min(max(int(text) if text.isdecimal() else default, 100), most) / 1000

    retries = told.get("rc", "")
    return Wishes(
        connect=seconds("ct", 5000, 10_000),
        read=seconds("rt", 15_000, 15_000),
        total=seconds("tt", 15_000, 15_000),
        retries=min(int(retries), 5) if retries.isdecimal() else 1,
        retry_on=frozenset(told.get("rp", "ct").split(",")),
    )


async def post(address: str, parameters: dict[str, str], *, auth_token: str, token: str) -> int:
    """Post a webhook and return the last HTTP status, or 0 if there was no answer at all.

    `token` is the same for all attempts at one delivery (`I-Twilio-Idempotency-Token`).
    """
    url, fragment = urldefrag(address)
    wish = wishes(fragment)
    signature = RequestValidator(auth_token).compute_signature(url, parameters)
    headers = _HEADERS | {"X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": token}
    limits = aiohttp.ClientTimeout(total=None, sock_connect=wish.connect, sock_read=wish.read)
    status = 0
    try:
        async with (
            asyncio.timeout(wish.total),
            aiohttp.ClientSession(
                # Each try is a connection of its own.
                connector=aiohttp.TCPConnector(force_close=True, ssl=_tls()),
                timeout=limits,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
        ):
            for _ in range(1 + wish.retries):
                status, trouble = await _attempt(session, url, urlencode(parameters), headers)
                if not wish.retry_on & {trouble, "all"} or not trouble:
                    break
    except TimeoutError:
        pass
    return status


async def fetch(url: str) -> File | None:
    """The file that a message sent to us names, as Twilio fetches it; None if it is not there, is too large or has no type."""
    try:
        async with httpx.AsyncClient(timeout=10, verify=_tls(), trust_env=False) as client:
            answer = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    content_type = answer.headers.get("content-type", "")
    largest = _LARGEST_IMAGE if content_type.startswith("image/") else _LARGEST_FILE
    if answer.status_code != 200 or not content_type or not 0 < len(answer.content) <= largest:
        return None
    return File(content_type, answer.content)


async def _attempt(session: aiohttp.ClientSession, url: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
    """The HTTP status (0 for none) and the kind of trouble (blank for none)."""
    try:
        # As the address was signed: nothing in it is written anew.
        async with session.post(URL(url, encoded=True), data=body, headers=headers, allow_redirects=False) as answer:
            await answer.read()
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return 0, "ct"
    except (aiohttp.ClientError, OSError):
        return 0, "rt"
    return answer.status, f"{answer.status // 100}xx" if answer.status >= 400 else ""


@cache
def _tls() -> ssl.SSLContext:
    """Loaded once: reading all certificate authorities takes longer than a delivery."""
    return ssl.create_default_context()
