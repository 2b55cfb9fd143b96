"""Made-up stories as rows of the tables: tuples in the order of the columns named below, as the databases' drivers take them.

`at` makes of a moment what the driver stores; JSON is text.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from bot.demo.invented import Story
from bot.engine.effects import FieldValue
from bot.tickets.lifecycle import EVENTS, Status
from bot.tickets.service import number_of
from bot.tickets.words import words

Row = tuple[Any, ...]
At = Callable[[datetime], Any]

_HALF_A_MINUTE = timedelta(seconds=30)
#: A ticket came to where it stands by these.
_WAY = {Status.OPEN: (), Status.ASSIGNED: ("assign",), Status.WAITING: ("assign", "wait"), Status.RESOLVED: ("assign", "resolve")}

CONTACTS = ("id", "phone", "profile_name", "created_at")
ADDRESSES = ("address", "contact_id")
CONVERSATIONS = ("id", "contact_id", "address", "state", "version", "arrivals", "positions", "last_message_at")
TICKETS = (
    "id", "number", "contact_id", "conversation_id", "cause", "category", "case", "status", "assignee", "fields", "detail",
    "attachments", "created_at", "updated_at", "last_message_at", "unread", "first_response_due_at", "resolution_due_at",
    "first_responded_at", "resolved_at", "rating", "rating_comment",
)  # fmt: skip
MESSAGES = (
    "id", "conversation_id", "position", "direction", "author", "cause", "address", "kind", "body", "attachments", "reasons",
    "status", "attempts", "answers_sid", "created_at", "updated_at",
)  # fmt: skip
EVENTS_OF_TICKETS = ("ticket_id", "at", "kind", "actor", "data")
DIALOGUES = ("conversation_id", "began_at", "last_at", "path", "node", "answered", "helped", "opened_ticket", "asked_agent")


def contact(story: Story, at: At) -> Row:
    """Who writes."""
    person = story.person
    return (person.key, person.phone, person.name.split()[0], at(story.created_at))


def address(story: Story) -> Row:
    """From where."""
    return (f"whatsapp:{story.person.phone}", story.person.key)


def conversation(story: Story, state: str, at: At) -> Row:
    """Where they are now; to be made when all that they wrote is known."""
    person = story.person
    assert person.last_message_at is not None  # noqa: S101 (who has a story has written)
    return (person.key, person.key, f"whatsapp:{person.phone}", state, 1, 3, person.positions, at(person.last_message_at))


def ticket(story: Story, identity: int, at: At) -> Row:
    """What they asked for."""
    created, last, key = at(story.created_at), at(story.last_message_at), story.person.key
    due, answered, resolved = story.due, story.answered_at, story.resolved_at
    return (
        identity, number_of(identity), key, key, f"demo:{identity:012d}", story.category, story.case, story.status.value,
        story.assignee, _fields(story.fields), story.detail, "[]", created, last, last, story.unread, at(due[0]), at(due[1]),
        at(answered) if answered else None, at(resolved) if resolved else None, story.rating, story.comment,
    )  # fmt: skip


def messages(story: Story, identity: int, at: At) -> Iterator[Row]:
    """What was said about it, on from where the conversation was."""
    person, count, moment = story.person, len(story.said), story.created_at - len(story.said) * _HALF_A_MINUTE
    address, cause, begin = f"whatsapp:{person.phone}", f"demo:{identity:012d}", person.positions + 1
    for n, (is_customers, body) in enumerate(story.said):
        when = at(moment)
        moment += _HALF_A_MINUTE
        direction, author, status = ("in", "customer", "received") if is_customers else ("out", "bot", "read")
        yield (
            f"{identity:024x}{n:08x}", person.key, begin + n, direction, author, f"{cause}:{n}", address, "text", body,
            "[]", "[]", status, 1, "", when, when,
        )  # fmt: skip
    person.positions += count


def events(story: Story, identity: int, at: At) -> Iterator[Row]:
    """How the ticket came to where it stands."""
    yield (identity, at(story.created_at), "opened", "customer", '{"to": "open"}')
    moments = (story.answered_at, story.resolved_at or story.answered_at)
    for trigger, moment in zip(_WAY[story.status], moments, strict=False):
        yield (identity, at(moment or story.created_at), EVENTS[trigger], story.assignee, "{}")
    if story.rating is not None and story.resolved_at is not None:
        yield (identity, at(story.resolved_at), "rated", "customer", f'{{"stars": {story.rating}}}')


def dialogues(story: Story, at: At) -> Iterator[Row]:
    """The ways that the customer took through the flow: the one that ended in the ticket, and perhaps one before."""
    for way in story.ways:
        moment = at(way.at)
        ends = (way.answered, way.helped, way.opened_ticket, way.asked_agent)
        yield (story.person.key, moment, moment, _json(way.path), way.path[-1], *ends)


def found_by(story: Story, identity: int) -> set[str]:
    """The words that the ticket is to be found by."""
    found = {f"sf{identity:06d}", *words(story.detail), *_of_person(tuple(field.value for field in story.fields[:-1]))}
    found |= _common(story.fields[-1].value)
    for is_customers, text in story.said:
        if is_customers and text is not story.detail:
            found |= _common(text)
    return found | words(number_of(identity))


#: Greetings, numbers of a menu and days come again and again.
_common = lru_cache(4096)(words)


@lru_cache(4096)
def _of_person(values: tuple[str, ...]) -> set[str]:
    return set().union(*map(words, values))


_json = lru_cache(256)(json.dumps)


@lru_cache(1024)
def _fields(fields: tuple[FieldValue, ...]) -> str:
    return json.dumps([vars(field) for field in fields])
