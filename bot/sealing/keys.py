"""Keys for what is encrypted at rest, and what they make of values and files.

A value is `sealed:<key's id>:<base64>`: AES-256-GCM with a nonce of its own, bound to the place (table and column, or a file's
name) that it stands in. The id tells under which key, so values from before, plain ones among them, are read as well. An id
is derived from its key and known to nobody outside: a text of a customer's that only looks sealed is taken for what it is.

What must be found by equality is made with the index key, which never changes with the others: addresses by AES-256-SIV (equal
texts are equal when sealed), words of the search by HMAC-SHA256.
"""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MARK = "sealed:"
_FILE_MARK = b"soporte sealed 1\n"
KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12
#: Characters before the sealed bytes: the mark, the id, a colon.
_HEAD = len(MARK) + 2 * _ID_BYTES + 1
_FILE_HEAD = len(_FILE_MARK) + 2 * _ID_BYTES
_WORD_BYTES = 10
#: Of 32 random bytes so many differ, as good as always.
_FEWEST_DIFFERENT = 16
_SEPARATORS = re.compile(r"[\s,]+")

_Open = Callable[[bytes, bytes], bytes]


class DamagedError(ValueError):
    """A sealed value was changed, or moved from where it belongs. Tells the place and no value."""

    def __init__(self, place: str) -> None:
        super().__init__(f"a sealed value of {place} cannot be opened: it was changed, or stood elsewhere")


@dataclass(frozen=True)
class Key:
    """One key from the environment. The id may be shown."""

    id: str
    cipher: AESGCM = field(repr=False, compare=False)

    def seal(self, place: str, content: bytes) -> bytes:
        """Nonce and sealed bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, content, place.encode())

    def open(self, content: bytes, place: bytes) -> bytes:
        """What was sealed. Raises InvalidTag, and ValueError for what is too short."""
        return self.cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], place)


def new_key() -> str:
    """A key as it stands in the environment."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")


def read_keys(text: str) -> tuple[Key, ...]:
    """Keys from the environment, newest first, parted by commas or white space. Raises ValueError, with no part of a key."""
    words = [word for word in _SEPARATORS.split(text) if word]
    keys = tuple(_key(word, number) for number, word in enumerate(words, 1))
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("holds the same key twice")
    return keys


def _key(word: str, number: int) -> Key:
    try:
        secret = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES or len(set(secret)) < _FEWEST_DIFFERENT:
        what = "malformed" if len(secret) != KEY_BYTES else "too easy to guess"
        raise ValueError(f"key {number} is {what}: make one with `soporte key new`")
    return Key(_derived(secret, "id", _ID_BYTES).hex(), AESGCM(_derived(secret, "data", 32)))


def _derived(secret: bytes, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=b"soporte at rest: " + purpose.encode()).derive(secret)


class Keyring:
    """What an installation seals with: the first key; opens with: all of them; finds with: the index key."""

    def __init__(self, keys: Sequence[Key], index_secret: bytes) -> None:
        self.first = keys[0]
        self.ids = tuple(key.id for key in keys)
        index, siv = _derived(index_secret, "index id", _ID_BYTES).hex(), AESSIV(_derived(index_secret, "addresses", 64))
        self._words = _derived(index_secret, "words", 32)
        self._siv = siv
        self._begins = f"{MARK}{self.first.id}:"
        self._findable_begins = f"{MARK}{index}:"
        self._openers: dict[str, _Open] = {key.id: key.open for key in keys}
        self._openers[index] = lambda content, place: siv.decrypt(content, [place])

    def seal(self, place: str, text: str) -> str:
        """The text, sealed for its place under the first key: never the same twice."""
        return self._begins + base64.b64encode(self.first.seal(place, text.encode())).decode()

    def findable(self, place: str, text: str) -> str:
        """The text, sealed so that equal texts of one place are equal."""
        return self._findable_begins + base64.b64encode(self._siv.encrypt(text.encode(), [place.encode()])).decode()

    def open(self, place: str, value: str) -> str:
        """The text behind a sealed value; any other value is itself. Raises DamagedError."""
        opens = self._openers.get(value[len(MARK) : _HEAD - 1]) if value.startswith(MARK) else None
        if opens is None or value[_HEAD - 1 : _HEAD] != ":":
            return value
        try:
            return opens(base64.b64decode(value[_HEAD:], validate=True), place.encode()).decode()
        except (InvalidTag, ValueError):
            raise DamagedError(place) from None

    def is_current(self, value: str) -> bool:
        """Whether a value is sealed under the first key."""
        return value.startswith(self._begins)

    def key_of(self, value: str) -> str | None:
        """The id of the key that a value is sealed under; None for a plain one."""
        identity = value[len(MARK) : _HEAD - 1] if value.startswith(MARK) else ""
        return identity if identity in self._openers else None

    def word(self, word: str) -> str:
        """What a word is found by: the same for the same word, and it does not tell which."""
        return hmac.digest(self._words, word.encode(), "sha256")[:_WORD_BYTES].hex()

    def seal_file(self, name: str, content: bytes) -> bytes:
        """A file's content, sealed under the first key for this name."""
        return _FILE_MARK + self.first.id.encode() + self.first.seal(f"file {name}", content)

    def open_file(self, name: str, content: bytes) -> bytes:
        """The content of a sealed file; any other is itself. Raises DamagedError."""
        identity = self.key_of_file(content)
        if identity is None:
            return content
        try:
            return self._openers[identity](content[_FILE_HEAD:], f"file {name}".encode())
        except (InvalidTag, ValueError):
            raise DamagedError("a file") from None

    def key_of_file(self, beginning: bytes) -> str | None:
        """The id of the key that a file is sealed under, by its first `FILE_HEAD` bytes; None for a plain one."""
        identity = beginning[len(_FILE_MARK) : _FILE_HEAD].decode("ascii", "replace") if beginning.startswith(_FILE_MARK) else ""
        return identity if identity in self._openers else None


#: So much of a file tells which key it is sealed under.
FILE_HEAD = _FILE_HEAD
