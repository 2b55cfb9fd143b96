"""Finds card numbers: 13 to 19 digits, whole or in groups, that pass Luhn's check."""

import re
from typing import Final

_DIGIT_GROUPS: Final = re.compile(r"\d+(?:[ .\-\u00a0]{1,2}\d+)*")
_GROUP: Final = re.compile(r"\d+")
#: how card numbers begin (Visa, Mastercard, American Express, Diners, Discover, JCB, Maestro) and how long they are
_ISSUER: Final = re.compile(
    r"4\d{12}(?:\d{3})?(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[0689]\d{12}|35\d{14}|6(?:011|5\d\d|4[4-9]\d)\d{12}"
    r"|(?:50|5[6-9]|6[0-9])\d{14}(?:\d{3})?"
)


def passes_luhn(digits: str) -> bool:
    """Luhn's check digit, ISO/IEC 7812-1."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def find_cards(text: str, *, names_card: bool) -> list[tuple[int, int]]:
    """Spans of card numbers. Where the text speaks of a card, a number with a slip in it counts too."""
    spans = []
    for run in _DIGIT_GROUPS.finditer(text):
        if run.end() - run.start() < 13:
            continue
        groups = [(run.start() + g.start(), run.start() + g.end()) for g in _GROUP.finditer(run.group())]
        first = 0
        while first < len(groups):
            final = _card_from(text, groups, first, names_card=names_card)
            if final is None:
                first += 1
            else:
                spans.append((groups[first][0], groups[final][1]))
                first = final + 1
    return spans


def _card_from(text: str, groups: list[tuple[int, int]], first: int, *, names_card: bool) -> int | None:
    """The last group of the card that begins at group `first`, or None."""
    digits = ""
    if not names_card and text[groups[first][0]] not in "23456":
        return None
    for final in range(first, min(first + 19, len(groups))):
        digits += text[groups[final][0] : min(groups[final][1], groups[final][0] + 20)]
        if len(digits) > 19:
            return None
        if (
            len(digits) >= 13
            and (_ISSUER.fullmatch(digits) or names_card)
            and (passes_luhn(digits) or (names_card and len(digits) in (15, 16)))
        ):
            return final
    return None
