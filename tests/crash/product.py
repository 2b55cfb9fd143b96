"""The product as it runs in a process that is going to be killed: as `soporte serve` does it, but for three things.

The flow is compiled beforehand, the port is shared with other processes (so that several serve behind one address), and the
clock runs faster: leases, pauses and time-outs keep their proportions and take less of the day.
"""

import asyncio
import json
import logging
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

import sqlalchemy as sa
import uvloop
from sqlalchemy.engine import make_url
from starlette.datastructures import ImmutableMultiDict

from bot import runtime as building
from bot import settings
from bot.account import channel_of
from bot.channels.base import Channel, SendError
from bot.channels.twilio import TwilioChannel
from bot.conversations.inbox import record_message
from bot.runtime import Clock, Runtime, build
from bot.settings import Settings
from bot.web import console
from bot.web.app import create_app
from bot.web.console import delivery
from bot.web.serving import serving, signals
from tests.crash import points


def fast_clock(begun: float, speed: float) -> Clock:
    """A clock that shows the true time at `begun` (seconds since 1970) and runs `speed` times as fast from there."""

    def now() -> datetime:
        return datetime.fromtimestamp(begun, UTC) + timedelta(seconds=(time.time() - begun) * speed)

    return Clock(source=now)


@cache
def _chosen(written: str) -> Settings:
    return settings.read(**json.loads(written))


@cache
def _channel(written: str) -> Channel:
    return channel_of(_chosen(written))


def get_ready(chosen: dict[str, Any]) -> None:
    """Read the settings and make the channel that lives with these settings have: certificates take long to read."""
    _channel(json.dumps(chosen))


def prepare(database: str) -> None:
    """Do once what does not differ between lives: read the flow, and live a short life, which loads and compiles the rest.

    It is lived on a database of its own, on the server of `database` if that is one.
    """
    logging.basicConfig(level=logging.CRITICAL)  # that nobody is there to send to is no news
    setattr(console, "load", cache(delivery.load))  # noqa: B010 (the name is not the module's own)
    with tempfile.TemporaryDirectory(prefix="soporte-crash-") as folder, _of_its_own(database) as url:
        nobody = {"account_sid": "AC", "auth_token": "nobody", "sender": "whatsapp:+1", "api_base_url": "http://127.0.0.1:1"}
        runtime = build(settings.read(dev=True, data_dir=folder, database_url=url, twilio=nobody), Clock())
        uvloop.run(_serve(runtime, _listen(0), None))
        with suppress(SendError):
            runtime.channel.sent_since("whatsapp:+1", datetime.now(UTC))
        runtime.close()
    if threading.active_count() > 1:
        raise RuntimeError("a thread is left over: a fork would lack it")


@contextmanager
def _of_its_own(database: str) -> Iterator[str]:
    if not database:
        yield ""
        return
    server = sa.create_engine(make_url(database).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE rehearsal"))
        yield make_url(database).set(database="rehearsal").render_as_string(hide_password=False)
        connection.execute(sa.text("DROP DATABASE rehearsal"))
    server.dispose()


def live(order: dict[str, Any], line: socket.socket) -> None:
    """Serve until killed, or until SIGTERM. `line` hears `ready`, `point …` and `ended`."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.basicConfig(
        force=True, level=logging.WARNING, stream=sys.stderr, format="%(process)d %(levelname)s %(name)s %(message)s"
    )
    if order["is_blind"]:
        TwilioChannel.sent_since = lambda *_: ()  # type: ignore[method-assign]
    points.arm(order["point"], order["passes"], line.fileno())
    try:
        listening = _listen(order["port"])
        written = json.dumps(order["settings"])
        setattr(building, "channel_of", lambda _settings: _channel(written))  # noqa: B010 (the name is not the module's own)
        runtime = build(_chosen(written), fast_clock(order["begun"], order["speed"]))
        points.watch(runtime.database)
        uvloop.run(_serve(runtime, listening, line))
        runtime.close()
        line.sendall(b"ended\n")
    except BaseException:
        logging.getLogger(__name__).exception("the product failed")
        os._exit(1)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    return listening


async def _serve(runtime: Runtime, listening: socket.socket, line: socket.socket | None) -> None:
    """Serve until SIGTERM; without a line, only for as long as a rehearsal takes."""
    stop = asyncio.Event()
    with signals(stop):
        app = create_app(runtime)
        async with serving(app, listening, lifespan=True, grace=5):
            if line is None:
                await _rehearse(runtime)
            else:
                asyncio.get_running_loop().add_reader(line, _listen_to, line, runtime)
                line.sendall(b"ready\n")
                await stop.wait()
            app.state.stopping.set()


def _listen_to(line: socket.socket, runtime: Runtime) -> None:
    """Obey orders that come during life, one a line."""
    for told in line.recv(4096).splitlines():
        match json.loads(told):
            case {"point": label, "passes": passes, "signal": deed}:
                points.arm(label, passes, line.fileno(), deed)
            case {"clock": seconds}:
                runtime.clock.advance(timedelta(seconds=seconds))
            case {"pages": most}:  # the disk is full when the database has so many
                runtime.database.submit(partial(_allow, pages=most))


def _allow(connection: sa.Connection, pages: int) -> None:
    """Let the embedded database grow to so many pages; beyond that SQLite finds the disk full."""
    used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count={max(pages, used)}")


async def _rehearse(runtime: Runtime) -> None:
    """Take messages and try to answer them, so that what is compiled at its first use is."""
    for number, text in enumerate(("hola", "1")):
        told = {"MessageSid": f"SM{number}", "From": "whatsapp:+573005550142", "Body": text}
        received = runtime.channel.parse_message(ImmutableMultiDict(told))
        await runtime.database.write(partial(record_message, received=received, flow=runtime.flow, now=runtime.clock.now()))
        await runtime.coordination.wake("inbox")
    await asyncio.sleep(1)
