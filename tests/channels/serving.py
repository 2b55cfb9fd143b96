"""Serve an ASGI application for the length of a `with` block: really, by uvicorn, over a socket."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

_PATIENCE = 10.0


@contextmanager
def served(
    app: ASGIApp,
    *,
    listener: socket.socket | None = None,
    loop: Literal["auto", "asyncio", "uvloop"] = "auto",
    http: Literal["auto", "h11", "httptools"] = "auto",
) -> Iterator[str]:
    """Serve `app` in a thread on a free loopback port, or on `listener`, and yield its address, `http://127.0.0.1:<port>`.

    Raises RuntimeError if it does not start or stop within ten seconds.
    """
    listener = listener or socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop=loop, http=http, ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + _PATIENCE
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE)
        listener.close()
    if thread.is_alive():
        raise RuntimeError("the server did not stop")
