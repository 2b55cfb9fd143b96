"""Web servers, several in one event loop if need be, and the signals that end them."""

import asyncio
import errno
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from bot.web.protocol import LimitedProtocol

HOST = "127.0.0.1"


class PortTakenError(Exception):
    """The port cannot be listened on; the message says which and why, in one line."""


class StartFailedError(Exception):
    """A server ended before it had started; it has logged why."""


def listen(port: int, host: str = HOST) -> socket.socket:
    """A socket on a port, 0 for any free one. Raises PortTakenError."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    # A port that was served a moment ago is free again; one that is being served is not.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise PortTakenError(f"port {port} {'is taken' if taken else f'cannot be used ({error})'}") from None
    return listening


def address_of(listening: socket.socket) -> str:
    """The address under which the socket's server answers, without a slash at its end."""
    return f"http://{HOST}:{listening.getsockname()[1]}"


@asynccontextmanager
async def serving(
    app: ASGIApp, listening: socket.socket, *, lifespan: bool, grace: int = 1, proxies: Sequence[str] = ()
) -> AsyncIterator[None]:
    """Serve an application meanwhile; on the way out, give requests under way `grace` seconds. Raises StartFailedError.

    `proxies`: addresses and networks of those whose word about who asks is believed.
    """
    server = _Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            http=LimitedProtocol,
            log_level="warning",
            lifespan="on" if lifespan else "off",
            timeout_graceful_shutdown=grace,
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        # uvicorn has no event for it.
        while not server.started:
            if task.done():
                raise StartFailedError
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `signals`: several servers are ended in order, not all at once."""
        yield


@contextmanager
def signals(stop: asyncio.Event) -> Iterator[None]:
    """Meanwhile Ctrl-C and SIGTERM set `stop`; a second one ends the process the hard way."""
    loop = asyncio.get_running_loop()
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for name, handler in before.items():
            signal.signal(name, handler)

    def on_signal(_number: int, _frame: object) -> None:
        restore()
        loop.call_soon_threadsafe(stop.set)

    for name in before:
        signal.signal(name, on_signal)
    try:
        yield
    finally:
        restore()
