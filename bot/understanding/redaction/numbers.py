"""Numbers: which could be a code, which are said to be something else, and which are secret."""

import re
from dataclasses import dataclass
from typing import Final

from bot.understanding.redaction.scene import Scene, is_other_code
from bot.understanding.redaction.shapes import Shape
from bot.understanding.redaction.value import Value
from bot.understanding.redaction.vocabulary import Role

#: how many words a number may stand from the name of a password
_NEAR: Final = 14
_PRICE: Final = frozenset(("a", "por"))
#: the reasons that cover a number; the others only end the search
_SECRET: Final = frozenset(("near", "code", "card", "received", "typed"))
_YEAR_WORDS: Final = frozenset(("en", "de", "del", "desde", "hasta", "para", "el"))
_DASHED: Final = re.compile(r"(?!(?:19|20)\d\d-)\d+(?:-\d+)+|#\d+")
_DATE: Final = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")


@dataclass(frozen=True, slots=True)
class Number:
    """A run of digits, whole or in groups: words `first` to `final`."""

    first: int
    final: int
    digits: int


def numbers_in(scene: Scene) -> list[Number]:
    """Every number that could be a code: "4821", "4 8 2 1", "675-038"."""
    found = []
    i = 0
    while i < len(scene):
        shape = scene.shapes[i]
        if shape is Shape.DIGITS:
            final = i
            count = len(scene.word(i))
            while (
                final + 1 < len(scene) and scene.shapes[final + 1] is Shape.DIGITS and scene.gap(final + 1).strip() in {"", "-"}
            ):
                final += 1
                count += len(scene.word(final))
            found.append(Number(i, final, count))
            i = final
        elif shape is Shape.NUMBER and _DASHED.fullmatch(scene.word(i)) and not _is_date(scene.word(i)):
            found.append(Number(i, i, sum(c.isdigit() for c in scene.word(i))))
        i += 1
    return found


def is_identified(scene: Scene, number: Number) -> bool:
    """Is the number said to be something else: a case, an amount, a year, a count of days?"""
    first = number.first
    if "$" in scene.gap(first) or (scene.has(number.final + 1, Role.UNIT) and not scene.pauses(number.final + 1)):
        return True
    before = scene.word(first - 1)
    if before in _YEAR_WORDS and number.digits == 4 and scene.word(first)[:2] in {"19", "20"}:
        return True
    labels = Role.ID_BEFORE | Role.PHONE if number.digits >= 7 else Role.ID_BEFORE
    for j in range(first - 1, max(first - 5, -1), -1):
        if scene.roles[j] & (Role.PASSWORD | Role.CODE) or scene.breaks(j + 1):
            return False
        if scene.roles[j] & labels:
            return not _tells_of_secret(scene, first)
    return False


def _tells_of_secret(scene: Scene, first: int) -> bool:
    """In "el pin de mi caja es 4821" the number belongs to the PIN, although "caja" stands nearer."""
    told = False
    for j in range(first - 1, max(first - 11, -1), -1):
        if scene.pauses(j + 1) or (not told and scene.word(j) in {"de", "del"}):
            return False
        if scene.roles[j] & (Role.PASSWORD | Role.CODE | Role.CODE_MAYBE):
            return told
        told = told or scene.has(j, Role.COPULA)
    return False


def _is_date(word: str) -> bool:
    if not _DATE.fullmatch(word):
        return False
    parts = [int(part) for part in re.split(r"[-/.]", word)]
    is_day = min(parts[0], parts[1]) <= 12 and max(parts[0], parts[1]) <= 31
    return is_day or parts[0] > 1900


def is_public(scene: Scene, i: int) -> bool:
    """Is word `i` the generic password that everyone may know?"""
    return scene.word(i) in scene.secrets.public_values


def secret_numbers(scene: Scene, passwords: list[int], codes: list[int], *, has_card: bool) -> list[Value]:
    """The numbers that are secret in a message whose words `passwords` and `codes` name secrets."""
    found = []
    for number in numbers_in(scene):
        if is_public(scene, number.first) or is_identified(scene, number) or _is_round(scene, number):
            continue
        why = _near_password(scene, number, passwords) or _near_code(scene, number, codes)
        why = why or _of_card(scene, number, has_card=has_card) or _arrived_or_typed(scene, number)
        if why in _SECRET:
            found.append(Value(number.first, number.final, why))
    return found


