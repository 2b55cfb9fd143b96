"""Check the flow files and list everything that is wrong with them."""

import argparse
from pathlib import Path

from bot.flows import FLOWS, read_flow
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", type=Path, default=FLOWS, help="folder with the flow files (default: flows/)")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Read the flow; the command line prints what is wrong with it."""
    del settings
    flow = read_flow(arguments.folder)
    waiting = sum(node.waits for node in flow.nodes.values())
    print(f"The flow is sound: {len(flow.nodes)} nodes, {waiting} of them questions, {len(flow.cases)} documented answers.")
    return 0
