"""Transcripts: whole conversations as anybody in support can read and write them.

    - name: what it shows
      at: 2026-11-23 10:00            # on the customer's clock, America/Bogota
      phone: "+573005550142"          # or hidden: true, when WhatsApp shows only an id of its own
      talk:
        - customer: hola              # a text, or a mapping: {image: true}, {button: [id, label]}, … (see `message`)
          bot: [fragments, of, the, answer]    # all of them, in this order; [] means that the bot says nothing
        - customer: [hola, hola]        # several texts within a moment
          bot: [¿En qué te ayudo?]
          once: ¿En qué te ayudo?      # and not a second time
        - wait: 31 minutes            # time passes in silence
          bot: [¿Sigues ahí?]
        - agent: {take: true}         # or {release: true}, {resolve: true}, {reply: text}: Ana Gómez, with the newest ticket
          bot: [Desde ahora te atiende]
      ticket: {number: SF-000001, category: …, case: …, fields: {nombre: …}, detail: …, attachments: 1,
               rating: [5, a comment]}
      tickets: 0                      # how many there are at the end

`run` plays one through something that takes messages and gives answers; the tests have two such things.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import yaml

from bot.engine.inputs import Kind, Location, Media, MessageReceived

FOLDER = Path(__file__).parent / "transcripts"
ZONE = ZoneInfo("America/Bogota")
_LENGTHS = {
    "minutes": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "days": timedelta(days=1),
}
_MEDIA = {"image": (Kind.IMAGE, "image/png"), "audio": (Kind.AUDIO, "audio/ogg"), "document": (Kind.DOCUMENT, "application/pdf")}


@dataclass(frozen=True)
class Transcript:
    """One conversation and what came of it."""

    name: str
    at: datetime
    phone: str  #: E.164, or empty when hidden
    talk: list[dict[str, Any]]
    ticket: dict[str, Any] | None
    tickets: int | None


class Line(Protocol):
    """Something that a transcript can be played through."""

    def say(self, message: MessageReceived) -> str:
        """Send a message and return all that is answered, joined by blank lines."""

    def say_at_once(self, messages: list[MessageReceived]) -> str:
        """Send several messages within a moment and return all that is answered."""

    def act(self, deed: str, text: str) -> str:
        """Let the agent Ana Gómez do something with the newest ticket, and return what the customer is told."""

    def wait(self, by: timedelta) -> str:
        """Let time pass and return what is said meanwhile."""

    def tickets(self) -> list[dict[str, Any]]:
        """Tickets so far: number, category, case, fields by name, detail, number of attachments, rating."""


def transcripts() -> list[Transcript]:
    """All there are."""
    return [transcript for path in sorted(FOLDER.glob("*.yaml")) for transcript in _read(path)]


def _read(path: Path) -> Iterator[Transcript]:
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        yield Transcript(
            name=f"{path.stem}: {entry['name']}",
            at=datetime.fromisoformat(str(entry.get("at", "2026-11-23 10:00"))).replace(tzinfo=ZONE),
            phone="" if entry.get("hidden") else entry.get("phone", "+573005550142"),
            talk=entry["talk"],
            ticket=entry.get("ticket"),
            tickets=entry.get("tickets"),
        )


def run(transcript: Transcript, line: Line) -> None:
    """Play it and compare every answer."""
    for turn in transcript.talk:
        said = turn.get("customer")
        if "agent" in turn:
            [(deed, text)] = turn["agent"].items()
            answer = line.act(deed, str(text))
        elif "wait" in turn:
            number, unit = turn["wait"].split()
            answer = line.wait(int(number) * _LENGTHS[unit])
        elif isinstance(said, list):
            answer = line.say_at_once([message(text) for text in said])
        else:
            answer = line.say(message(said))
        if (text := turn.get("once")) is not None:
            assert answer.count(text) == 1, f"{transcript.name}\nafter {said!r} {text!r} should be said once:\n{answer}"
        _compare(transcript.name, said if said is not None else turn.get("agent", turn.get("wait")), turn.get("bot"), answer)
    opened = line.tickets()
    if transcript.ticket is not None:
        _compare_ticket(transcript.name, transcript.ticket, opened)
    if transcript.tickets is not None:
        assert len(opened) == transcript.tickets, f"{transcript.name}: {opened}"


def message(said: Any) -> MessageReceived:
    """What a line of a transcript says, as a message."""
    match said:
        case str() | int():
            return MessageReceived(Kind.TEXT, str(said))
        case {"button": [choice, label]}:
            return MessageReceived(Kind.BUTTON, str(label), choice=str(choice))
        case {"location": True}:
            return MessageReceived(Kind.LOCATION, location=Location(4.65, -74.05, "Cra 7 # 71-21", "Oficina"))
        case {"reaction": True}:
            return MessageReceived(Kind.REACTION, "👍")
        case {"empty": True}:
            return MessageReceived(Kind.TEXT, "")
        case {"sticker": True}:
            return MessageReceived(Kind.STICKER, media=(Media("https://media.invalid/1", "image/webp"),))
        case dict():
            name = next(name for name in _MEDIA if said.get(name))
            kind, content_type = _MEDIA[name]
            return MessageReceived(kind, str(said.get("text", "")), media=(Media("https://media.invalid/1", content_type),))
        case _:
            raise ValueError(said)


def _compare(name: str, said: Any, wanted: Any, answer: str) -> None:
    if wanted is None:
        return
    fragments = [wanted] if isinstance(wanted, str) else wanted
    if not fragments:
        assert answer == "", f"{name}\nafter {said!r} the bot should be silent, but says:\n{answer}"
    at = 0
    for fragment in fragments:
        found = answer.find(str(fragment), at)
        assert found >= 0, f"{name}\nafter {said!r} the bot should say {fragment!r}, but says:\n{answer}"
        at = found + len(str(fragment))


def _compare_ticket(name: str, wanted: dict[str, Any], opened: list[dict[str, Any]]) -> None:
    assert opened, f"{name}: no ticket was opened"
    ticket = opened[-1]
    for key, value in wanted.items():
        if key == "fields":
            shown = {field: ticket["fields"].get(field) for field in value}
            assert shown == value, f"{name}: {ticket['fields']}"
        else:
            assert ticket[key] == value, f"{name}: {key} is {ticket[key]!r}"
