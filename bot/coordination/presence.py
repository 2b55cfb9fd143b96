"""Who is where, within one process: each note is good for a while and then forgotten by itself."""

from collections.abc import Callable
from time import monotonic

from bot.coordination.base import Doing

_SWEEP_SECONDS = 60.0
#: What somebody writes counts more than that they look on.
_STRONGEST_FIRST = (Doing.WRITING, Doing.LOOKING)


class Presences:
    """Place → who → what they do, until when. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._ends: dict[str, dict[tuple[str, Doing], float]] = {}
        self._told: dict[tuple[str, str], Doing] = {}
        self._taken: dict[str, float] = {}
        self._swept = clock()

    def attend(self, place: str, who: str, doing: Doing, seconds: float) -> bool:
        """See `Coordination`."""
        self._sweep()
        self._ends.setdefault(place, {})[who, doing] = self._clock() + seconds
        return self._is_news(place, who)

    def leave(self, place: str, who: str) -> bool:
        """See `Coordination`."""
        for doing in Doing:
            self._ends.get(place, {}).pop((who, doing), None)
        return self._is_news(place, who)

    def present(self, place: str) -> dict[str, Doing]:
        """See `Coordination`."""
        now = self._clock()
        here = {who: doing for (who, doing), ends in self._ends.get(place, {}).items() if doing is Doing.LOOKING and ends > now}
        return here | {
            who: doing for (who, doing), ends in self._ends.get(place, {}).items() if doing is Doing.WRITING and ends > now
        }

    def is_first(self, key: str, seconds: float) -> bool:
        """See `Coordination`."""
        self._sweep()
        now = self._clock()
        if self._taken.get(key, now) > now:
            return False
        self._taken[key] = now + seconds
        return True

    def _is_news(self, place: str, who: str) -> bool:
        before, now = self._told.pop((place, who), None), self.present(place).get(who)
        if now is not None:
            self._told[place, who] = now
        return before is not now

    def _sweep(self) -> None:
        """Now and then, forget what is over."""
        now = self._clock()
        if now - self._swept < _SWEEP_SECONDS:
            return
        self._swept = now
        self._taken = {key: ends for key, ends in self._taken.items() if ends > now}
        lasting = {place: {key: end for key, end in ends.items() if end > now} for place, ends in self._ends.items()}
        self._ends = {place: ends for place, ends in lasting.items() if ends}
        self._told = {(place, who): doing for (place, who), doing in self._told.items() if who in self.present(place)}
