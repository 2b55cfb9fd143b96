"""Try it out: the product, a phone in the browser, and a stand-in for Twilio, on this machine alone."""

import argparse

from bot.demo.serve import run_demo
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--port", type=int, default=8000, help="port of the product (default: 8000)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run it until Ctrl-C."""
    return run_demo(arguments.port, settings.folder)
