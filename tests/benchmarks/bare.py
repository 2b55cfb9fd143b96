"""What the line is compared with, each a server of its own: `python -m tests.benchmarks.bare floor|acknowledge PORT`.

`floor`: the least that can answer a webhook: a bare ASGI application that parses the form and checks the signature.
`acknowledge`: the product's webhooks alone, with its database (`SOPORTE_*` as for `soporte serve`), but nobody who works on
what they wrote down.
"""

import asyncio
import base64
import hashlib
import hmac
import sys
from urllib.parse import unquote_plus

import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import settings
from bot.runtime import build
from bot.web.hooks import Webhooks
from bot.web.serving import listen, serving
from tests.benchmarks.customers import PATH, TOKEN


def floor(port: int) -> ASGIApp:
    """Answers 200 to what is signed."""
    url = f"http://127.0.0.1:{port}{PATH}"
    head = {"type": "http.response.start", "headers": [(b"content-type", b"text/xml"), (b"content-length", b"11")]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        told = {}
        for pair in body.decode().split("&") if body else ():
            name, _, value = pair.partition("=")
            told[name] = unquote_plus(value) if "%" in value or "+" in value else value
        signed = url + "".join(name + told[name] for name in sorted(told))
        mac = base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1))
        is_ours = hmac.compare_digest(mac, dict(scope["headers"]).get(b"x-twilio-signature", b""))
        await send({**head, "status": 200 if is_ours else 403})
        await send({"type": "http.response.body", "body": b"<Response/>"})

    return app


async def _nothing_else(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _serve(app: ASGIApp, port: int) -> None:
    async with serving(app, listen(port), lifespan=False):
        await asyncio.Event().wait()


if __name__ == "__main__":
    kind, its_port = sys.argv[1], int(sys.argv[2])
    uvloop.run(_serve(floor(its_port) if kind == "floor" else Webhooks(_nothing_else, build(settings.read())), its_port))
