"""The command line: `soporte COMMAND`. One file for each command in `bot/commands`."""

import argparse
import logging
import sys
from collections.abc import Sequence
from types import ModuleType

from bot import settings
from bot.commands import agents, chat, check, demo, draw, serve, tickets, understand
from bot.engine.problems import BrokenFlow

COMMANDS: dict[str, ModuleType] = {
    "demo": demo,
    "chat": chat,
    "serve": serve,
    "check": check,
    "draw": draw,
    "understand": understand,
    "tickets": tickets,
    "agents": agents,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 refused with a line that says why, 2 misspelt."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        code: int = COMMANDS[parsed.command].run(parsed, settings.read())
    except settings.SettingsProblem as problem:
        return _refuse(problem.lines)
    except BrokenFlow as broken:
        count = len(broken.problems)
        return _refuse([*map(str, broken.problems), f"{count} problem{'s' if count > 1 else ''} in flows/: nothing was started"])
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soporte", description="A support line on WhatsApp for customers who cannot log in.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        about = (module.__doc__ or "").strip().splitlines()[0]
        module.add_arguments(commands.add_parser(name, help=about, description=about))
    return parser


def _refuse(lines: Sequence[str]) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return 1
