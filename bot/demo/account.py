"""The made-up Twilio account of a demo: random once, then kept beside its database, readable by its owner only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

#: Numbers with 555 0100 to 555 0199 are given to nobody.
_SENDER = "whatsapp:+576015550100"
_FILE = "demo-account.json"


@dataclass(frozen=True)
class DemoAccount:
    """What a Twilio account is to its customer."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str


def kept_account(folder: Path) -> DemoAccount:
    """The account kept in `folder`, made at the first call. Raises OSError, and ValueError if the file is damaged."""
    path = folder / _FILE
    folder.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return _read(path)
    account = DemoAccount(f"AC{secrets.token_hex(16)}", secrets.token_hex(16), _SENDER)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(account), file)
    return account


def _read(path: Path) -> DemoAccount:
    try:
        return DemoAccount(**json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError):
        raise ValueError(f"{path} is damaged: delete it, and a new account is made up") from None
