"""A server that answers with exactly the bytes it is told to, and remembers what it was asked. Real sockets, no framework."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Wire:
    """One server. `answers`: path → the whole answer, as bytes or as pieces with pauses (seconds) between them."""

    listener: socket.socket
    answers: dict[str, bytes | list[bytes | float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  #: heads of requests, whole
    connections: int = 0
    tls: ssl.SSLContext | None = None

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, accepted: socket.socket) -> None:
        try:
            connection = self.tls.wrap_socket(accepted, server_side=True) if self.tls else accepted
        except OSError:  # the other side does not trust us
            return
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(65536)
                if not received:
                    return
                head += received
            text = head.decode("latin-1")
            self.asked.append(text)
            answer = self.answers.get(text.split(" ")[1], b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            for piece in [answer] if isinstance(answer, bytes) else answer:
                try:
                    time.sleep(piece) if isinstance(piece, float) else connection.sendall(piece)
                except OSError:  # the other side has had enough
                    return


def content(body: bytes, *, status: str = "200 OK", head: str = "") -> bytes:
    """An answer with a body."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{head}\r\n".encode() + body


def redirect(target: str, status: int = 307) -> bytes:
    """An answer that leads elsewhere; `target` stands in it as it is."""
    return f"HTTP/1.1 {status} See\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


@contextmanager
def wire(address: str = "127.0.0.1", port: int = 0) -> Iterator[Wire]:
    """Serve for the length of a `with` block."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = Wire(socket.create_server((address, port), family=family))
    threading.Thread(target=made.run, daemon=True).start()
    yield made
    # Closing alone would leave the thread waiting in `accept`.
    made.listener.shutdown(socket.SHUT_RDWR)
    made.listener.close()
