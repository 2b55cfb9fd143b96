"""Agents' passwords: what is accepted, how it is kept (argon2id, RFC 9106's second choice) and how it is checked.

Hashing takes some 100 ms and 64 MiB on purpose: never on the event loop, never inside a database job.
"""

import re
import secrets
import unicodedata
from enum import StrEnum
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which are misread
_DIGITS_AT_THE_END = re.compile(r"[0-9]{1,8}$")
_COMMON = Path(__file__).parent / "common-passwords.txt"
_hasher = PasswordHasher()


class Reason(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    UNIFORM = "uniform"
    COMMON = "common"
    USERNAME = "username"


_SAID = {
    Reason.SHORT: f"a password needs at least {SHORTEST} characters",
    Reason.UNIFORM: "a password needs at least 4 different characters",
    Reason.COMMON: "this password is among those that are tried first: choose another",
    Reason.USERNAME: "a password must not be the username",
}


class PasswordRefusedError(ValueError):
    """The password is too easy to guess; the message says what is asked for, in one line, and not the password."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_SAID[reason])
        self.reason = reason


def refusal(password: str, username: str = "") -> Reason | None:
    """Why this password of `username` is too easy to guess; None if it is not. No rule asks for signs of some kind."""
    composed = _composed(password)
    if len(composed) < SHORTEST:
        return Reason.SHORT
    if len(set(composed)) < 4:
        return Reason.UNIFORM
    skeleton = _skeleton(composed)
    if skeleton in _common() or _DIGITS_AT_THE_END.sub("", skeleton) in _common():
        return Reason.COMMON
    if username and skeleton == _skeleton(username):
        return Reason.USERNAME
    return None


def hashed(password: str, username: str = "") -> str:
    """The form in which a password is kept. Raises PasswordRefusedError."""
    if (reason := refusal(password, username)) is not None:
        raise PasswordRefusedError(reason)
    return _hasher.hash(_composed(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """True if `password` is the one behind the hash. Without a hash (no such agent) it is False after the same work."""
    try:
        _hasher.verify(password_hash or _nobodys(), _composed(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def renewed(password: str, password_hash: str) -> str | None:
    """The right password under today's costs if its hash was made with others, else None."""
    return _hasher.hash(_composed(password)) if _hasher.check_needs_rehash(password_hash) else None


def generated() -> str:
    """A random password of four groups, some 99 bits, that can be read out over the phone."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(4))


def _composed(password: str) -> str:
    """One form for what looks the same: keyboards differ in how they write ñ and é."""
    return unicodedata.normalize("NFKC", password)


def _skeleton(password: str) -> str:
    """What is left when capitals, accents, blanks and punctuation are taken away: `Contraseña-2026!` → `contrasena2026`."""
    plain = unicodedata.normalize("NFKD", password.casefold())
    return "".join(sign for sign in plain if sign.isalnum())


@cache
def _common() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(_skeleton(line) for line in lines if line and not line.startswith("#"))


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())
