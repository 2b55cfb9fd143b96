"""`soporte verify`: prove from the database that nothing was lost, nothing doubled, and everything in order."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from bot.conversations.invariants import Violation
from bot.conversations.verify import verify
from bot.runtime import open_to_read
from bot.settings import Settings

#: Whoever waits longer than this hears how far it is.
_SILENT_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all is well, 1 if anything is not; each violation is told as it is found."""
    database = open_to_read(settings)
    heard = _Progress()
    try:
        found = verify(database, datetime.now(UTC), heard)
        count = _tell_json(found, heard) if arguments.json else _tell(found)
    finally:
        database.close()
    if not arguments.json:
        checked = f"{heard.done} conversation{'' if heard.done == 1 else 's'} checked"
        print(f"{checked}: {count} violation{'' if count == 1 else 's'}." if count else f"{checked}: all is well.")
    return 1 if count else 0


class _Progress:
    """Says on stderr how far it is, every few seconds."""

    def __init__(self) -> None:
        self.done = 0
        self._told_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        self.done = done
        if time.monotonic() - self._told_at >= _SILENT_SECONDS:
            self._told_at = time.monotonic()
            print(f"{done} of {total} conversations", file=sys.stderr)


def _tell(found: Iterator[Violation]) -> int:
    count = 0
    for violation in found:
        count += 1
        names = " ".join(f"{name}={value}" for name, value in _names(violation).items())
        print(f"{violation.rule}  {violation.problem}  {names}")
    return count


def _tell_json(found: Iterator[Violation], heard: _Progress) -> int:
    """One JSON object, written while the violations come: there may be more of them than fit into memory."""
    count = 0
    print('{"violations": [', end="")
    for violation in found:
        told = {"rule": violation.rule, "problem": violation.problem, **_names(violation)}
        print("," * (count > 0) + "\n  " + json.dumps(told), end="")
        count += 1
    print(f'\n], "conversations": {heard.done}, "ok": {json.dumps(count == 0)}}}')
    return count


def _names(violation: Violation) -> dict[str, str | int]:
    """The ids that it is about."""
    return {
        name: value for name, value in asdict(violation).items() if name not in ("rule", "problem") and value not in ("", None)
    }
