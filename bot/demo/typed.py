"""What was typed in the terminal chat: a text, or one of the commands that stand for what a phone can do. Pure."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from bot.engine.inputs import Location

HELP = """\
Whatever you write is sent as the customer's message. Besides:
  /imagen [FILE]                    send a picture (a built-in one if no file is named)
  /documento FILE                   send a file
  /audio                            send a voice note
  /ubicacion [LATITUDE LONGITUDE]   share a place
  /boton ID TEXT                    tap a quick reply
  /vacio                            send an empty message
  /reloj HOURS                      move the product's clock forward
  /ayuda                            this help
  /salir                            end (also Ctrl-D)"""

_MOST_HOURS = 24 * 365
_HERE = Location(4.6533, -74.0836, "Bogotá, Colombia", "Parque Simón Bolívar")


@dataclass(frozen=True)
class Text:
    """Send a text, perhaps an empty one."""

    text: str


@dataclass(frozen=True)
class Attachment:
    """Send a file; without a path the built-in one of this kind (`image` or `audio`)."""

    kind: str
    path: Path | None


@dataclass(frozen=True)
class Place:
    """Share a place."""

    location: Location


@dataclass(frozen=True)
class Tap:
    """Tap a quick reply."""

    choice: str
    label: str


@dataclass(frozen=True)
class MoveClock:
    """Move the product's clock forward."""

    hours: float


@dataclass(frozen=True)
class Remark:
    """Say something to the one who types, and send nothing."""

    text: str


@dataclass(frozen=True)
class Quit:
    """End the chat."""


Typed = Text | Attachment | Place | Tap | MoveClock | Remark | Quit


def read(line: str) -> Typed:
    """What a line means. One that begins with a slash is a command, and a wrong one explains itself; a blank one is none."""
    if not line.strip():
        return Remark("")
    if not line.startswith("/"):
        return Text(line)
    try:
        name, *words = shlex.split(line)
    except ValueError:  # a quotation mark without its other half
        name, *words = line.split()
    command = COMMANDS.get(name)
    return (command and command(words)) or Remark(f"{name} is not a command, or not in this form.\n{HELP}")


def _picture(words: list[str]) -> Typed:
    return Attachment("image", Path(" ".join(words)) if words else None)


def _document(words: list[str]) -> Typed | None:
    return Attachment("document", Path(" ".join(words))) if words else None


def _voice(words: list[str]) -> Typed | None:
    return None if words else Attachment("audio", None)


def _place(words: list[str]) -> Typed | None:
    if not words:
        return Place(_HERE)
    numbers = [number for word in words if (number := _number(word)) is not None]
    if len(words) != 2 or len(numbers) != 2 or abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        return None
    return Place(Location(numbers[0], numbers[1]))


def _tap(words: list[str]) -> Typed | None:
    return Tap(words[0], " ".join(words[1:])) if len(words) > 1 else None


def _empty(words: list[str]) -> Typed | None:
    return None if words else Text("")


def _clock(words: list[str]) -> Typed | None:
    hours = _number(words[0]) if len(words) == 1 else None
    return MoveClock(hours) if hours is not None and 0 < hours <= _MOST_HOURS else None


def _help(_words: list[str]) -> Typed:
    return Remark(HELP)


def _quit(_words: list[str]) -> Typed:
    return Quit()


def _number(word: str) -> float | None:
    """A finite number, or None."""
    try:
        number = float(word)
    except ValueError:
        return None
    return number if isfinite(number) else None


#: Each reads the words behind the command; None if they are not in the form that `HELP` shows.
COMMANDS: dict[str, Callable[[list[str]], Typed | None]] = {
    "/imagen": _picture,
    "/documento": _document,
    "/audio": _voice,
    "/ubicacion": _place,
    "/boton": _tap,
    "/vacio": _empty,
    "/reloj": _clock,
    "/ayuda": _help,
    "/salir": _quit,
}
