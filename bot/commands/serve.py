"""Serve customers: web, worker and sender in one process."""

import argparse
import logging
import sys

import uvicorn

from bot.runtime import build
from bot.settings import Settings, require_for_serving
from bot.web.app import create_app
from bot.web.ports import is_free


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1; a proxy with TLS stands before it)"
    )
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C, then finish what is under way."""
    require_for_serving(settings)
    if not is_free(arguments.host, arguments.port):
        print(f"port {arguments.port} is taken: choose another with --port", file=sys.stderr)
        return 1
    logging.getLogger("bot").setLevel(logging.INFO)
    runtime = build(settings)
    try:
        config = uvicorn.Config(
            create_app(runtime), host=arguments.host, port=arguments.port, access_log=False, timeout_graceful_shutdown=10
        )
        uvicorn.Server(config).run()
    finally:
        runtime.close()
    return 0
