"""Sentences that any node can need (`flows/phrases.yaml`), and the words dates are spelled with."""

from collections.abc import Iterator, Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.hours import Hours
from bot.engine.nodes.base import Text
from bot.engine.problems import FlowProblem
from bot.engine.sources import Path, Source
from bot.engine.terms import Right
from bot.engine.texts import has_stray_brace, placeholders
from bot.understanding.fields import FIELDS, TOO_LONG


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sentences(_Words):
    """Every sentence there must be, and when it is said."""

    menu_back: Text  #: the last line of a menu that one can go back from
    not_understood: Text  #: an answer that fits no option
    secret_masked: Text  #: a password was masked: once for each customer
    did_you_mean: Text  #: a value that looks mistyped; {typed}, {meant}
    help: Text  #: the commands
    you_are_welcome: Text  #: thanks
    hello_again: Text  #: a greeting in the middle of something
    gap: Text  #: after a documented answer to a question about a detail that the document leaves open
    back_to_question: Text  #: between an answer given in passing and the pending question
    media_kept: Text  #: a file came in the middle of a form: it goes with the request
    media_outside: Text  #: a file came when no request was under way
    audio: Text  #: a voice note: nobody listens to it now
    only_text: Text  #: a sticker, contact cards, or something unknown
    late: Text  #: before an answer that comes minutes late
    slow_down: Text  #: to whoever writes faster than they are answered
    parked: Text  #: a message could not be handled and lies before a person now; {ticket}, {hours}
    parked_category: Text  #: of that ticket
    loop: Text  #: a program seems to be talking: the bot falls silent and a person looks; {ticket}, {hours}
    loop_category: Text  #: of that ticket
    too_many_files: Text  #: more files than are kept
    reminder: Text  #: silence in the middle of a form
    my_data: Text  #: a summary of what is kept, of the four lines below it; {data}
    my_phone: Text  #: {data}
    my_consent: Text  #: which version of the policy was agreed to; {data}
    my_tickets: Text  #: one line for each; {data}
    my_draft: Text  #: one line for each answer; {data}
    my_data_none: Text
    policy: Text  #: how personal details are treated, in short, and where the whole stands
    agent_took_over: Text  #: an agent talks from now on; {name}
    bot_is_back: Text  #: the agent let go of the ticket; {ticket}
    ticket_resolved: Text  #: an agent resolved the ticket; {ticket}
    agent_was_idle: Text  #: the agent did not answer; {ticket}, {hours}
    invitation: Text  #: what the approved template says: an agent's reply waits for the customer to write
    resolved_lately: Text  #: to a greeting, while the customer can reopen their last ticket; {ticket}
    resolved_before: Text  #: to a greeting, when they no longer can; {ticket}
    reopened: Text  #: what the customer wrote reopened their ticket; {ticket}, {hours}
    nothing_to_cancel: Text  #: "cancelar" when nothing is under way
    this_chat: Text  #: the telephone of somebody who wants to be reached here, while WhatsApp hides the number


class Calendar(_Words):
    """Names for dates."""

    weekdays: Annotated[tuple[str, ...], Field(min_length=7, max_length=7)]  #: Monday first
    months: Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]
    date: Text  #: {weekday}, {day}, {month}


class RightWords(_Words):
    """What is said when a customer asks for one of their rights, and what agents see the case under."""

    category: Text
    opened: Text  #: {ticket}, {date}: the last day for an answer
    pending: Text  #: the same was asked before and is not answered yet; {ticket}, {date}


class Phrases(_Words):
    """`flows/phrases.yaml`."""

    phrases: Sentences
    rights: dict[Right, RightWords]
    statuses: dict[str, Text]
    calendar: Calendar


_KNOWN = {
    "did_you_mean": {"typed", "meant"},
    "my_data": {"data"},
    "my_phone": {"data"},
    "my_consent": {"data"},
    "my_tickets": {"data"},
    "my_draft": {"data"},
    "agent_took_over": {"name"},
    "bot_is_back": {"ticket"},
    "ticket_resolved": {"ticket"},
    "agent_was_idle": {"ticket", "hours"},
    "resolved_lately": {"ticket"},
    "resolved_before": {"ticket"},
    "reopened": {"ticket", "hours"},
    "parked": {"ticket", "hours"},
    "loop": {"ticket", "hours"},
}


def check_phrases(phrases: Phrases, source: Source) -> Iterator[FlowProblem]:
    """Placeholders that nobody fills in."""
    for name, text in phrases.phrases.model_dump().items():
        yield from _check(source, ("phrases", name), name, text, frozenset(_KNOWN.get(name, ())))
    for right in Right:
        if right not in phrases.rights:
            yield source.problem(("rights",), right.value, "there are no words for this right", "add them under `rights:`")
    for right, words in phrases.rights.items():
        for name in ("opened", "pending"):
            path = ("rights", right.value, name)
            yield from _check(source, path, ".".join(path), getattr(words, name), frozenset({"ticket", "date"}))
        path = ("rights", right.value, "category")
        yield from _check(source, path, ".".join(path), words.category, frozenset())
    for name, text in phrases.statuses.items():
        yield from _check(source, ("statuses", name), f"statuses.{name}", text, frozenset())
    yield from _check(source, ("calendar", "date"), "date", phrases.calendar.date, frozenset({"weekday", "day", "month"}))


def check_refusals(refusals: Mapping[str, str], source: Source) -> Iterator[FlowProblem]:
    """A sentence for each reason that a type of field can refuse an answer for, and none for any other."""
    reasons = {TOO_LONG: frozenset({"longest"})}
    for kind in FIELDS.values():
        reasons |= kind.reasons
    for reason, known in reasons.items():
        if reason in refusals:
            yield from _check(source, ("refusals", reason), reason, refusals[reason], known)
        else:
            yield source.problem(("refusals",), reason, "there is no sentence for this reason", "add one under `refusals:`")
    for reason in refusals:
        if reason not in reasons:
            hint = "is it misspelt? Otherwise remove it"
            yield source.problem(("refusals", reason), reason, "no type of field refuses an answer for this reason", hint)


def check_hours(hours: Hours, source: Source) -> Iterator[FlowProblem]:
    """A time zone that there is, hours that end after they begin, and placeholders that nobody fills in."""
    try:
        ZoneInfo(hours.zone)
    except (LookupError, OSError, ValueError):  # a name that is none, a folder, a path that leads out of the database
        yield source.problem(("zone",), "zone", f"there is no time zone {hours.zone!r}", "write it as America/Bogota")
    for day, spans in hours.open.items():
        for number, (begin, end) in enumerate(spans):
            if begin >= end:
                what = f"closes at {end:%H:%M}, before it opens at {begin:%H:%M}"
                yield source.problem(("open", day, number), day, what, "write the opening first, as in 08:00-18:00")
    for key in ("text_open", "text_closed"):
        yield from _check(source, (key,), key, getattr(hours, key), frozenset())


def wrong_braces(text: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the placeholders of a text, and a hint, for each."""
    usable = ", ".join(f"{{{word}}}" for word in sorted(known))
    hint = f"here you can use {usable}" if known else "no placeholder is filled in here"
    for word in placeholders(text):
        if word not in known:
            yield f"unknown placeholder {{{word}}}", hint
    if has_stray_brace(text):
        yield "a brace that belongs to no placeholder", hint


def _check(source: Source, path: Path, name: str, text: str, known: frozenset[str]) -> Iterator[FlowProblem]:
    for what, hint in wrong_braces(text, known):
        yield source.problem(path, name, what, hint)
