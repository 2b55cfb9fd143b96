"""A process that has read everything in and forks a running product whenever it is asked: a start takes 50 ms, not 4 s.

It holds no thread, no database and no event loop, so that what is forked begins as a fresh process would.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

from tests.crash import points, product


class Nursery:
    """The nursery as its user sees it."""

    def __init__(self, database: str = "") -> None:
        ours, theirs = socket.socketpair()
        self._line = ours
        self._dead: list[int] = []
        self._lock = threading.Lock()  # orders are taken one at a time
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SOPORTE_")}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.nursery", str(theirs.fileno()), database],
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


def main(line: socket.socket, database: str) -> None:
    """Bear products until the line ends."""
    product.prepare(database)
    points.install()
    gc.collect()
    gc.freeze()
    line.sendall(b"ready")
    while True:
        told, descriptors, _flags, _address = socket.recv_fds(line, 65536, 1)
        if not told:
            os.killpg(0, signal.SIGKILL)
        order = json.loads(told)
        pid = os.fork()
        if pid == 0:
            line.close()
            product.live(order, socket.socket(fileno=descriptors[0]))
            os._exit(0)
        os.close(descriptors[0])
        line.sendall(str(pid).encode())
        for dead in order["bury"]:
            os.waitpid(dead, 0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])
