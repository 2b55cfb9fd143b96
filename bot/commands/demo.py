"""Try it out: the product, a phone in the browser, and a stand-in for Twilio, on this machine alone."""

import argparse

from bot.demo.serve import run_demo
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--port", type=int, default=8000, help="port of the product (default: 8000)")
    parser.add_argument("--tickets", type=_count, default=0, metavar="N", help="first add N made-up tickets of made-up customers")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run it until Ctrl-C."""
    return run_demo(arguments.port, settings.folder, tickets=arguments.tickets)


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10_000_000:
        raise ValueError
    return number
