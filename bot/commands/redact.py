"""`soporte redact`: mask in stored messages what today's rules would have masked on arrival; `--dry-run` only counts."""

import argparse
from datetime import UTC, datetime
from functools import partial

from bot.account import channel_of
from bot.flows import our_flow
from bot.housekeeping import means_with
from bot.needs import require_account
from bot.privacy import finish
from bot.privacy.hide import redact_again
from bot.runtime import open_database
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("--dry-run", action="store_true", help="only tell how many messages would change")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. Raises BrokenFlow: the rules' words stand in the flow."""
    secrets, now = our_flow().vocabulary.secrets, datetime.now(UTC)
    database = open_database(settings)
    try:
        job = partial(redact_again, secrets=secrets, now=now, dry_run=arguments.dry_run)
        if arguments.dry_run:
            print(f"{database.read_now(job)} messages would be masked.")
            return 0
        require_account(settings)
        means = means_with(database, channel_of(settings), settings, lambda: datetime.now(UTC))
        print(f"{database.write_now(job)} messages were masked.")
        done = [finish.go_on(means, identity) for identity in database.read_now(partial(finish.due, now=means.now()))]
    finally:
        database.close()
    if not all(done):
        print("Twilio's copies of some are still to come: the running product goes on with it.")
    return 0
