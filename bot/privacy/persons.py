"""Who somebody is, without saying it: a keyed hash of each address. The key lies beside the database, never in it."""

import hmac
from collections.abc import Iterable
from pathlib import Path

from bot.attachments.links import read_key

KEY_FILE = "privacy.key"


def key_in(folder: Path) -> bytes:
    """The key of this installation; made at the first call. Raises OSError."""
    return read_key(folder / KEY_FILE)


def person_hash(key: bytes, address: str) -> str:
    """The same for `whatsapp:+57…` and `+57…`: 256 bits in hexadecimal."""
    return hmac.digest(key, b"person:" + address.removeprefix("whatsapp:").encode(), "sha256").hex()


def person_hashes(key: bytes, addresses: Iterable[str]) -> list[str]:
    """A hash for each address, each once, in a fixed order."""
    return sorted({person_hash(key, address) for address in addresses if address})
