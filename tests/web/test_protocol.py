"""Clients that are slow on purpose, or send more headers than anybody needs, are cut off; everybody else is served."""

import asyncio
import socket
import time
from contextlib import suppress

import pytest
from starlette.types import Receive, Scope, Send

from bot.web import protocol
from bot.web.serving import listen, serving


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with how many bytes the body had."""
    size = 0
    while True:
        part = await receive()
        size += len(part.get("body", b""))
        if not part.get("more_body"):
            break
    body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.5)


def heard(*parts: bytes, pause: float = 0.0) -> bytes:
    """What a client gets that sends these parts one after the other, until it is cut off or nothing comes any more."""
    listening = listen(0)
    got = bytearray()

    def talk() -> None:
        with socket.create_connection(listening.getsockname(), timeout=3) as client, suppress(TimeoutError, ConnectionError):
            for part in parts:
                client.sendall(part)
                time.sleep(pause)
            while chunk := client.recv(65536):
                got.extend(chunk)

    async def serve() -> None:
        async with serving(app, listening, lifespan=False):
            await asyncio.to_thread(talk)

    asyncio.run(serve())
    return bytes(got)


CLOSE = b"Connection: close\r\n\r\n"


def test_a_request_in_a_few_parts_is_served_and_one_that_never_ends_is_cut_off() -> None:
    assert heard(b"POST / HTTP/1.1\r\nHost: a\r\n", b"Content-Length: 3\r\n" + CLOSE, b"ab", b"c", pause=0.05).endswith(
        b"\r\n\r\n3"
    )
    begun = time.monotonic()
    assert heard(b"POST / HTTP/1.1\r\nHost: a\r\n", *[b"X: y\r\n"] * 8, pause=0.1) == b""
    assert heard(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n", *[b"a"] * 8, pause=0.1) == b""
    assert heard() == b""
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("at_once", [True, False])
def test_headers_of_a_browser_pass_and_larger_ones_are_refused(at_once: bool) -> None:
    few = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 90) for number in range(40))
    assert heard(b"GET / HTTP/1.1\r\nHost: a\r\n" + few + CLOSE).startswith(b"HTTP/1.1 200")
    many = [b"X-%d: %s\r\n" % (number, b"y" * 90) for number in range(500)]
    parts = [b"GET / HTTP/1.1\r\nHost: a\r\n", *([b"".join(many)] if at_once else many), CLOSE]
    assert heard(*parts)[:12] in (b"HTTP/1.1 431", b"")


def test_two_requests_on_one_connection_are_both_served() -> None:
    first, second = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /2 HTTP/1.1\r\nHost: a\r\n" + CLOSE
    assert heard(first, second, pause=0.3).count(b"HTTP/1.1 200") == 2
    assert heard(first + second).count(b"HTTP/1.1 200") == 2
