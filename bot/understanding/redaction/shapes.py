"""What a single word looks like, whatever stands around it."""

import re
from enum import IntEnum
from typing import Final

from bot.understanding.redaction.tokens import Token
from bot.understanding.redaction.vocabulary import Secrets


class Shape(IntEnum):
    """From plainly harmless to plainly a password."""

    WORD = 0
    #: e-mail, address on the web, file name
    LINK = 1
    #: a number that is no code by itself: money, date, time, size, version
    NUMBER = 2
    #: only digits
    DIGITS = 3
    #: capitals and digits as in document numbers: FE-1020
    REFERENCE = 4
    #: a capital or a hyphen inside a word: Debe-Haber, NubeAzul
    MIXED = 5
    #: letters with digits or symbols: Perro_12
    STRONG = 6
    #: G-A-B-I, p.e.r.r.o
    SPELLED = 7


_MAIL: Final = re.compile(r"[^@\s]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
_NUMBER: Final = re.compile(r"[#$]?\d[\d.,'’`´/:%°º$+-]*")
_REFERENCE: Final = re.compile(
    r"[A-Z]{1,6}(?:[-_/.][A-Z]{1,6})?[-_/.]?\d+(?:[-_/.][A-Z0-9]+)*[A-Z]?|\d+[-_/.]?[A-Z]{1,3}(?:[-_/.]?\d+(?:[-_/.]\d+)*)?"
)
_SMALL_REFERENCE: Final = re.compile(r"[a-z]{1,4}[-/]\d{2,}(?:[-/]\d+)*|[a-z]\d{1,3}|\d{1,3}[a-z](?:-\d+)?")
_HEX: Final = re.compile(r"[0-9a-f]{16,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SIZE: Final = re.compile(r"\d+(?:[.,]\d+)?([a-zñ]+)")
_VERSION: Final = re.compile(r"v?\d+(?:\.\d+)+[a-z]?")
_SPELLED: Final = re.compile(r"[a-z0-9ñ](?:[-.][a-z0-9ñ]){2,}")
_HARD: Final = frozenset("_!#$%&*+@^~?=|\\<>{}[]:;")
_LONG_LETTER: Final = re.compile(r"(.)\1{2,}")
_LAUGH: Final = re.compile(r"(?:[jh][aeiou]){2,}[jh]?s?|(?:ja|je|ji){2,}\w?")
_PARTICIPLE: Final = re.compile(r"([a-zñ]+)(?:ad|id)[oa]s?")
_HEX_ERROR: Final = re.compile(r"0x[0-9a-f]+")
_LONGEST: Final = 120


def shape_of(token: Token, secrets: Secrets) -> Shape:
    """Tell the shape of one word."""
    raw, word = token.raw, token.word
    if raw.isalpha():
        is_slip = raw[:2].isupper() and raw[2:].islower()
        if raw.islower() or raw.isupper() or raw[1:].islower() or is_slip or secrets.roles.get(word, 0):
            return Shape.WORD
        return Shape.MIXED
    if raw.isdigit():
        return Shape.DIGITS
    if len(raw) > _LONGEST:
        return Shape.LINK if "://" in raw[:12] else Shape.STRONG
    if secrets.roles.get(word, 0):
        return Shape.WORD
    return _odd(raw, word, secrets)


def _odd(raw: str, word: str, secrets: Secrets) -> Shape:
    if "***" in word:
        return Shape.LINK
    if _NUMBER.fullmatch(word):
        return Shape.NUMBER
    if _is_link(word, secrets):
        return Shape.LINK
    size = _SIZE.fullmatch(word)
    if (size and size[1] in secrets.unit_endings) or _VERSION.fullmatch(word) or _HEX_ERROR.fullmatch(word):
        return Shape.NUMBER
    if _SPELLED.fullmatch(word):
        return Shape.NUMBER if len(raw) <= 5 and raw.isupper() and "." in raw else Shape.SPELLED
    if _REFERENCE.fullmatch(raw) or _SMALL_REFERENCE.fullmatch(word) or _HEX.fullmatch(word):
        return Shape.REFERENCE
    return _loose(raw, word, secrets)


def _loose(raw: str, word: str, secrets: Secrets) -> Shape:
    has_letter = any(c.isalpha() for c in word)
    has_digit = any(c.isdigit() for c in word)
    inside = {c for c in word if not c.isalnum()}
    if inside & _HARD:
        return Shape.STRONG if has_letter or len(word) >= 4 else Shape.NUMBER
    if has_letter and has_digit:
        return Shape.STRONG if len(word) >= 4 else Shape.REFERENCE
    parts = [part for part in re.split(r"[-./'’,]", raw) if part]
    if len(parts) < 2 or all(secrets.roles.get(part, 0) for part in re.split(r"[-./'’,]", word) if part):
        return Shape.WORD
    if "." in word and all(len(part) > 2 for part in parts):
        return Shape.STRONG
    return Shape.MIXED if all(part[0].isupper() and part[1:].islower() for part in parts) else Shape.WORD


def _is_link(word: str, secrets: Secrets) -> bool:
    if "://" in word or word.startswith("www."):
        return True
    if "@" in word and ("**" in word or _MAIL.fullmatch(word)):
        # Also an address as the product shows it: m***a@correo.co.
        return True
    if "." not in word:
        return False
    site, _, _ = word.partition("/")
    endings = {word.rpartition(".")[2], site.rpartition(".")[2]}
    return not endings.isdisjoint(secrets.file_endings | secrets.domain_endings)


def is_adjective(word: str, secrets: Secrets) -> bool:
    """Does the word end like an adjective ("mensual", "sospechosa") and is none of the nouns that do?"""
    return len(word) > 5 and word.endswith(secrets.adjective_endings) and word not in secrets.no_adjectives


def is_known(word: str, secrets: Secrets, *, strictly: bool = False) -> bool:
    """Is this a common word, never covered as a password made of letters only?"""
    if len(word) < 3 or secrets.roles.get(word, 0):
        return True
    plain = _LONG_LETTER.sub(r"\1", word)
    if len(plain) < 3 or secrets.roles.get(plain, 0) or _LAUGH.fullmatch(word):
        return True
    if len(word) < 5:
        return False
    if word.endswith(secrets.known_endings):
        return True
    participle = _PARTICIPLE.fullmatch(word)
    if participle is None:
        return False
    return not strictly or any(secrets.roles.get(participle[1] + ending, 0) for ending in ("ar", "er", "ir"))
