"""The day a customer bought on.

Accepted: an ISO date (`2026-11-20`) on the customers' calendar, the most recent day in the past that fits. Note: `about`
when it was told as approximate, `month_first` when only month/day/year makes sense of it. Days to come, vague times and
contradictions are refused, each for its own reason. How words become days is told in `marks` and `mentions`.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.understanding.everyday import compile_dont_know, compile_everyday
from bot.understanding.fields.base import Accepted, Context, Field, Reader, Refused
from bot.understanding.fields.purchase_date.marks import DayWords, compile_day_words, marks_of
from bot.understanding.fields.purchase_date.mentions import Mention, Problem, mentions
from bot.understanding.phrases import Part, Phrases, says, words_of

#: The customers' calendar.
ZONE = ZoneInfo("America/Bogota")
#: Older than this is a birthday or a slip.
OLDEST = timedelta(days=10 * 366)


def compile_reader(vocabulary: Mapping[str, object]) -> Reader:
    """A reader with the words of `purchase_date` and `everyday`. Raises ValueError for unusable data."""
    words = compile_day_words(vocabulary)
    dont_know = compile_dont_know(compile_everyday(vocabulary), words.asked)
    return lambda text, context: _read(text, context, words, dont_know)


def _read(text: str, context: Context, words: DayWords, dont_know: Phrases[Part]) -> Accepted | Refused:
    if says(words_of(text), dont_know):
        return Refused("purchase_date.unknown")
    now = context.now.astimezone(ZONE)
    marks = marks_of(text, words)
    kinds = {mark.kind for mark in marks}
    found = _relevant(list(mentions(marks, now, words)), has_unknown="x" in kinds)
    problems = {mention.day for mention in found if isinstance(mention.day, Problem)}
    days = [mention for mention in found if not isinstance(mention.day, Problem)]
    today = now.date().strftime("%d/%m/%Y")
    if "g" in kinds or Problem.TO_COME in problems:
        return Refused("purchase_date.future", {"today": today})
    if Problem.NO_SUCH_DAY in problems:
        return Refused("purchase_date.no_such_day")
    if not days or (all(mention.weak for mention in days) and "x" in kinds):
        vague = Problem.VAGUE in problems or kinds & set("vmwsSipy")
        return Refused("purchase_date.vague" if vague and not days else "purchase_date.not_understood")
    if "v" in kinds and all(mention.weak for mention in days):
        return Refused("purchase_date.vague")
    return _settle(days, now.date() - OLDEST, words, about="h" in kinds)


def _relevant(found: list[Mention], *, has_unknown: bool) -> list[Mention]:
    """Without bare numbers that, beside a date, count something else: "el 20 de noviembre, 3 usuarios"."""
    if not any(not mention.weak and not mention.weekday for mention in found):
        return found
    return [mention for mention in found if not mention.weak or not (has_unknown or isinstance(mention.day, Problem))]


def _settle(days: list[Mention], oldest: date, words: DayWords, *, about: bool) -> Accepted | Refused:
    """One day, if all mentions agree; a weekday beside a date only has to go with it."""
    certain = [mention for mention in days if not mention.weekday] or days
    [day, *others] = dict.fromkeys(mention.day for mention in certain)
    assert not isinstance(day, Problem)  # noqa: S101 (the caller left problems out)
    if others:
        return Refused("purchase_date.two_dates")
    for mention in days:
        if mention.weekday and mention.weekday != day.isoweekday():
            names = {"said": words.weekday_names[mention.weekday], "was": words.weekday_names[day.isoweekday()]}
            return Refused("purchase_date.wrong_weekday", {"date": day.strftime("%d/%m/%Y"), **names})
    if day < oldest:
        return Refused("purchase_date.too_old", {"date": day.strftime("%d/%m/%Y")})
    notes = {"about": about or any(mention.about for mention in days), "month_first": any(m.month_first for m in days)}
    return Accepted(day.isoformat(), note=" ".join(note for note, noticed in notes.items() if noticed))


PURCHASE_DATE = Field(
    compile=compile_reader,
    reasons={
        "purchase_date.unknown": frozenset(),
        "purchase_date.not_understood": frozenset(),
        "purchase_date.vague": frozenset(),
        "purchase_date.future": frozenset({"today"}),
        "purchase_date.no_such_day": frozenset(),
        "purchase_date.two_dates": frozenset(),
        "purchase_date.wrong_weekday": frozenset({"date", "said", "was"}),
        "purchase_date.too_old": frozenset({"date"}),
    },
    examples=("20 de noviembre", "ayer", "hace 3 días"),
)
