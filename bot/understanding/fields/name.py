"""The name of the person, or of the company, that asks.

Accepted: the name without "me llamo" and without title, spaces made single, capitals put where all letters were small or
all large. Whoever writes "Ferretería El Tornillo SAS" keeps it so.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.understanding.commands import Commands, compile_commands, find_command
from bot.understanding.everyday import PhraseList, WordFile, compile_dont_know, compile_everyday, read_file
from bot.understanding.fields.base import Accepted, Field, Reader, Refused, is_pronounceable
from bot.understanding.folding import fold
from bot.understanding.phrases import Part, Phrases, compile_parts, says, words_of

_SPACE_OR_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_ODD_SIGNS = re.compile(r"[<>{}\[\]=#%^$|\\]|https?:|www\.|:/")
_MARKS = " .,;:!¡¿\"'*_~-«»“”"
_IN_BRACKETS = re.compile(r"\((.*)\)")
_ENDS_IN_INITIALS = re.compile(r"(?:^|[ .])[^\W\d_]$")
_LONGEST_OPENING = 8
_HELD_DOWN = re.compile(r"(.)\1{3,}")


class NameData(WordFile):
    """The shape of `flows/vocabulary/name.yaml`."""

    lead_in: PhraseList  #: before a name: "me llamo"
    titles: PhraseList  #: before a name, and no part of it: "señor"
    small: PhraseList  #: words inside a name that keep their small letters: "de la"
    company: PhraseList  #: marks of a company's name, as they are spelled: SAS
    not_names: PhraseList  #: words of sentences: no person's name holds them
    no_name: PhraseList  #: whole answers that name nobody
    questions: PhraseList  #: an answer that begins so is a question


@dataclass(frozen=True)
class _Words:
    openings: frozenset[tuple[str, ...]]  #: what may stand before a name
    endings: frozenset[tuple[str, ...]]
    small: frozenset[str]
    company: Mapping[str, str]
    not_names: frozenset[str]
    no_name: Phrases[Part]
    dont_know: Phrases[Part]
    questions: tuple[tuple[str, ...], ...]
    commands: Commands


def compile_reader(vocabulary: Mapping[str, object]) -> Reader:
    """A reader with the words of `name`, `commands` and `everyday`. Raises ValueError for unusable data."""
    data = read_file(NameData, vocabulary, "name")
    everyday = compile_everyday(vocabulary)
    titles = tuple(article + title for article in ("", "el ", "la ") for title in data.titles)
    words = _Words(
        openings=frozenset(map(words_of, data.lead_in + everyday.courtesy + titles)),
        endings=frozenset(map(words_of, everyday.courtesy)),
        small=frozenset(map(fold, data.small)),
        company={fold(mark).replace(".", ""): mark for mark in data.company},
        not_names=frozenset(map(fold, data.not_names)),
        no_name=compile_parts(data.no_name, data.lead_in + data.titles + everyday.beside + data.small),
        dont_know=compile_dont_know(everyday, data.lead_in),
        questions=tuple(map(words_of, data.questions)),
        commands=compile_commands(vocabulary),
    )
    return lambda text, _: _read(text, words)


def _read(text: str, words: _Words) -> Accepted | Refused:
    if (reason := _is_something_else(text, words)) is not None:
        return Refused(reason)
    name = _bare(text, words)
    parts = name.split(" ") if name else []
    is_company = any(fold(part).replace(".", "").strip(",") in words.company for part in parts)
    if not is_company and any(word.isdigit() for word in words_of(name)):
        return Refused("name.has_numbers")
    if not _can_be_a_name(name, parts, words, is_company=is_company):
        return Refused("name.not_a_name")
    return Accepted(_capitalised(parts, words))


def _is_something_else(text: str, words: _Words) -> str | None:
    said = words_of(text)
    if "@" in text:
        return "name.is_email"
    if any(word.isdigit() and len(word) > 4 for word in said):
        return "name.has_numbers"
    if "?" in text or any(said[: len(question)] == question for question in words.questions):
        return "name.is_question"
    if find_command(text, words.commands) is not None or says(said, words.no_name) or says(said, words.dont_know):
        return "name.not_a_name"
    return None


def _bare(text: str, words: _Words) -> str:
    """The name alone: emoji, marks around it, lead-in, titles and courtesies taken off."""
    visible = "".join(
        c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("So", "Sk", "Cc", "Cf") or c.isspace()
    )
    opening, comma, rest = visible.partition(",")
    if comma and says(words_of(opening), words.no_name):  # "claro, Juan Pérez"
        visible = rest
    visible = _SPACE_OR_INVISIBLE.sub(" ", visible).strip(_MARKS)
    if bracketed := _IN_BRACKETS.fullmatch(visible):
        visible = bracketed[1]
    parts = visible.split(" ")
    parts = _without_endings(_without_openings(parts, words), words)
    name = " ".join(parts).strip(_MARKS)
    return name + "." if _ENDS_IN_INITIALS.search(name) and name + "." in " ".join(text.split()) else name


def _without_openings(parts: list[str], words: _Words) -> list[str]:
    """Lead-in, titles and courtesies are taken off as long as there are any."""
    while parts:
        lengths = range(min(_LONGEST_OPENING, len(parts)), 0, -1)
        taken = next((length for length in lengths if words_of(" ".join(parts[:length])) in words.openings), 0)
        if not taken and words_of(parts[0]):
            break
        parts = parts[taken or 1 :]
    return parts


def _without_endings(parts: list[str], words: _Words) -> list[str]:
    lengths = range(min(_LONGEST_OPENING, len(parts) - 1), 0, -1)
    taken = next((length for length in lengths if words_of(" ".join(parts[-length:])) in words.endings), 0)
    return parts[: len(parts) - taken]


def _can_be_a_name(name: str, parts: list[str], words: _Words, *, is_company: bool) -> bool:
    if not parts or len(parts) > 10 or len(name) > 100 or _ODD_SIGNS.search(name) or _HELD_DOWN.search(name):
        return False
    said = words_of(name)
    if not is_company and words.not_names & set(said):
        return False
    return any(is_pronounceable(word) for word in said)


def _capitalised(parts: list[str], words: _Words) -> str:
    """Capitals put in if the writer put none, or nothing but."""
    name = " ".join(parts)
    if not (name.islower() or name.isupper()):
        return name
    return " ".join(_with_capital(part, words, first=place == 0) for place, part in enumerate(parts))


def _with_capital(part: str, words: _Words, *, first: bool) -> str:
    key = fold(part)
    if key.replace(".", "").strip(",") in words.company:
        return part.upper() if len(key.replace(".", "")) <= 3 else part.capitalize()
    if key in words.small and not first:
        return part.lower()
    return re.sub(r"(^|[-'.])(\w)", lambda match: match[1] + match[2].upper(), part.lower())


NAME = Field(
    compile=compile_reader,
    reasons={
        "name.not_a_name": frozenset(),
        "name.is_question": frozenset(),
        "name.is_email": frozenset(),
        "name.has_numbers": frozenset(),
    },
    longest=200,
    examples=("Juan Pérez", "Ferretería El Tornillo SAS"),
)
