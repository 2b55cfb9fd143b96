"""`soporte restore FILE`: an installation as it was when the backup was made, on SQLite or PostgreSQL, whichever it came from."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.backup.form import BrokenBackupError, Head, check, head
from bot.backup.restore import Restored
from bot.backup.target import InUseError, NotEmptyError, restore
from bot.commands.listing import clock
from bot.migrations import steps
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("file", type=Path, help="what `soporte backup` wrote")
    parser.add_argument("--force", action="store_true", help="take the place of the data that is there")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all is back, 1 with a line that says why nothing was changed."""
    file: Path = arguments.file
    try:
        about = _readable(file)
        done = restore(settings.database, settings.folder, file, about.schema, datetime.now(UTC), force=arguments.force)
    except OSError as error:
        return _refuse(f"{file} cannot be restored: {error.strerror or error}")
    except BrokenBackupError as error:
        return _refuse(f"{file} is not a whole backup: {error}")
    except NotEmptyError as error:
        return _refuse(f"{error}: --force puts the backup in its place")
    except InUseError as error:
        return _refuse(f"{error}: end that first")
    except SQLAlchemyError as error:
        return _refuse(f"the database did not take it ({type(error).__name__}): nothing was changed")
    _tell(done, about)
    return 0


def _readable(file: Path) -> Head:
    """What the backup says of itself, once all of it was read and found whole."""
    check(file)
    about = head(file)
    if about.schema not in steps():
        raise BrokenBackupError(f"it was made by a later version (step {about.schema})")
    return about


def _refuse(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


def _tell(done: Restored, about: Head) -> None:
    print(f"Restored as of {clock(about.made_at)} (Bogotá): {done.rows} rows and {done.files} files.")
    if done.in_doubt:
        print(f"{done.in_doubt} messages were on their way then: each is looked up at Twilio before it is sent again.")
    print("What customers have written since is fetched from Twilio at the next start; what agents have done since is not in it.")
