"""Slows down the guessing of passwords: so many attempts in a quarter of an hour, then none until that has passed.

Counted in the database, so that all processes share it, per account and client address and per client address alone. An
attempt counts before its outcome is known, so that a burst gets no further than a sequence, and a success takes it back.
It fails closed: where nothing can be counted, because the database does not answer or too much was counted already, nobody
gets in. Names are kept as HMACs and not for long: people type passwords into the wrong field.
"""

import hmac
import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.agents.tables import login_attempts
from bot.statements import alone

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_ADDRESS = 30
MOST_ROWS = 20_000  #: bounds what a guesser with many addresses can fill
_LOCK = 0x50C0_0009


def admit(connection: Connection, key: bytes, who: Sequence[str], now: datetime) -> bool:
    """Count an attempt to log in; False if there were too many already and it must not be looked at.

    `who`: the name that was given, and the client's address. `key` keys the hashes. A clock that is moved forward forgives.
    """
    alone(connection, _LOCK)
    connection.execute(sa.delete(login_attempts).where(login_attempts.c.at <= now - WINDOW))
    account, address = _keys(key, who)
    if _count(connection, account) >= PER_ACCOUNT or _count(connection, address) >= PER_ADDRESS:
        return False
    if _count(connection) + 2 > MOST_ROWS:
        return False
    connection.execute(sa.insert(login_attempts), [{"key": one, "at": now} for one in (account, address)])
    return True


def forgive(connection: Connection, key: bytes, who: Sequence[str]) -> None:
    """The attempt just admitted was right: the account starts anew, the address gets this one back."""
    account, address = _keys(key, who)
    last = sa.select(sa.func.max(login_attempts.c.id)).where(login_attempts.c.key == address).scalar_subquery()
    spent = sa.or_(login_attempts.c.key == account, login_attempts.c.id == last)
    connection.execute(sa.delete(login_attempts).where(spent))


def _count(connection: Connection, key: str | None = None) -> int:
    query = sa.select(sa.func.count()).select_from(login_attempts)
    return connection.scalars(query if key is None else query.where(login_attempts.c.key == key)).one()


def _keys(key: bytes, who: Sequence[str]) -> tuple[str, str]:
    """What the account's attempts and the address' are counted under."""
    username, address = who
    network = _network(address)
    return _hash(key, "account", username, network), _hash(key, "address", network)


def _hash(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\0".join(("throttle", *parts)).encode("utf-8", "replace"), sha256).hexdigest()


def _network(address: str) -> str:
    """An IPv6 customer owns a whole /64 and can take another address for every attempt."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
