"""Chat as a customer, in the terminal."""

import argparse

from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Chat until the end of input."""
    from bot.demo.chat import run_chat  # noqa: PLC0415 (the other commands start without it)

    del arguments
    return run_chat(settings.folder / "chat")
