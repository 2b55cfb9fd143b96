"""Who is believed about who asks: a proxy that is named, and nobody else. By the real server, over a socket."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.web.serving import address_of, listen, serving


async def _who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.client.host if request.client else ''} {request.url.scheme}")


@pytest.mark.parametrize(
    ("proxies", "told"),
    [
        (("127.0.0.1",), "203.0.113.9 https"),
        (("127.0.0.0/8",), "203.0.113.9 https"),
        (("10.0.0.1",), "127.0.0.1 http"),
        ((), "127.0.0.1 http"),
    ],
)
def test_only_a_named_proxy_is_believed_about_who_asks(proxies: tuple[str, ...], told: str) -> None:
    async def ask() -> str:
        listening = listen(0)
        headers = {"X-Forwarded-For": "198.51.100.66, 203.0.113.9", "X-Forwarded-Proto": "https", "Remote-User": "ana.gomez"}
        async with (
            serving(Starlette(routes=[Route("/", _who)]), listening, lifespan=False, proxies=proxies),
            httpx.AsyncClient() as client,
        ):
            return (await client.get(address_of(listening), headers=headers)).text

    assert asyncio.run(ask()) == told
