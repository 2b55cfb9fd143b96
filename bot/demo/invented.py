"""Made-up customers with made-up tickets, as realistic as needed to see a list and a search at work. Texts: invented.yaml."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from stdnum.co import nit

from bot.engine.effects import FieldValue
from bot.tickets.lifecycle import Status

_FILE = Path(__file__).parent / "invented.yaml"
#: A mobile prefix that no operator in Colombia has.
_FIRST_PHONE = 3990000000
_SHORTEST, _LONGEST = timedelta(days=14), timedelta(days=730)
_APART = timedelta(minutes=1)
_SETTLED_AFTER = timedelta(days=7)
_LONGEST_TALK = timedelta(hours=12)
_ANSWER_WITHIN, _SOLVED_WITHIN = timedelta(hours=8), timedelta(hours=48)
_RATE_IT, _COMMENT_IT, _CAME_BEFORE = 0.35, 0.25, 0.6


@dataclass
class Person:
    """A customer and how far their conversation is."""

    key: str
    name: str
    nit: str
    email: str
    phone: str  #: E.164
    positions: int = 0
    last_message_at: datetime | None = None


@dataclass(frozen=True)
class Way:
    """A dialogue of the customer with the bot: the nodes it came through, and how it ended."""

    at: datetime
    path: tuple[str, ...]
    answered: bool = False
    helped: bool = False
    opened_ticket: bool = False
    asked_agent: bool = False


@dataclass(frozen=True)
class Story:
    """A ticket and what was said around it: (is it the customer?, text), half a minute apart, up to `created_at`."""

    person: Person
    is_new: bool  #: the first ticket of this person
    category: str
    case: str
    detail: str
    fields: tuple[FieldValue, ...]
    status: Status
    assignee: str
    unread: bool
    created_at: datetime
    last_message_at: datetime
    said: tuple[tuple[bool, str], ...]
    ways: tuple[Way, ...]
    due: tuple[datetime, datetime]  #: until when an answer and a solution were promised
    answered_at: datetime | None
    resolved_at: datetime | None
    rating: int | None
    comment: str


@cache
def material() -> Mapping[str, Any]:
    """What invented.yaml holds."""
    read: Mapping[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return read


def stories(count: int, first: int, now: datetime) -> Iterator[Story]:
    """So many tickets, oldest first, up to `now`. The same `count` and `first` (number of the first ticket) make the same."""
    chance = random.Random(f"{count}:{first}")  # noqa: S311 (the same world each time, nothing secret)
    whole = min(max(count * _APART, _SHORTEST), _LONGEST)
    details = material()["details"]
    weights = [often for often, *_ in details]
    known: list[Person] = []
    for n in range(count):
        created_at = now - whole * (1 - n / count) - timedelta(minutes=3)
        is_new = len(known) < 50 or chance.random() < 0.75
        person = _person(first + n, chance) if is_new else chance.choice(known)
        if is_new:
            known = [*known[-999:], person] if len(known) >= 2000 else known
            known.append(person)
        _, case, category, detail = chance.choices(details, weights)[0]
        yield _story(person, (category, case, detail), created_at, now, chance, is_new=is_new)


def _person(key: int, chance: random.Random) -> Person:
    texts = material()
    if chance.random() < 0.3:
        name = f"{chance.choice(texts['companies'])} {key % 1000} {chance.choice(texts['endings'])}"
        number = str(chance.randrange(800_000_000, 902_000_000))
    else:
        name = f"{chance.choice(texts['names'])} {chance.choice(texts['surnames'])} {chance.choice(texts['surnames'])}"
        number = str(chance.randrange(10_000_000, 1_200_000_000))
    tax_id = f"{number}-{nit.calc_check_digit(number)}"
    return Person(f"demo{key:012d}", name, tax_id, f"cliente{key}@example.com", f"+57{_FIRST_PHONE + key}")


def _story(
    person: Person, about: tuple[str, str, str], created_at: datetime, now: datetime, chance: random.Random, *, is_new: bool
) -> Story:
    category, case, detail = about
    status = _status(now - created_at, chance)
    is_open = status is not Status.RESOLVED
    last = created_at + min(_LONGEST_TALK, now - created_at) * chance.random() if is_open else created_at
    replies, greeting = material()["replies"], chance.choice(material()["greetings"])
    detail = f"{detail}. Código {chance.randrange(1000, 9999)}."
    said = [(True, greeting), (False, replies[0]), (True, "1"), (False, replies[1]), (True, detail), (False, replies[2])]
    assignee = "" if status is Status.OPEN else chance.choice(material()["agents"])
    unread = is_open and chance.random() < 0.25
    fields = _fields(person, created_at)
    person.last_message_at = max(last, person.last_message_at or last)
    happened = _handled(status, created_at, now, chance)
    ways = _ways(case, created_at, chance)
    return Story(
        person, is_new, category, case, detail, fields, status, assignee, unread, created_at, last, tuple(said), ways, *happened
    )


def _handled(
    status: Status, created_at: datetime, now: datetime, chance: random.Random
) -> tuple[tuple[datetime, datetime], datetime | None, datetime | None, int | None, str]:
    """What became of the ticket: the promises, the first answer, the solution, the stars and what was said to them."""
    due = (created_at + _ANSWER_WITHIN, created_at + _SOLVED_WITHIN)
    if status is Status.OPEN:
        return due, None, None, None, ""
    spent = (now - created_at) * min(0.5, chance.random())
    answered = created_at + min(spent, _ANSWER_WITHIN * (2 * chance.random() ** 2))
    if status is not Status.RESOLVED:
        return due, answered, None, None, ""
    resolved = answered + min((now - answered) * chance.random(), _SOLVED_WITHIN * (2 * chance.random() ** 2))
    if chance.random() >= _RATE_IT:
        return due, answered, resolved, None, ""
    (stars,) = chance.choices((1, 2, 3, 4, 5), (5, 4, 9, 24, 58))
    comments = material()["comments"][stars]
    return due, answered, resolved, stars, chance.choice(comments) if chance.random() < _COMMENT_IT else ""


def _ways(case: str, created_at: datetime, chance: random.Random) -> tuple[Way, ...]:
    """The dialogue that ended in the ticket and, for many, one of an earlier day: its words are forgotten, its way is not."""
    texts = material()
    name = "with_answer" if case and chance.random() < 0.4 else "to_ticket"
    last = Way(created_at, tuple(texts["ways"][name]), answered=name == "with_answer", opened_ticket=True)
    if chance.random() >= _CAME_BEFORE:
        return (last,)
    others = texts["other_ways"]
    (other,) = chance.choices(others, [one["often"] for one in others])
    earlier = created_at - timedelta(days=1 + 6 * chance.random())
    before = Way(
        earlier, tuple(other["path"]), other["answered"], other["path"][-1] == "resuelto", asked_agent=other.get("agent", False)
    )
    return (before, last)


def _status(age: timedelta, chance: random.Random) -> Status:
    if age > _SETTLED_AFTER and chance.random() < 0.995:
        return Status.RESOLVED
    return chance.choices(list(Status), [30, 30, 15, 25])[0]


def _fields(person: Person, created_at: datetime) -> tuple[FieldValue, ...]:
    values = (person.name, person.nit, person.email, person.phone, f"{created_at:%d/%m/%Y}")
    return tuple(
        FieldValue(name, label, value) for (name, label), value in zip(material()["labels"].items(), values, strict=True)
    )
