"""Serve customers: the web, and with an embedded database everything else too; on PostgreSQL `work` does that."""

import argparse
import asyncio
import gc
import logging
import socket
import sys

import uvloop

from bot.needs import require_for_serving
from bot.runtime import Runtime, build
from bot.settings import Settings
from bot.web.app import create_app
from bot.web.serving import PortTakenError, StartFailedError, listen, serving, signals

#: Seconds that requests under way may take once the process is told to end; Twilio waits 15 at most.
_GRACE = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1; a proxy with TLS stands before it)"
    )
    parser.add_argument(
        "--work",
        action="store_true",
        help="on PostgreSQL: handle and send messages in this process too (with the embedded database it always does)",
    )
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way."""
    require_for_serving(settings)
    try:
        listening = listen(arguments.port, arguments.host)
    except PortTakenError as error:
        print(f"{error}: choose another with --port", file=sys.stderr)
        return 1
    logging.getLogger("bot").setLevel(logging.INFO)
    try:
        runtime = build(settings)
        # Libraries, flows and vocabulary live as long as the process: the garbage collector need not look through them again.
        gc.collect()
        gc.freeze()
        try:
            uvloop.run(_serve(runtime, listening, works=runtime.database.embedded or arguments.work))
        except StartFailedError:
            return 1
        finally:
            runtime.close()
    finally:
        listening.close()
    return 0


async def _serve(runtime: Runtime, listening: socket.socket, *, works: bool) -> None:
    stop = asyncio.Event()
    with signals(stop):
        app = create_app(runtime, works=works)
        async with serving(app, listening, lifespan=True, grace=_GRACE, proxies=runtime.settings.trusted_proxies):
            does = "serving and working" if works else "serving; `soporte work` handles and sends messages"
            logging.getLogger(__name__).info("%s, on port %d", does, listening.getsockname()[1])
            await stop.wait()
            app.state.stopping.set()  # open pages let go of their streams
