"""Handle, send and fetch messages beside `serve`, in any number of processes and machines that share one PostgreSQL."""

import argparse
import asyncio
import logging
import socket
import sys
from contextlib import AsyncExitStack

import uvloop

from bot.needs import require_for_serving
from bot.runtime import Runtime, build, working
from bot.settings import Settings, SettingsProblem
from bot.web.serving import PortTakenError, StartFailedError, listen, serving, signals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: everything is a setting."""
    parser.epilog = (
        "Start as many as you need; each takes the conversations that no other is at. With SOPORTE_REDIS_URL they hear of new "
        "messages at once, else within two seconds. With SOPORTE_WORK__PORT each answers /health/ready and /metrics."
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Work until SIGTERM or Ctrl-C, then finish what is under way. Raises SettingsProblem."""
    del arguments
    require_for_serving(settings)
    if not settings.database.startswith("postgres"):
        raise SettingsProblem(
            ["database_url (SOPORTE_DATABASE_URL) is not PostgreSQL: with the embedded database `serve` does it all"]
        )
    try:
        listening = listen(settings.work.port, settings.work.host) if settings.work.port else None
    except PortTakenError as error:
        print(f"{error}: choose another with work.port (SOPORTE_WORK__PORT)", file=sys.stderr)
        return 1
    logging.getLogger("bot").setLevel(logging.INFO)
    try:
        runtime = build(settings)
        try:
            uvloop.run(_work(runtime, listening))
        except StartFailedError:
            return 1
        finally:
            runtime.close()
    finally:
        if listening is not None:
            listening.close()
    return 0


async def _work(runtime: Runtime, listening: socket.socket | None) -> None:
    stop = asyncio.Event()
    with signals(stop):
        async with working(runtime), AsyncExitStack() as stack:
            told = "working"
            if listening is not None:
                from bot.web.status import create_status  # noqa: PLC0415 (whoever does not listen need not read it in)

                await stack.enter_async_context(serving(create_status(runtime), listening, lifespan=False))
                told += f"; /health/ready and /metrics on port {listening.getsockname()[1]}"
            logging.getLogger(__name__).info("%s", told)
            await stop.wait()
