"""Messages about days as a row of marks: what each word does for a date. The days a row speaks of are found in `mentions`.

Each mark has a kind of one letter, so that a row can be matched like a word:

    D  a whole date in figures      n  a number                m  a month            w  a weekday
    r  days back (ayer)             u  a unit (día, semana)    q  one (un, una)      a  before "so long ago" (hace)
    b  behind it (atrás)            h  about                   e  within (en)        g  yet to come
    i  this month                   p  last month              y  a year by name     s  last week    S  this week
    k  last (pasado)                K  before last             v  vague              o  or
    f  changes nothing              x  unknown
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from bot.understanding.everyday import PhraseList, WordFile, compile_everyday, read_file
from bot.understanding.folding import fold
from bot.understanding.phrases import Phrases, Slips, compile_phrases, compile_slips, nearest, read, words_of

HOUR, DAY, WEEK, MONTH, YEAR = range(5)
_UNITS = {"hour": HOUR, "day": DAY, "week": WEEK, "month": MONTH, "year": YEAR}

_CLOCK = re.compile(
    r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.? ?m\b\.?)?|\b(?:a )?las \d{1,2}\b(?: y (?:media|cuarto|pico))?|\ba la 1\b"
    r"|\b\d{1,2} ?(?:[ap]m|[ap]\. ?m)\b\.?"
)
_IN_FIGURES = re.compile(
    r"(?<!\d)(?:(?P<y1>\d{4})(?P<s1>[-/. ])(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})"
    r"|(?P<d2>\d{1,2}) ?(?P<s2>[-/. ]) ?(?P<m2>\d{1,2}) ?(?P=s2) ?(?P<y2>\d{4}|\d{2})"
    r"|(?P<d3>\d{1,2}) ?[-/.] ?(?P<m3>\d{1,2})"
    r"|(?P<d4>\d{2})(?P<m4>\d{2})(?P<y4>20\d{2})"
    r"|(?P<y5>20\d{2})(?P<m5>\d{2})(?P<d5>\d{2}))(?![\d/])"
)
_TWO_THOUSAND = re.compile(r"\bdos mil\b")


class PurchaseDateData(WordFile):
    """The shape of `flows/vocabulary/purchase_date.yaml`."""

    months: dict[Annotated[int, Field(ge=1, le=12)], PhraseList]
    weekdays: dict[Annotated[int, Field(ge=1, le=7)], PhraseList]
    days_back: dict[Annotated[int, Field(ge=0, le=31)], PhraseList]
    units: dict[Annotated[str, Field(pattern="^(hour|day|week|month|year)$")], PhraseList]
    ago: PhraseList
    back: PhraseList
    about: PhraseList
    this_month: PhraseList
    last_month: PhraseList
    this_year: PhraseList
    last_year: PhraseList
    last_week: PhraseList
    this_week: PhraseList
    last: PhraseList
    before_last: PhraseList
    future: PhraseList
    filler: PhraseList
    part_of_day: PhraseList
    vague: PhraseList
    either: PhraseList
    round_days: dict[int, int]
    within: PhraseList
    one: PhraseList
    real_words: PhraseList


@dataclass(frozen=True)
class Figures:
    """A date in figures; without a year it is 0. Two digits of a year are as written."""

    day: int
    month: int
    year: int = 0


@dataclass(frozen=True)
class Mark:
    """One piece of a message."""

    kind: str
    value: int = 0
    spelled: bool = False  #: a number written as a word
    behind: str = ""  #: the word before a number
    figures: Figures | None = None


@dataclass(frozen=True)
class DayWords:
    """The compiled words."""

    phrases: Phrases[Mark]
    mistyped: Slips[Mark]
    round_days: Mapping[int, int]
    weekday_names: Mapping[int, str]
    asked: PhraseList  #: what the field itself may be called in "no recuerdo la fecha"


def compile_day_words(vocabulary: Mapping[str, object]) -> DayWords:
    """Compile `purchase_date` and `everyday` of the vocabulary. Raises ValueError for unusable data."""
    data = read_file(PurchaseDateData, vocabulary, "purchase_date")
    everyday = compile_everyday(vocabulary)
    numbers = (everyday.numbers, everyday.ordinals)
    groups: list[tuple[Mark, PhraseList]] = [
        *((Mark("m", month), said) for month, said in data.months.items()),
        *((Mark("w", weekday), said) for weekday, said in data.weekdays.items()),
        *((Mark("r", days), said) for days, said in data.days_back.items()),
        *((Mark("u", _UNITS[unit]), said) for unit, said in data.units.items()),
        *((Mark("n", number, spelled=True), said) for table in numbers for number, said in table.items()),
        *((Mark("y", back), said) for back, said in enumerate((data.this_year, data.last_year))),
        *((Mark(kind), said) for kind, said in _kinds(data).items()),
    ]
    phrases = compile_phrases(groups, (Mark("f"), data.filler + data.part_of_day + everyday.beside))
    single = {words[0]: mark for words, mark in phrases.meanings.items() if len(words) == 1 and mark.kind in "mwrnu"}
    return DayWords(
        phrases=phrases,
        mistyped=compile_slips(single, (word for phrase in data.real_words for word in words_of(phrase))),
        round_days=data.round_days,
        weekday_names={weekday: said[0] for weekday, said in data.weekdays.items()},
        asked=data.filler,
    )


def marks_of(text: str, words: DayWords) -> list[Mark]:
    """The row of marks of a message. Times of the clock are left out."""
    folded = _CLOCK.sub(" ", _TWO_THOUSAND.sub("2000", fold(text)))
    marks: list[Mark] = []
    end = 0
    for match in _IN_FIGURES.finditer(folded):
        marks += _in_words(folded[end : match.start()], words)
        marks.append(Mark("D", figures=_figures(match)))
        end = match.end()
    return _with_years([*marks, *_in_words(folded[end:], words)])


def _with_years(marks: list[Mark]) -> list[Mark]:
    """Without "dos mil" apart from what follows: "dos mil veintiséis" is one number."""
    joined: list[Mark] = []
    for mark in marks:
        if mark.kind == "n" and mark.value < 100 and joined and joined[-1].kind == "n" and joined[-1].value == 2000:
            joined[-1] = Mark("n", 2000 + mark.value)
        else:
            joined.append(mark)
    return joined


def _kinds(data: PurchaseDateData) -> dict[str, PhraseList]:
    return {
        "a": data.ago,
        "b": data.back,
        "h": data.about,
        "i": data.this_month,
        "p": data.last_month,
        "s": data.last_week,
        "S": data.this_week,
        "k": data.last,
        "K": data.before_last,
        "g": data.future,
        "v": data.vague,
        "o": data.either,
        "e": data.within,
        "q": data.one,
    }


def _in_words(piece: str, words: DayWords) -> Iterator[Mark]:
    before = ""
    for spoken in read(words_of(piece), words.phrases):
        mark = spoken.meaning
        if mark is None:
            mark = _number_or_slip(spoken.words[0], words)
        if mark.kind == "n":
            yield Mark("n", mark.value, mark.spelled, before)
        else:
            yield mark
        before = spoken.words[-1]


def _number_or_slip(word: str, words: DayWords) -> Mark:
    if word.isdigit():
        return Mark("n", int(word)) if len(word) <= 4 else Mark("x")
    return nearest(word, words.mistyped) or Mark("x")


def _figures(match: re.Match[str]) -> Figures:
    found = {name[0]: int(value) for name, value in match.groupdict().items() if value is not None and name[0] in "dmy"}
    return Figures(found["d"], found["m"], found.get("y", 0))
