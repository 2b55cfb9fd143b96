"""`soporte person show|export|erase|refuse`: what there is of one person, all of it in their hands, or gone everywhere."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.account import channel_of
from bot.attachments.files import load
from bot.commands.listing import clock, columns, line
from bot.db import Database
from bot.housekeeping import means_with
from bot.needs import require_account
from bot.privacy import finish, people
from bot.privacy.erase import Order, erase
from bot.privacy.export import as_html, as_json, export
from bot.privacy.people import Person
from bot.privacy.tables import Reason
from bot.runtime import open_database
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|export|erase|refuse")
    for action, about in (
        ("show", "what there is of somebody, and what they agreed to"),
        ("export", "all that is kept of somebody, as JSON and as a page, with their files"),
        ("erase", "erase somebody everywhere, for good"),
        ("refuse", "write down that somebody is not erased, and why"),
    ):
        action_parser = actions.add_parser(action, help=about)
        action_parser.add_argument("person", help="a telephone (+57…), an address of WhatsApp, or a ticket's number")
        if action == "export":
            action_parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to; made if missing")
        if action == "erase":
            action_parser.add_argument("--confirm", metavar="TEXT", help="instead of typing it: what the preview asks for")
        if action == "refuse":
            action_parser.add_argument("--reason", required=True, help="the law or contract that demands that they are kept")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all went well, 1 with one line of why not."""
    database = open_database(settings)
    try:
        contact_id = database.read_now(partial(people.find, named=arguments.person))
        somebody = contact_id and database.read_now(partial(people.person, contact_id=contact_id))
        if not somebody:
            return _say_no(f"There is nobody behind {line(arguments.person, 40)}.")
        match arguments.action:
            case "show":
                print("\n".join(_about(somebody)))
                return 0
            case "export":
                return _export(database, settings, somebody, arguments.out)
            case "erase":
                return _erase(database, settings, somebody, arguments.confirm)
            case "refuse":
                return _refuse(database, somebody, arguments.reason)
            case unknown:
                raise ValueError(unknown)
    finally:
        database.close()


def _about(somebody: Person) -> Iterator[str]:
    yield f"{somebody.phone or '(hidden number)'}  {line(somebody.profile_name, 60)}"
    yield f"  since    {clock(somebody.since)}"
    yield f"  tickets  {', '.join(somebody.tickets) or '(none)'}"
    yield ""
    yield columns(("KEPT", "ROWS"), [(name, str(rows)) for name, rows in somebody.counts.items()])
    for consent in somebody.consents:
        what = "revoked" if consent.revokes else "agreed" if consent.given else "refused"
        yield f"  {clock(consent.at)}  {what}  version {line(consent.policy_version) or '(none)'}  {consent.text_sha256[:12]}"
    for refusal in somebody.refusals:
        yield f"  {clock(refusal.at)}  not erased: {line(refusal.reason, 80)}"


def _export(database: Database, settings: Settings, somebody: Person, folder: Path) -> int:
    data = database.read_now(partial(export, contact_id=somebody.id, now=datetime.now(UTC)))
    if data is None:
        return _say_no("They were erased meanwhile.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in (("datos.json", as_json(data)), ("datos.html", as_html(data))):
            (folder / name).write_text(text, encoding="utf-8")
        kept = [row["stored_as"] for row in data["tables"]["attachments"] if row["stored_as"]]
        for name in kept:
            (folder / name).write_bytes(load(settings.attachments_folder, name, database.keyring))
    except OSError as error:
        return _say_no(f"{folder} cannot be written to: {error.strerror}")
    print(f"Wrote datos.json, datos.html and {len(kept)} files to {folder}. Give them to nobody else.")
    return 0


def _erase(database: Database, settings: Settings, somebody: Person, given: str | None) -> int:
    require_account(settings)
    print("\n".join(_about(somebody)))
    if given is None:
        print(f"\nThis cannot be undone. Type {somebody.confirmation} to erase all of it:", end=" ", flush=True)
        given = sys.stdin.readline().strip()
    if given != somebody.confirmation:
        return _say_no("That is not what was asked for: nothing was erased.")
    means = means_with(database, channel_of(settings), settings, lambda: datetime.now(UTC))
    order = Order((somebody.id,), Reason.ASKED)
    identity = database.write_now(partial(erase, order=order, place=means.place, now=means.now()))
    if identity is None:
        return _say_no("They were erased meanwhile.")
    if finish.go_on(means, identity):
        print("Erased everywhere, Twilio's copies too.")
    else:
        print("Erased here; Twilio's copies or the last cleaning are still to come. The running product goes on with it.")
    return 0


def _refuse(database: Database, somebody: Person, reason: str) -> int:
    now = datetime.now(UTC)
    database.write_now(partial(people.refuse, contact_id=somebody.id, reason=reason, actor="", now=now))
    print("Written down.")
    return 0


def _say_no(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
