"""No more messages in a second than the provider takes; what is above that stays in the outbox and goes a little later."""

import time
from collections.abc import Callable


class Throttle:
    """A second's worth at once, then at the pace. One for each process that sends."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_second` 0 is no limit."""
        self._per_second = per_second
        self._clock = clock
        self._left = max(1.0, per_second)
        self._since = clock()

    def allowed(self, wanted: int) -> int:
        """How many of so many may go now."""
        if not self._per_second:
            return wanted
        now = self._clock()
        self._left = min(max(1.0, self._per_second), self._left + (now - self._since) * self._per_second)
        self._since = now
        return min(wanted, int(self._left))

    def spend(self, count: int) -> None:
        """So many go."""
        self._left -= count
