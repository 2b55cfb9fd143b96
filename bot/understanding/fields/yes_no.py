"""Yes or no, as Colombians say it: "de una", "hágale", "sisas", "nel", 👍.

Accepted: `si` or `no`. "Sí, pero el correo está mal" is a no; its note holds the types of field that are named as wrong,
separated by spaces (`email`, `email phone`), so that a summary can have them corrected.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bot.understanding.everyday import PhraseList, WordFile, compile_everyday, read_file
from bot.understanding.fields.base import Accepted, Field, Reader, Refused
from bot.understanding.phrases import Phrases, Slips, compile_phrases, compile_slips, nearest, read, words_of

YES, NO = "si", "no"

_CLAUSE_END = re.compile(r"[,.;:!\n]+")


class YesNoData(WordFile):
    """The shape of `flows/vocabulary/yes_no.yaml`."""

    agree: PhraseList
    refuse: PhraseList
    wrong: PhraseList  #: says that something is not right
    unclear: PhraseList  #: neither, whatever stands beside it
    questions: PhraseList  #: asks something back
    beside: PhraseList  #: may stand beside a yes or a no
    fields: dict[str, PhraseList]  #: type of field → what customers call it
    real_words: PhraseList


class _Said(Enum):
    AGREE = "agree"
    REFUSE = "refuse"
    WRONG = "something is wrong"
    UNCLEAR = "neither"
    QUESTION = "asks back"
    BESIDE = "changes nothing"


@dataclass(frozen=True)
class _FieldName:
    type: str


_Meaning = _Said | _FieldName


@dataclass(frozen=True)
class _Words:
    phrases: Phrases[_Meaning]
    mistyped: Slips[_Meaning]


def compile_reader(vocabulary: Mapping[str, object]) -> Reader:
    """A reader with the words of `yes_no` and `everyday`. Raises ValueError for unusable data."""
    data = read_file(YesNoData, vocabulary, "yes_no")
    everyday = compile_everyday(vocabulary)
    groups: dict[_Meaning, PhraseList] = {
        _Said.AGREE: data.agree,
        _Said.REFUSE: data.refuse,
        _Said.WRONG: data.wrong,
        _Said.QUESTION: data.questions,
        _Said.UNCLEAR: data.unclear + everyday.dont_know,
        **{_FieldName(field): names for field, names in data.fields.items()},
    }
    phrases = compile_phrases(groups.items(), (_Said.BESIDE, data.beside + everyday.beside), symbols=True)
    single = {words[0]: meaning for words, meaning in phrases.meanings.items() if len(words) == 1}
    words = _Words(phrases, compile_slips(single, (word for phrase in data.real_words for word in words_of(phrase))))
    return lambda text, _: _read(text, words)


def _read(text: str, words: _Words) -> Accepted | Refused:
    first, *more = [clause for clause in _CLAUSE_END.split(text) if words_of(clause, symbols=True)] or [""]
    clauses = [_meanings(clause, words) for clause in (first, *more)]
    said = [meaning for clause in clauses for meaning in clause]
    fields = " ".join(dict.fromkeys(meaning.type for meaning in said if isinstance(meaning, _FieldName)))
    if _Said.UNCLEAR in said:
        return Refused("yes_no.not_understood")
    if "?" in text or _Said.QUESTION in said:
        # "Sí, ¿y cuánto se demora?" answers before it asks.
        answer = _answer(clauses[0]) if "?" not in first and None not in clauses[0] and _Said.QUESTION not in clauses[0] else None
        return Refused("yes_no.not_understood") if answer is None or _Said.WRONG in said else Accepted(answer)
    if _Said.WRONG in said:
        return Accepted(NO, note=fields)
    return _weigh(clauses, fields)


def _weigh(clauses: list[list[_Meaning | None]], fields: str) -> Accepted | Refused:
    """A yes takes words that are all known; a no may be explained in any words, once it stands apart or names a field."""
    has_unknown = any(None in clause for clause in clauses)
    answers = {answer for clause in clauses if (answer := _answer(clause)) is not None}
    if len(answers) > 1:
        return Refused("yes_no.both")
    if answers == {YES} and not has_unknown:
        return Accepted(YES)
    stands_apart = len(clauses) > 1 and _answer(clauses[0][:1]) == NO
    if answers == {NO} and (not has_unknown or fields or stands_apart):
        return Accepted(NO, note=fields)
    if not answers and fields and not has_unknown:  # the name of a field, where a summary asked whether all is well
        return Accepted(NO, note=fields)
    return Refused("yes_no.not_understood")


def _meanings(clause: str, words: _Words) -> list[_Meaning | None]:
    """What the pieces of a clause mean; None for an unknown word. Unknown emoji are left out."""
    found: list[_Meaning | None] = []
    for piece in read(words_of(clause, symbols=True), words.phrases):
        meaning = piece.meaning
        if meaning is None and not piece.words[0].isalnum():
            continue
        found.append(meaning or nearest(piece.words[0], words.mistyped))
    return found


def _answer(clause: list[_Meaning | None]) -> str | None:
    """One breath's answer: "no está bien" is a no, "sí no" is none."""
    answers = [meaning for meaning in clause if meaning in (_Said.AGREE, _Said.REFUSE)]
    if not answers:
        return None
    if answers[0] is _Said.REFUSE:
        return NO
    return None if _Said.REFUSE in answers else YES


YES_NO = Field(
    compile=compile_reader,
    reasons={"yes_no.not_understood": frozenset(), "yes_no.both": frozenset()},
    examples=("sí", "no"),
)
