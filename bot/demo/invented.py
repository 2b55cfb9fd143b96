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
class Story:
    """A ticket and what was said around it: (is it the customer?, text) with the first at `began`, a minute apart."""

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
    return Story(person, is_new, category, case, detail, fields, status, assignee, unread, created_at, last, tuple(said))


def _status(age: timedelta, chance: random.Random) -> Status:
    if age > _SETTLED_AFTER and chance.random() < 0.995:
        return Status.RESOLVED
    return chance.choices(list(Status), [30, 30, 15, 25])[0]


def _fields(person: Person, created_at: datetime) -> tuple[FieldValue, ...]:
    values = (person.name, person.nit, person.email, person.phone, f"{created_at:%d/%m/%Y}")
    return tuple(
        FieldValue(name, label, value) for (name, label), value in zip(material()["labels"].items(), values, strict=True)
    )
