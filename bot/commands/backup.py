"""`soporte backup FILE`: everything in one file, as it is at one moment, while the product runs."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.backup.dump import dump
from bot.runtime import open_to_read
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("file", type=Path, help="where to write it; must not exist yet")
    parser.add_argument(
        "--without-keys",
        action="store_true",
        help="leave out the keys in data_dir, to be kept elsewhere (see docs/operations.md)",
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all went well, 1 if it could not be written."""
    database = open_to_read(settings, sealed=True)
    file: Path = arguments.file
    try:
        made = dump(database, settings.folder, file, datetime.now(UTC), with_keys=not arguments.without_keys)
    except FileExistsError:
        print(f"{file} exists: a backup is never written over another file", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{file} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    finally:
        database.close()
    print(f"{file}: {made.rows} rows and {made.files} files, {file.stat().st_size / 1e6:.1f} MB, to be read by its owner only.")
    if made.keys:
        print(f"It holds customers' data and keys ({', '.join(made.keys)}): keep it as you keep the database.")
    if made.missing:
        print(f"{made.missing} files of customers are gone from {settings.folder}, and so not in it.", file=sys.stderr)
    return 0
