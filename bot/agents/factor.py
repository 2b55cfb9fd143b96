"""The second factor: six digits that change every 30 seconds (RFC 6238, by pyotp), or one of ten recovery codes.

No secret stands in the database. An agent's secret is HMAC-SHA256(key, nonce): the nonce is in the database, the key in a
file of its own or in the environment (`key_in`), so a stolen copy of the database makes no codes. Recovery codes are kept as
HMACs under the same key, because at 49 bits a plain hash of them could be searched. Whoever has both has everything; whoever
loses the key has to reset every second factor (`soporte agents reset-factor`).

A code works within its step and one step to either side, for clocks that are off, and once: the step of the last one is kept.
"""

import base64
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path

import pyotp
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.tables import recovery_codes, second_factors
from bot.statements import insert_new

STEP = 30  #: seconds
RECOVERY_CODES = 10
KEY_FILE = "second-factor.key"
_KEY_BYTES = 32
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0 and 1, which are misread


@dataclass(frozen=True)
class Factor:
    """How an agent's second factor stands."""

    confirmed_at: datetime | None  #: None while a code has not shown yet that the agent's phone has it
    recovery_left: int  #: recovery codes that were not used yet


class Proof(Enum):
    """What an agent has shown."""

    CODE = auto()
    RECOVERY = auto()


class AlreadySetError(Exception):
    """There is a confirmed second factor: it has to be taken away before another is set up."""


def key_in(folder: Path) -> bytes:
    """The key in this folder's key file, readable by its owner alone; made the first time. Raises OSError and ValueError."""
    file = folder / KEY_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Written beside it and linked in whole: of two processes that start at once, both read the one that came first.
        handle, draft = tempfile.mkstemp(dir=folder, prefix=KEY_FILE)  # mode 0600
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(_KEY_BYTES))
        with suppress(FileExistsError):
            os.link(draft, file)
        Path(draft).unlink()
    key = bytes.fromhex(file.read_text(encoding="ascii"))
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{file} does not hold a key of {_KEY_BYTES} bytes in hexadecimal")
    return key


def begin(connection: Connection, agent_id: str, now: datetime) -> None:
    """Give the agent a new secret, which is not asked for before `confirm`. Raises AlreadySetError."""
    if is_set(connection, agent_id):
        raise AlreadySetError
    reset(connection, agent_id)
    values = {"agent_id": agent_id, "nonce": secrets.token_hex(16), "created_at": now, "last_step": 0}
    insert_new(connection, second_factors, values)


def secret(connection: Connection, key: bytes, agent_id: str) -> str | None:
    """The secret that the agent's phone has to know, in base32, until it is confirmed: after that it is told to nobody."""
    query = sa.select(second_factors.c.nonce).where(
        second_factors.c.agent_id == agent_id, second_factors.c.confirmed_at.is_(None)
    )
    nonce = connection.execute(query).scalar_one_or_none()
    return None if nonce is None else _secret(key, nonce)


def address(secret_: str, username: str) -> str:
    """The secret as authenticator apps read it from a QR code (otpauth://…)."""
    return pyotp.TOTP(secret_).provisioning_uri(name=username, issuer_name="Soporte")


def confirm(connection: Connection, key: bytes, agent_id: str, code: str, now: datetime) -> list[str] | None:
    """Put the second factor into force if the code is right: its recovery codes, told only this once; else None."""
    current = standing(connection, agent_id)
    if current is None or current.confirmed_at is not None or not _spend_code(connection, key, agent_id, code, now):
        return None
    connection.execute(sa.update(second_factors).where(second_factors.c.agent_id == agent_id).values(confirmed_at=now))
    return renew_recovery(connection, key, agent_id)


def prove(connection: Connection, key: bytes, agent_id: str, given: str, now: datetime) -> Proof | None:
    """What `given` shows, which is spent by it; None if it is wrong, was used, or there is no confirmed second factor."""
    if not is_set(connection, agent_id):
        return None
    if _spend_code(connection, key, agent_id, given, now):
        return Proof.CODE
    mine = sa.and_(recovery_codes.c.agent_id == agent_id, recovery_codes.c.code_hash == _hash(key, agent_id, given))
    spent = connection.execute(sa.update(recovery_codes).where(mine, recovery_codes.c.used_at.is_(None)).values(used_at=now))
    return Proof.RECOVERY if spent.rowcount == 1 else None


def renew_recovery(connection: Connection, key: bytes, agent_id: str) -> list[str]:
    """New recovery codes in place of the old ones, told only this once."""
    connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.agent_id == agent_id))
    codes = ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)]
    rows = [{"agent_id": agent_id, "code_hash": _hash(key, agent_id, code)} for code in codes]
    connection.execute(sa.insert(recovery_codes), rows)
    return codes


def reset(connection: Connection, agent_id: str) -> None:
    """Take the second factor away, with its recovery codes."""
    for table in (second_factors, recovery_codes):
        connection.execute(sa.delete(table).where(table.c.agent_id == agent_id))


def standing(connection: Connection, agent_id: str) -> Factor | None:
    """How the agent's second factor stands; None if there is none, not even a begun one."""
    left = sa.select(sa.func.count()).where(recovery_codes.c.agent_id == agent_id, recovery_codes.c.used_at.is_(None))
    query = sa.select(second_factors.c.confirmed_at, left.scalar_subquery()).where(second_factors.c.agent_id == agent_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Factor(row[0], row[1])


def is_set(connection: Connection, agent_id: str) -> bool:
    """Whether the agent's second factor is in force."""
    current = standing(connection, agent_id)
    return current is not None and current.confirmed_at is not None


def confirmed(connection: Connection) -> set[str]:
    """The ids of all agents whose second factor is in force."""
    query = sa.select(second_factors.c.agent_id).where(second_factors.c.confirmed_at.is_not(None))
    return set(connection.scalars(query))


def _spend_code(connection: Connection, key: bytes, agent_id: str, code: str, now: datetime) -> bool:
    row = connection.execute(sa.select(second_factors.c.nonce).where(second_factors.c.agent_id == agent_id)).one()
    step = _step_of(_secret(key, row.nonce), "".join(code.split()), now)
    if step is None:
        return False
    # In one statement, so that of two who send the same code at once only one gets in.
    unused = sa.and_(second_factors.c.agent_id == agent_id, second_factors.c.last_step < step)
    return connection.execute(sa.update(second_factors).where(unused).values(last_step=step)).rowcount == 1


def _step_of(secret_: str, code: str, now: datetime) -> int | None:
    """The step that this is the code of, if that is now or next to now."""
    totp, current, given = pyotp.TOTP(secret_, interval=STEP), int(now.timestamp()) // STEP, code.encode()
    right = [step for step in range(current - 1, current + 2) if hmac.compare_digest(totp.generate_otp(step).encode(), given)]
    return max(right, default=None)


def _secret(key: bytes, nonce: str) -> str:
    return base64.b32encode(hmac.digest(key, f"totp:{nonce}".encode(), sha256)[:20]).decode()


def _hash(key: bytes, agent_id: str, recovery_code: str) -> str:
    plain = "".join(character for character in recovery_code.lower() if character.isalnum())
    return hmac.new(key, f"recovery:{agent_id}:{plain}".encode(), sha256).hexdigest()
