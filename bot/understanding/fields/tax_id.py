"""A company's NIT or a person's cédula.

Accepted: `BASE-DV` for a NIT of nine digits (the check digit is worked out when it was not written), the bare digits for
a cédula (6 to 8, or 10 beginning with 1), with `-DV` if one was written and fits. Notes: `check_digit_added`,
`may_be_incomplete` (eight digits that begin like a NIT).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stdnum.co import nit

from bot.understanding.everyday import PhraseList, WordFile, compile_dont_know, compile_everyday, read_file
from bot.understanding.fields.base import Accepted, Field, Reader, Refused, shown
from bot.understanding.folding import fold
from bot.understanding.phrases import Part, Phrases, says, words_of

_DIGIT_GROUPS = re.compile(r"\d+(?:[.,' ]+\d+)*(?:-\d+)*")
_DATE = re.compile(r"\d{1,2}([-. ])\d{1,2}\1(?:\d{2}|\d{4})|\d{4}[-. ]\d{1,2}[-. ]\d{1,2}")
_MOBILE = re.compile(r"(?:57)?3\d{9}")
_LANDLINE = re.compile(r"(?:57)?60[1-8]\d{7}")


class TaxIdData(WordFile):
    """The shape of `flows/vocabulary/tax_id.yaml`."""

    names: PhraseList  #: what the number is called; may be glued to it
    check_digit: PhraseList  #: what stands between the number and its check digit
    other_numbers: PhraseList  #: a number right behind one of these is something else
    written_out: PhraseList  #: words of a number in words


@dataclass(frozen=True)
class _Words:
    glued: re.Pattern[str]
    check_digit: re.Pattern[str]
    names: frozenset[str]
    other_numbers: frozenset[str]
    written_out: frozenset[str]
    dont_know: Phrases[Part]


@dataclass(frozen=True)
class _Number:
    base: str
    check_digit: str = ""


def compile_reader(vocabulary: Mapping[str, object]) -> Reader:
    """A reader with the words of `tax_id` and `everyday`. Raises ValueError for unusable data."""
    data = read_file(TaxIdData, vocabulary, "tax_id")
    everyday = compile_everyday(vocabulary)
    names, check_digit = (_one_of(phrases) for phrases in (data.names, data.check_digit))
    words = _Words(
        glued=re.compile(rf"(?<![^\W_])({names})[.:#-]*(?=\d)"),
        check_digit=re.compile(rf"(?<=\d)[ .,:;()/_-]*\b(?:{check_digit})\b[ .,:;()/_-]*(?:es )?(?=\d(?!\d))"),
        names=frozenset(map(fold, data.names)),
        other_numbers=frozenset(map(fold, data.other_numbers)),
        written_out=frozenset(map(fold, data.written_out))
        | {word for phrases in everyday.numbers.values() for phrase in phrases for word in words_of(phrase)},
        dont_know=compile_dont_know(everyday, data.names),
    )
    return lambda text, _: _read(text, words)


def _read(text: str, words: _Words) -> Accepted | Refused:
    said = words_of(text)
    if says(said, words.dont_know):
        return Refused("tax_id.unknown")
    spelled = words.check_digit.sub("-", words.glued.sub(r"\1 ", fold(text)))
    spelled = re.sub(r"(?<=\d) ?[-_/]+ ?(?=\d)", "-", spelled)
    found = list(dict.fromkeys(_numbers(spelled, words)))
    large = [number for number in found if len(number.base) >= 6]
    match large or found:
        case [number]:
            return _judge(number)
        case [_, *_]:
            return Refused("tax_id.two_numbers")
    if len(words.written_out & set(said)) > 1 and not any(word.isdigit() for word in said):
        return Refused("tax_id.in_words")
    return Refused("tax_id.not_a_number")


def _numbers(spelled: str, words: _Words) -> Iterator[_Number]:
    """The numbers of a text that can be an identification; dates, amounts, and what is part of a word are left out."""
    for match in _DIGIT_GROUPS.finditer(spelled):
        before, after = spelled[: match.start()], spelled[match.end() :]
        if re.search(r"[^\W_]$|[@$]\s*$", before) or re.match(r"[^\W_]|[@%]", after) or _DATE.fullmatch(match[0]):
            continue
        named = re.findall(r"[^\W\d_]+", before)[-3:] + re.findall(r"[^\W\d_]+", after)[:1]
        if words.other_numbers & set(named) and not words.names & set(named):
            continue
        yield from _parts(match[0])


def _parts(groups: str) -> Iterator[_Number]:
    *front, last = groups.split("-")
    if front and len(last) == 1:
        yield _Number(re.sub(r"\D", "", "".join(front)), last)
        return
    spaced = groups.split(" ")
    if len(spaced) == 2 and len(spaced[1]) == 1 and len(re.sub(r"\D", "", spaced[0])) >= 6:
        yield _Number(re.sub(r"\D", "", spaced[0]), spaced[1])
    elif len(spaced) > 1 and all(len(re.sub(r"\D", "", group)) >= 6 for group in spaced):
        yield from (_Number(re.sub(r"\D", "", group)) for group in spaced)
    else:
        yield _Number(re.sub(r"\D", "", groups))


def _judge(number: _Number) -> Accepted | Refused:
    base = number.base
    if _MOBILE.fullmatch(base) or _LANDLINE.fullmatch(base):
        return Refused("tax_id.looks_like_phone", {"number": shown(base)})
    if not 6 <= len(base) <= 11:
        return Refused("tax_id.wrong_length", {"count": str(len(base))})
    if base.startswith("0") or len(set(base)) == 1:
        return Refused("tax_id.not_real", {"number": shown(base)})
    if number.check_digit:
        return _judge_with_check_digit(base, number.check_digit)
    if len(base) == 9:
        return Accepted(f"{base}-{nit.calc_check_digit(base)}", note="check_digit_added")
    return _judge_undivided(base)


def _judge_undivided(base: str) -> Accepted | Refused:
    """A cédula, or else base and check digit written in one."""
    if len(base) <= 8:
        return Accepted(base, note="may_be_incomplete" if len(base) == 8 and base[0] in "89" else "")
    if len(base) == 10 and base[0] == "1":
        return Accepted(base)
    return _judge_with_check_digit(base[:-1], base[-1])


def _judge_with_check_digit(base: str, check_digit: str) -> Accepted | Refused:
    if not (6 <= len(base) <= 9 or (len(base) == 10 and base[0] == "1")):
        return Refused("tax_id.wrong_length", {"count": str(len(base))})
    right = nit.calc_check_digit(base)
    if check_digit != right:
        return Refused("tax_id.wrong_check_digit", {"base": base, "given": check_digit, "right": right})
    return Accepted(f"{base}-{right}")


def _one_of(phrases: PhraseList) -> str:
    return "|".join(re.escape(fold(phrase)) for phrase in sorted(phrases, key=len, reverse=True))


TAX_ID = Field(
    compile=compile_reader,
    reasons={
        "tax_id.unknown": frozenset(),
        "tax_id.not_a_number": frozenset(),
        "tax_id.in_words": frozenset(),
        "tax_id.two_numbers": frozenset(),
        "tax_id.looks_like_phone": frozenset({"number"}),
        "tax_id.not_real": frozenset({"number"}),
        "tax_id.wrong_length": frozenset({"count"}),
        "tax_id.wrong_check_digit": frozenset({"base", "given", "right"}),
    },
    examples=("900.123.456-8", "52345678"),
)
