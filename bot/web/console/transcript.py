"""A conversation as the ticket page shows it: days, and in each day bubbles with who, when and how far it got."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from bot.conversations.trace import Arrivals, Event, steps
from bot.messages.queries import Message
from bot.messages.tables import Direction, Status
from bot.web.console.delivery import Reasons
from bot.web.console.pages import local

#: WhatsApp's own marks: `*bold*` and `_italic_`, around whole words and within a line.
_MARKED = re.compile(r"(?<!\w)([*_])(?=\S)([^*_\n]{1,1000})(?<=\S)\1(?!\w)")


@dataclass(frozen=True)
class Part:
    """A stretch of a message in one style: `*` bold, `_` italic, empty for plain."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Bubble:
    """One message. `author`: customer, bot, or agent."""

    message: Message
    author: str
    parts: tuple[Part, ...]  #: the text in its styles
    agent: str  #: the agent's name, or empty
    at: datetime  #: on Colombia's clock
    failure: str  #: why it did not arrive, in words, or empty
    events: tuple[Event, ...]  #: what happened to it, and when


@dataclass(frozen=True)
class Day:
    """What was said on one day of Colombia's calendar."""

    date: date
    bubbles: tuple[Bubble, ...]


def days(messages: Iterable[Message], names: Mapping[str, str], reasons: Reasons, arrivals: Arrivals) -> list[Day]:
    """The messages in their order, day by day. `names`: an agent's id → name."""
    bubbles = [_bubble(message, names, reasons, arrivals) for message in messages]
    return [Day(day, tuple(said)) for day, said in groupby(bubbles, key=lambda bubble: bubble.at.date())]


def parts(text: str) -> tuple[Part, ...]:
    """A text in stretches of one style; the marks themselves are left out, and nothing else is."""
    found, end = [], 0
    for match in _MARKED.finditer(text):
        found += [Part(text[end : match.start()]), Part(match[2], match[1])]
        end = match.end()
    return tuple(part for part in [*found, Part(text[end:])] if part.text)


def _bubble(message: Message, names: Mapping[str, str], reasons: Reasons, arrivals: Arrivals) -> Bubble:
    is_agent = message.author not in {"customer", "bot"}
    return Bubble(
        message=message,
        author="agent" if is_agent else message.author,
        parts=parts(message.body),
        agent=names.get(message.author, message.author) if is_agent else "",
        at=local(message.created_at),
        events=steps(message) if message.direction is Direction.OUT else arrivals.get(message.sid, ()),
        failure=reasons.reason(message.error_code) if message.status is Status.FAILED else "",
    )
