"""`soporte retention`: what is over its time; without `--dry-run` it goes. The running product does so every night."""

import argparse
from datetime import UTC, datetime
from functools import partial

from bot.account import channel_of
from bot.commands.listing import columns
from bot.flows import our_flow
from bot.housekeeping import means_with, terms_of
from bot.needs import require_account
from bot.privacy import keeper
from bot.privacy.retention import plan
from bot.runtime import open_database
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("--dry-run", action="store_true", help="only tell what would go")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it and print the report. Raises BrokenFlow: which questions ask for consent stands in the flow."""
    terms = terms_of(settings, our_flow())
    database = open_database(settings)
    try:
        if arguments.dry_run:
            job = partial(plan, terms=terms, folder=settings.attachments_folder, now=datetime.now(UTC))
            report = database.read_now(job).report()
        else:
            require_account(settings)
            report = keeper.run_now(means_with(database, channel_of(settings), settings, lambda: datetime.now(UTC)), terms)
    finally:
        database.close()
    print(columns(("KIND", "WOULD GO" if arguments.dry_run else "GONE"), [(name, str(count)) for name, count in report.items()]))
    return 0
