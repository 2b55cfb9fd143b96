"""Chat as a customer, in the terminal."""

import argparse

from bot.demo.chat import run_chat
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Chat until the end of input."""
    del arguments
    return run_chat(settings.folder / "chat")
