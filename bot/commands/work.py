"""Handle, send and fetch messages beside `serve`, in any number of processes and machines that share one PostgreSQL."""

import argparse
import asyncio
import logging

import uvloop

from bot.runtime import Runtime, build, working
from bot.settings import Settings, SettingsProblem, require_for_serving
from bot.web.serving import signals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options: everything is a setting."""
    parser.epilog = (
        "Start as many as you need; each takes the conversations that no other is at. With SOPORTE_REDIS_URL they hear of new "
        "messages at once, else within two seconds."
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Work until SIGTERM or Ctrl-C, then finish what is under way. Raises SettingsProblem."""
    del arguments
    require_for_serving(settings)
    if not settings.database.startswith("postgres"):
        raise SettingsProblem(
            ["database_url (SOPORTE_DATABASE_URL) is not PostgreSQL: with the embedded database `serve` does it all"]
        )
    logging.getLogger("bot").setLevel(logging.INFO)
    runtime = build(settings)
    try:
        uvloop.run(_work(runtime))
    finally:
        runtime.close()
    return 0


async def _work(runtime: Runtime) -> None:
    stop = asyncio.Event()
    with signals(stop):
        async with working(runtime):
            logging.getLogger(__name__).info("working")
            await stop.wait()
