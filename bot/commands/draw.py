"""Print the flow as a Mermaid diagram."""

import argparse

from bot.engine.draw import draw
from bot.flows import our_flow
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options: there are none."""


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print it."""
    del arguments, settings
    print(draw(our_flow()), end="")
    return 0
