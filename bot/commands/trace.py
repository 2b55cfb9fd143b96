"""`soporte trace SID`: what happened to a message and to what it caused, and how long each step took."""

import argparse
import sys
from dataclasses import asdict
from datetime import timedelta

from bot.commands.listing import ZONE, line, to_json
from bot.conversations.trace import Event, Trace, trace
from bot.messages.tables import Direction
from bot.runtime import open_to_read
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("sid", help="the provider's id of a message, in or out (SM…, MM…), or our own id from a log line")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all went well, 1 if nothing is known of such a message."""
    database = open_to_read(settings)
    try:
        found = database.read_now(lambda connection: trace(connection, arguments.sid))
    finally:
        database.close()
    if found is None:
        print(f"Nothing is known of {line(arguments.sid, 60)}.", file=sys.stderr)
        return 1
    print(to_json(_as_data(found)) if arguments.json else "\n".join(_page(found)))
    return 0


def _as_data(found: Trace) -> dict[str, object]:
    data = asdict(found)
    for events in (data["events"], *(way["events"] for way in data["ways"])):
        for event in events:
            event["after"] = event["after"] and event["after"].total_seconds()
    return data


def _page(found: Trace) -> list[str]:
    told = [f"input {found.input} ({line(found.key)}) in conversation {found.conversation}"]
    told += _events(found.events)
    if found.error:
        told.append(f"  failed {found.attempts} times, last by {line(found.error)}")
    for way in found.ways:
        if way.direction is Direction.IN:
            continue
        name = "reply" if way.direction is Direction.OUT else "note"
        told.append(f"{name} {way.message}{f' ({way.sid})' if way.sid else ''}")
        told += _events(way.events)
        if way.attempts > 1 or way.error_code:
            told.append(f"  attempts: {way.attempts}{f', error {way.error_code}' if way.error_code else ''}")
    return told


def _events(events: tuple[Event, ...]) -> list[str]:
    width = max((len(event.what) for event in events), default=0)
    return [
        f"  {event.at.astimezone(ZONE):%Y-%m-%d %H:%M:%S.%f}"[:-3] + f"  {event.what:<{width}}  {_duration(event.after)}".rstrip()
        for event in events
    ]


def _duration(after: timedelta | None) -> str:
    if after is None:
        return ""
    seconds = after.total_seconds()
    return f"+{seconds * 1000:.0f} ms" if seconds < 1 else f"+{seconds:.1f} s"
