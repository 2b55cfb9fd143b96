"""The process in which products are born. It holds no thread, database or event loop: what is forked begins as if fresh."""

import gc
import json
import os
import signal
import socket
import sys

from tests.crash import haste, points, product  # noqa: F401 (haste comes first: it changes a length before others read it)


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
        product.get_ready(order["settings"])
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
