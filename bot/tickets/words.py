"""Texts as words to be found by: folded, so that accents, capitals and ways of writing a number do not matter.

Only letters and digits are left, so nothing that somebody types means anything to a database's query language.
"""

import re

from bot.understanding.folding import fold

_WORD = re.compile(r"[^\W_]+")
#: Digits in groups, as people write phone numbers, NITs and dates.
_NUMBER = re.compile(r"\d(?:[ .()/-]{0,2}\d)*", re.ASCII)
#: The same within a longer text: groups apart by a space may be different numbers.
_TIGHT_NUMBER = re.compile(r"\d+(?:[.-]\d+)+", re.ASCII)
_NOTHING_BUT_NUMBER = re.compile(r"\+?[\d .()/-]+", re.ASCII)
_TICKET = re.compile(r"\bsf[ -]?(\d{1,19})\b", re.ASCII)
_FEWEST_DIGITS = 5  # fewer are a day, a price, an option of a menu
_COUNTRY = "57"
_LONGEST_TEXT = 20_000
_LONGEST_QUERY = 200
_LONGEST_WORD = 64
_MOST_ASKED = 10


def words(text: str) -> set[str]:
    """What a text can be found by: its words, and each of its numbers also in one piece, with and without 57 before it."""
    folded = fold(text[:_LONGEST_TEXT])
    found = {word[:_LONGEST_WORD] for word in _WORD.findall(folded)}
    for match in _NUMBER.finditer(folded):
        digits = _digits(match[0])
        if len(digits) >= _FEWEST_DIGITS:
            found |= {digits[:_LONGEST_WORD], _national(digits)[:_LONGEST_WORD]}
    return found | {_ticket(match) for match in _TICKET.finditer(folded)}


def asked(query: str) -> list[str]:
    """The words that somebody looks for; all must be there, the last one may go on. Empty if there is nothing to look for."""
    folded = fold(query[:_LONGEST_QUERY])
    if _NOTHING_BUT_NUMBER.fullmatch(folded) and len(_digits(folded)) >= _FEWEST_DIGITS:
        return [_national(_digits(folded))[:_LONGEST_WORD]]
    joined = _TIGHT_NUMBER.sub(lambda match: _digits(match[0]), _TICKET.sub(_ticket, folded))
    return [word[:_LONGEST_WORD] for word in _WORD.findall(joined)][:_MOST_ASKED]


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _national(digits: str) -> str:
    """A phone number without Colombia's code: people leave it out as often as not."""
    return digits.removeprefix(_COUNTRY) if len(digits) == 12 else digits


def _ticket(match: re.Match[str]) -> str:
    return f"sf{int(match[1]):06d}"
