"""Sentences that any node can need (`flows/phrases.yaml`), and the words dates are spelled with."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.engine.nodes.base import Text
from bot.engine.problems import FlowProblem
from bot.engine.sources import Source
from bot.engine.texts import has_stray_brace, placeholders


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
    reminder: Text  #: silence in the middle of a form
    my_data: Text  #: what the draft holds; {data}
    my_data_none: Text
    this_chat: Text  #: the telephone of somebody who wants to be reached here, while WhatsApp hides the number


class Calendar(_Words):
    """Names for dates."""

    weekdays: Annotated[tuple[str, ...], Field(min_length=7, max_length=7)]  #: Monday first
    months: Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]
    date: Text  #: {weekday}, {day}, {month}


class Phrases(_Words):
    """`flows/phrases.yaml`."""

    phrases: Sentences
    statuses: dict[str, Text]
    calendar: Calendar


_KNOWN = {"did_you_mean": {"typed", "meant"}, "my_data": {"data"}}


def check_phrases(phrases: Phrases, source: Source) -> Iterator[FlowProblem]:
    """Placeholders that nobody fills in."""
    texts = [(("phrases", name), text, _KNOWN.get(name, set())) for name, text in phrases.phrases.model_dump().items()]
    texts.append((("calendar", "date"), phrases.calendar.date, {"weekday", "day", "month"}))
    for path, text, known in texts:
        hint = (
            "here you can use " + ", ".join(f"{{{word}}}" for word in sorted(known))
            if known
            else "no placeholder is filled in here"
        )
        for word in placeholders(text):
            if word not in known:
                yield source.problem(path, path[-1], f"unknown placeholder {{{word}}}", hint)
        if has_stray_brace(text):
            yield source.problem(path, path[-1], "a brace that belongs to no placeholder", hint)
