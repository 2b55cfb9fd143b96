"""Agents' passwords: what is accepted, how it is kept (argon2id, RFC 9106's second choice) and how it is checked.

Hashing takes some 100 ms and 64 MiB on purpose: never on the event loop, never inside a database job.
"""

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which are misread
_hasher = PasswordHasher()


class PasswordRefusedError(ValueError):
    """The password is too easy to guess; the message says what is asked for, in one line, and not the password."""


def hashed(password: str) -> str:
    """The form in which a password is kept. Raises PasswordRefusedError."""
    composed = _composed(password)
    if len(composed) < SHORTEST:
        raise PasswordRefusedError(f"a password needs at least {SHORTEST} characters; this one has {len(composed)}")
    if len(set(composed)) < 4:
        raise PasswordRefusedError("a password needs at least 4 different characters")
    return _hasher.hash(composed)


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


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())
