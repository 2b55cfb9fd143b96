"""A telephone on which the customer can be reached.

Accepted: E.164 (`+573001234567`); without a country code it is read as Colombian. "Este mismo" is the sender's own
number, or `@remitente` when WhatsApp hides it: the conversation itself is then the way to reach them. Notes:
`own_phone`, `extension <digits>` (E.164 cannot hold it).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from bot.understanding.everyday import PhraseList, WordFile, compile_dont_know, compile_everyday, read_file
from bot.understanding.fields.base import Accepted, Context, Field, Reader, Refused
from bot.understanding.folding import fold
from bot.understanding.phrases import Part, Phrases, compile_parts, says, words_of

#: Stands for the address the customer writes from, whatever it is.
SENDER = "@remitente"

_CANDIDATE = re.compile(r"\+?\(?\+?\d[\d ().+/-]*")
_EXTENSION = re.compile(r"(?<=\d)[ .,)]*\b(?:extension|ext|x)\b[ .:#]*(\d{1,6})\b")
_REACHABLE = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
}


class PhoneData(WordFile):
    """The shape of `flows/vocabulary/phone.yaml`."""

    names: PhraseList  #: what the number is called; may be glued to it
    this_one: PhraseList  #: says that it is the number the customer writes from
    around: PhraseList  #: may stand around those


@dataclass(frozen=True)
class _Words:
    glued: re.Pattern[str]
    this_one: Phrases[Part]
    dont_know: Phrases[Part]
    digits: frozenset[str]


def compile_reader(vocabulary: Mapping[str, object]) -> Reader:
    """A reader with the words of `phone` and `everyday`. Raises ValueError for unusable data."""
    data = read_file(PhoneData, vocabulary, "phone")
    everyday = compile_everyday(vocabulary)
    names = "|".join(re.escape(fold(name)) for name in sorted(data.names, key=len, reverse=True))
    words = _Words(
        glued=re.compile(rf"(?<![^\W_])({names})(?=[+\d])"),
        this_one=compile_parts(data.this_one, data.around + data.names + everyday.beside),
        dont_know=compile_dont_know(everyday, data.names),
        digits=frozenset(word for phrases in everyday.numbers.values() for phrase in phrases for word in words_of(phrase)),
    )
    return lambda text, context: _read(text, context, words)


def _read(text: str, context: Context, words: _Words) -> Accepted | Refused:
    said = words_of(text)
    if says(said, words.dont_know):
        return Refused("phone.unknown")
    if says(said, words.this_one):
        return Accepted(context.own_phone or SENDER, note="own_phone")
    spelled = words.glued.sub(r"\1 ", fold(text))
    extension = _EXTENSION.search(spelled)
    if extension is not None:
        spelled = spelled[: extension.start()] + " " + spelled[extension.end() :]
    candidates = list(_candidates(spelled))
    numbers = list(dict.fromkeys(number for candidate in candidates for number in _numbers(candidate)))
    match numbers:
        case [number]:
            return Accepted(number, note=f"extension {extension[1]}" if extension else "")
        case [_, *_]:
            return Refused("phone.two_numbers")
    if not any(word.isdigit() for word in said):
        return Refused("phone.in_words" if sum(word in words.digits for word in said) > 3 else "phone.no_number")
    return _say_what_is_wrong(candidates)


def _candidates(spelled: str) -> Iterator[str]:
    """Runs of digits with what people put between them, unless letters are glued to them."""
    for match in _CANDIDATE.finditer(spelled):
        number = match[0].rstrip(" ./-(+")
        end = match.start() + len(number)
        if not re.search(r"[^\W_]$|@$", spelled[: match.start()]) and not re.match(r"[^\W_]|@", spelled[end:]):
            yield number


def _numbers(candidate: str) -> list[str]:
    """The one number a run of digits is, or else those it is made of: "3001234567 / 3017654321"."""
    whole = _e164(candidate)
    if whole:
        return [whole]
    for separator in ("/", " - ", " "):
        found = [number for piece in candidate.split(separator) if (number := _e164(piece))]
        if found:
            return found
    return []


def _e164(number: str) -> str:
    """The number in E.164 if it can be called, else empty."""
    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 15:
        return ""
    foreign = "+" in number or digits.startswith("00")
    spellings = [f"+{digits.removeprefix('00')}", digits] if foreign else [digits]
    for spelling in spellings:
        try:
            parsed = phonenumbers.parse(spelling, "CO")
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) in _REACHABLE:
            return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return ""


def _say_what_is_wrong(candidates: list[str]) -> Refused:
    digits = max((re.sub(r"\D", "", candidate) for candidate in candidates), key=len, default="")
    if len(digits) == 7:
        return Refused("phone.needs_area_code", {"number": digits})
    if len(digits) in (8, 9, 11) and digits[0] in "36":
        return Refused("phone.wrong_length", {"count": str(len(digits))})
    return Refused("phone.not_valid")


PHONE = Field(
    compile=compile_reader,
    reasons={
        "phone.unknown": frozenset(),
        "phone.no_number": frozenset(),
        "phone.in_words": frozenset(),
        "phone.two_numbers": frozenset(),
        "phone.needs_area_code": frozenset({"number"}),
        "phone.wrong_length": frozenset({"count"}),
        "phone.not_valid": frozenset(),
    },
    examples=("300 123 4567", "este mismo"),
)
