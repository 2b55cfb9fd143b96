"""Addresses under which the provider fetches an agent's file: public, yet good for one file, for a while, and not to be guessed.

Their key lies beside the files, so that whoever shares the folder shares the key. Anybody with the address may fetch; it
stands nowhere but in the call to the provider.
"""

import base64
import hmac
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

#: Longer than a message may wait at the provider (4 hours on WhatsApp), and no longer than needed.
LIFETIME = timedelta(hours=5)
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{10,11})\.([A-Za-z0-9_-]{43})", re.ASCII)
_KEY_BYTES = 32


@dataclass(frozen=True)
class Links:
    """Makes and reads addresses. `base` is our public address with the path, without a slash at its end."""

    base: str
    key: bytes = field(repr=False)
    now: Callable[[], datetime]

    def url(self, identity: str) -> str:
        """The address of a file, good from now on."""
        expires = int((self.now() + LIFETIME).timestamp())
        return f"{self.base}/{identity}.{expires}.{self._sign(identity, str(expires))}"

    def read(self, token: str) -> str | None:
        """The id of the file that a token was made for; None if it was not made here, or is over."""
        told = _TOKEN.fullmatch(token)
        if told is None or not hmac.compare_digest(told[3], self._sign(told[1], told[2])):
            return None
        return told[1] if int(told[2]) > self.now().timestamp() else None

    def _sign(self, identity: str, expires: str) -> str:
        signature = hmac.digest(self.key, f"media:{identity}:{expires}".encode(), "sha256")
        return base64.urlsafe_b64encode(signature).decode().rstrip("=")


def read_key(file: Path) -> bytes:
    """The key of this installation; made at the first call, also if several processes make it at once. Raises OSError."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = file.with_name(f".{secrets.token_hex(8)}.part")
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as made:
            made.write(secrets.token_bytes(_KEY_BYTES))
            made.flush()
            os.fsync(made.fileno())
        # A link to a whole file, which only one process can make: nobody ever reads half a key, or another one later.
        with suppress(FileExistsError):
            os.link(own, file)
        own.unlink()
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        message = f"{file.name} does not hold a key of {_KEY_BYTES} bytes"
        raise OSError(message)
    return key
