"""`soporte tickets export`: the tickets in a file for a spreadsheet, a row each. The heads are the names of the code."""

import argparse
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.agents.trail import OPERATOR, Action, deed_of, record
from bot.db import Database
from bot.demo.progress import progress
from bot.engine.nodes.ask import Ask
from bot.flows import our_flow
from bot.tickets.exporting import COLUMNS, Reader, Wanted, Words, takes, without_shown
from bot.tickets.lifecycle import Status
from bot.tickets.spreadsheets import FORMATS, MOST_ROWS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("file", type=Path, metavar="FILE", help="where to write; a file that is there stays as it is")
    parser.add_argument("--format", choices=list(FORMATS), help="default: the end of the file's name, else csv")
    parser.add_argument("--status", choices=[status.value for status in Status], help="only tickets in this state")
    parser.add_argument(
        "--from", dest="first", default="", metavar="DAY", help="only tickets opened on this day (YYYY-MM-DD) or later"
    )
    parser.add_argument("--to", dest="last", default="", metavar="DAY", help="only tickets opened on this day or earlier")
    parser.add_argument("--search", default="", metavar="WORDS", help="only tickets with these words, as the console finds them")


def run(arguments: argparse.Namespace, database: Database) -> int:
    """Write it. 0 if all went well, 1 if it cannot be written; then no file is left."""
    filters = {"estado": arguments.status} if arguments.status else {}
    first, last = arguments.first, arguments.last
    if first or last:
        first, last = first or "2000-01-01", last or "2199-12-31"
    wanted = Wanted("", filters, arguments.search, first, last)
    flow = our_flow()
    if not takes(wanted, flow.zone):
        print("--from and --to take days as YYYY-MM-DD, in their order.", file=sys.stderr)
        return 1
    kind = arguments.format or (arguments.file.suffix[1:] if arguments.file.suffix[1:] in FORMATS else "csv")
    asked = {node.field: node.field for node in flow.nodes.values() if isinstance(node, Ask)}
    words = Words({name: name for name in COLUMNS}, fields=without_shown(asked))
    now = datetime.now(UTC)
    database.write_now(lambda connection: record(connection, deed_of(OPERATOR, Action.TICKETS_EXPORTED, ""), now))
    try:
        done = _write(database, Reader(wanted, now, flow.zone), words, kind, arguments.file)
    except OSError as error:
        print(f"{arguments.file} cannot be written: {error.strerror or error}", file=sys.stderr)
        return 1
    sheets = f" on {-(-done // (MOST_ROWS - 1))} sheets" if kind == "xlsx" and done >= MOST_ROWS else ""
    print(f"{done:,} tickets{sheets} in {arguments.file}")
    return 0


def _write(database: Database, reader: Reader, words: Words, kind: str, path: Path) -> int:
    """How many tickets there are in it. Under another name until it is whole. Raises OSError."""
    if path.exists():
        raise FileExistsError(0, "there is such a file already")
    unfinished = path.with_name(f"{path.name}.part")
    try:
        file = FORMATS[kind](unfinished, words.above(), words.sheet)
        try:
            done = _fill(database, reader, words, file.add)
        finally:
            file.close()
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return done


def _fill(database: Database, reader: Reader, words: Words, add: Callable[[Iterator[list[object]]], None]) -> int:
    whole = database.read_now(reader.total)
    report, done, after = progress(max(whole, 1), "tickets"), 0, None
    while True:
        found, after = database.read_now(partial(reader.batch, after=after))
        add(reader.rows(found, words))
        done += len(found)
        if after is None:
            report(max(whole, 1) if done else 0)
            return done
        report(done)