def _is_round(scene: Scene, number: Number) -> bool:
    return number.digits >= 5 and scene.word(number.final).endswith("000") and not _is_led(scene, number.first)


def _near_password(scene: Scene, number: Number, passwords: list[int]) -> str:
    if not 4 <= number.digits <= 8 or not any(abs(number.first - i) <= _NEAR for i in passwords):
        return ""
    # Eight digits in a message about a lost password are the customer's own document.
    is_document = number.digits >= 7 and scene.topic & Role.LOSS and not _is_led(scene, number.first)
    return "document" if is_document else "near"


def _near_code(scene: Scene, number: Number, codes: list[int]) -> str:
    if not codes or not 3 <= number.digits <= 8 or scene.word(number.first - 1) in _PRICE:
        return ""
    is_short = number.digits == 3 and not any(scene.word(i)[:2] in {"cv", "cc"} or scene.has(i, Role.CODE_MAYBE) for i in codes)
    return "count" if is_short and not scene.topic & Role.CARD else "code"


def _of_card(scene: Scene, number: Number, *, has_card: bool) -> str:
    is_on_card = has_card or (scene.topic & (Role.CARD | Role.CODE_MAYBE) and scene.topic & Role.CARD_CODE)
    return "card" if is_on_card and number.digits in {3, 4} else ""


def _arrived_or_typed(scene: Scene, number: Number) -> str:
    size, first = number.digits, number.first
    if _is_told_code(scene, number) or _is_grouped_code(scene, number):
        return "code"
    if scene.topic & Role.RECEIVED and 5 <= size <= 8 and not _is_amount(scene, number):
        return "received"
    is_typed = any(scene.has(j, Role.TYPED) for j in range(max(0, first - 3), first))
    is_typed = is_typed or (size == 6 and scene.has(first - 1, Role.USE))
    enters = scene.has(first - 1, Role.USE_WITH) and scene.has(first - 2, Role.USE)
    if enters and scene.has(first - 2, Role.ACCESS) and 4 <= size <= 8:
        return "typed"
    is_typed = is_typed or enters
    return "typed" if is_typed and scene.topic & Role.REFUSED and 4 <= size <= 8 else ""


def _is_led(scene: Scene, first: int) -> bool:
    """Does a name, "es" or a colon stand right before the number?"""
    return scene.points(first) or scene.has(first - 1, Role.PASSWORD | Role.COPULA | Role.POSSESSIVE)


def _is_told_code(scene: Scene, number: Number) -> bool:
    """A bare "código" that is said to be this number, in a message about no other kind of code."""
    if scene.topic & Role.CODE_OTHER or not scene.topic & Role.CODE_MAYBE or not 4 <= number.digits <= 8:
        return False
    for i in range(max(0, number.first - 8), min(len(scene), number.final + 5)):
        is_code = scene.word(i).startswith("cod") or bool(scene.topic & Role.DELIVERY)
        if is_code and scene.has(i, Role.CODE_MAYBE) and not is_other_code(scene, i):
            is_next = number.first == i + 1 and number.digits > 4 and not scene.topic & Role.ID_BEFORE
            told = any(scene.has(j, Role.COPULA) for j in range(i + 1, number.first))
            is_behind = 0 < number.first - i <= 8 and (told or scene.points(number.first))
            is_ahead = 0 < i - number.final <= 4 and scene.word(number.final + 1) == "es"
            if is_behind or is_ahead or is_next:
                return True
    return False


def _is_grouped_code(scene: Scene, number: Number) -> bool:
    """Six digits in groups, or behind "dígitos:", in a message about numbers that come in."""
    if number.digits == 6 and (number.final > number.first or "-" in scene.word(number.first)):
        in_halves = number.final == number.first + 1 and len(scene.word(number.first)) == 3
        return (in_halves and not scene.word(number.final).endswith("00")) or bool(
            scene.topic & (Role.RECEIVED | Role.PHONE | Role.CODE_MAYBE)
        )
    return 4 <= number.digits <= 8 and scene.points(number.first) and scene.has(number.first - 1, Role.CODE_MAYBE)


def _is_amount(scene: Scene, number: Number) -> bool:
    return scene.word(number.final).endswith("00") or scene.word(number.first - 1) in _PRICE
