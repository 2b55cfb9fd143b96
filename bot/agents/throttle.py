"""Slows down the guessing of passwords: so many attempts in a quarter of an hour, then none until that has passed.

Counted in this process's memory, per account and client address and per client address alone; with several processes a
guesser gets as many times the attempts. An attempt counts before its outcome is known, so that a burst gets no further
than a sequence, and a success takes it back. It fails closed: where nothing more can be counted, nobody new gets in.
"""

import ipaddress
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_ADDRESS = 30
MOST_KEYS = 10_000  #: bounds the memory a guesser can fill


@dataclass
class Throttle:
    """The attempts of the last quarter of an hour. Times are aware; a clock that is moved forward forgives."""

    _attempts: dict[Hashable, list[datetime]] = field(default_factory=dict)

    def admit(self, username: str, address: str, now: datetime) -> bool:
        """Count an attempt to log in; False if there were too many already and it must not be looked at."""
        limits = {(username, _network(address)): PER_ACCOUNT, _network(address): PER_ADDRESS}
        recent = {key: [at for at in self._attempts.get(key, []) if at > now - WINDOW] for key in limits}
        if any(len(recent[key]) >= limit for key, limit in limits.items()):
            return False
        new = sum(key not in self._attempts for key in limits)
        if new and len(self._attempts) + new > MOST_KEYS:
            self._forget(now)
            if len(self._attempts) + len(limits) > MOST_KEYS:
                return False
        for key, attempts in recent.items():
            self._attempts[key] = [*attempts, now]
        return True

    def forgive(self, username: str, address: str) -> None:
        """The attempt just admitted was right: the account starts anew, the address gets this one back."""
        self._attempts.pop((username, _network(address)), None)
        if attempts := self._attempts.get(_network(address)):
            attempts.pop()

    def _forget(self, now: datetime) -> None:
        self._attempts = {key: attempts for key, attempts in self._attempts.items() if attempts and attempts[-1] > now - WINDOW}


def _network(address: str) -> str:
    """An IPv6 customer owns a whole /64 and can take another address for every attempt."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
