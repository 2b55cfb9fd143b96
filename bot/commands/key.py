"""`soporte key new|on|status|rotate`: keys for personal data at rest, and bringing the data to the newest one."""

import argparse
import fcntl
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from bot.commands.listing import columns
from bot.db import Database
from bot.privacy import clean
from bot.runtime import open_database
from bot.sealing.keys import Keyring, new_key
from bot.settings import Settings, variable
from bot.unlocking import SETTING, keys_of
from bot.vault.opening import is_on, others_at_work, turn_on
from bot.vault.rotate import PLAIN, Kept, forget_others, rotate, status

_OFF = f"Nothing is encrypted here: set {variable(SETTING)}, then `soporte key on`."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="new|on|status|rotate")
    for action, about in (
        ("new", "print a new key; it is kept nowhere"),
        ("on", "encrypt from now on, in an installation with data; nothing else may run"),
        ("status", "count what is under which key; reads everything"),
        ("rotate", "bring everything to the first key, from older ones and from plain, while the product runs"),
    ):
        action_parser = actions.add_parser(action, help=about)
        if action == "rotate":
            action_parser.add_argument("--without-cleaning", action="store_true", help="leave old bytes in the file to the night")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all went well, 1 with one line of why not, also if something is left to rotate."""
    match arguments.action:
        case "new":
            print(new_key())
            return 0
        case "on":
            return _turn_on(settings)
        case "status":
            return _on_sealed(settings, _status)
        case "rotate":
            return _on_sealed(settings, partial(_rotate, cleans=not arguments.without_cleaning))
        case unknown:
            raise ValueError(unknown)


def _turn_on(settings: Settings) -> int:
    keys = keys_of(settings)
    if not keys:
        return _say_no(_OFF)
    settings.folder.mkdir(parents=True, exist_ok=True)
    with (settings.folder / "running.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return _say_no(f"{settings.folder} is in use by a running soporte: end that first.")
        database = open_database(settings)
        try:
            if database.read_now(is_on):
                return _say_no("It is on already; `soporte key status` counts.")
            if others := database.read_now(others_at_work):
                return _say_no(f"{others} other connections to the database are open: end what they belong to first.")
            database.write_now(partial(turn_on, keys=keys, now=datetime.now(UTC)))
        finally:
            database.close()
    print(f"What is written from now on is encrypted under key {keys[0].id}. Now `soporte key rotate` for what was there before.")
    return 0


def _on_sealed(settings: Settings, does: Callable[[Database, Settings, Keyring], int]) -> int:
    database = open_database(settings)
    try:
        return _say_no(_OFF) if database.keyring is None else does(database, settings, database.keyring)
    finally:
        database.close()


def _status(database: Database, settings: Settings, keyring: Keyring) -> int:
    _tell(status(database, keyring, settings.attachments_folder), keyring)
    return 0


def _rotate(database: Database, settings: Settings, keyring: Keyring, *, cleans: bool) -> int:
    done = rotate(database, settings.attachments_folder, _progress)
    left = status(database, keyring, settings.attachments_folder)
    print(f"{done} values and files were brought to key {keyring.first.id}.")
    if others := sum(count for key, count in left.under().items() if key != keyring.first.id):
        _tell(left, keyring)
        return _say_no(f"{others} are not there yet: is a process still at work with other keys? Then run this again.")
    database.write_now(partial(forget_others, keyring=keyring))
    if cleans:
        try:
            clean.clean(database)
        except clean.BusyError:
            return _say_no("Old bytes are still in the database's file: the nightly work takes them out, or run this again.")
    print(f"Nothing is left under another key: {variable(SETTING)} may hold this one alone.")
    return 0


def _tell(kept: Kept, keyring: Keyring) -> None:
    rows = [
        (place, f"{key}{' (first)' if key == keyring.first.id else ''}", str(number))
        for place, counts in kept.counts.items()
        for key, number in sorted(counts.items(), key=lambda one: (one[0] == PLAIN, one[0]))
    ]
    print(columns(("WHERE", "KEY", "HOW MANY"), rows))


def _progress(place: str, done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{place}: {done}".ljust(60), end="", file=sys.stderr, flush=True)


def _say_no(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
