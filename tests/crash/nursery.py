"""Where products come from: a process that has read everything in and forks a running one whenever it is asked.

A start takes 50 ms and not 4 s. Its other side is `birth`.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from functools import cache
from typing import Any


class Nursery:
    """The nursery as its user sees it."""

    def __init__(self, speed: float, database: str = "") -> None:
        """The clock of what it bears runs `speed` times as fast."""
        ours, theirs = socket.socketpair()
        self._line = ours
        self._dead: list[int] = []
        self._lock = threading.Lock()  # orders are taken one at a time
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SOPORTE_")}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.birth", str(theirs.fileno()), database, str(speed)],
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # it ends with all its children, by their group
                env=kept,
            )
        if self._line.recv(16) != b"ready":
            raise RuntimeError("the nursery did not start")

    def bear(self, order: dict[str, Any]) -> tuple[int, socket.socket]:
        """Start a product; returns its process id and a line on which it tells of itself and which ends when it does."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            bury, self._dead = self._dead, []
            socket.send_fds(self._line, [json.dumps({**order, "bury": bury}).encode()], [theirs.fileno()])
            pid = int(self._line.recv(16))
        return pid, ours

    def ended(self, pid: int) -> None:
        """Its line ended. Until this is said, nothing else on the machine gets its process id, and it may be sent signals."""
        self._dead.append(pid)

    def close(self) -> None:
        """End it and whatever it bore that still lives."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._line.close()


@cache
def nursery(speed: float, database: str) -> Nursery:
    """The one for such products. It serves until this process ends: it takes seconds to get ready."""
    made = Nursery(speed, database)
    atexit.register(made.close)
    return made
