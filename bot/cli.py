"""The command line: `soporte COMMAND`. One file for each command in `bot/commands`, read only when it is asked for."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from bot import logs, settings
from bot.engine.problems import BrokenFlow

#: Each command with what it is for; its module has `add_arguments` and `run`.
COMMANDS = {
    "demo": "try it out: the product, a phone in the browser, a stand-in for Twilio, on this machine alone",
    "chat": "chat as a customer, in the terminal",
    "serve": "serve customers: webhooks and console; with the embedded database, everything in this one process",
    "work": "handle, send and fetch messages beside `serve`, in any number of processes, on PostgreSQL",
    "check": "check the flow files and list everything that is wrong with them",
    "draw": "print the flow as a Mermaid diagram",
    "understand": "understand lines of text as the bot does, and say why",
    "tickets": "list tickets, or show one",
    "person": "export or erase everything that is kept of one person",
    "retention": "tell what is over its time, and let it go",
    "redact": "mask secrets in what is stored, by the rules of today",
    "verify": "check that no message was lost, doubled or brought out of order",
    "trace": "show what happened to a message, and when",
    "backup": "write everything into one file, while the product runs",
    "restore": "bring everything back from a backup",
    "sbom": "list the packages the product is made of, with versions and licences",
    "key": "keys for personal data at rest: make one, turn encryption on, bring all to the newest key",
    "agents": "let people into the console, or shut them out",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 refused with a line that says why, 2 misspelt."""
    os.umask(0o077)  # what is written is the operator's alone: databases, files and keys hold people's data
    words = list(sys.argv[1:] if arguments is None else arguments)
    parsed = _parser(words[0] if words else "").parse_args(words)
    try:
        chosen = settings.read()
        logs.set_up(chosen.logs)
        code: int = import_module(f"bot.commands.{parsed.command}").run(parsed, chosen)
    except settings.SettingsProblem as problem:
        return _refuse(problem.lines)
    except BrokenFlow as broken:
        count = len(broken.problems)
        return _refuse([*map(str, broken.problems), f"{count} problem{'s' if count > 1 else ''} in flows/: nothing was started"])
    except KeyboardInterrupt:
        return 130
    return code


def _parser(chosen: str) -> argparse.ArgumentParser:
    """All commands by name; only the chosen one with its options, because reading a command's code takes its time."""
    parser = argparse.ArgumentParser(prog="soporte", description="A support line on WhatsApp for customers who cannot log in.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, about in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        if name == chosen:
            import_module(f"bot.commands.{name}").add_arguments(command)
    return parser


def _refuse(lines: Sequence[str]) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return 1
