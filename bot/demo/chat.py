"""`soporte chat`: a customer's phone in the terminal, for people and, with a pipe on standard input, for scripts."""

import asyncio
import mimetypes
import socket
import sys
from functools import partial
from pathlib import Path
from typing import assert_never

import httpx

from bot.channels.fake_twilio import File, Incoming
from bot.demo import typed
from bot.demo.keyboard import lines_from
from bot.demo.line import Line, running
from bot.demo.screen import Screen
from bot.demo.waiting import is_idle
from bot.settings import ROOT
from bot.web.serving import StartFailedError, listen, signals
from bot.web.simulator.samples import sample

_ADDRESS = "whatsapp:+573005550142"
_PROFILE_NAME = "María Rodríguez"
#: Seconds after which a script goes on, although the product is still busy.
_LONGEST_WAIT = 20.0
_LARGEST_FILE = 5 * 1024 * 1024


def run_chat(data_dir: Path = ROOT / "data" / "chat") -> int:
    """Chat until the end of the input, /salir, or Ctrl-C. The exit code: 0, or 1 after a line on stderr."""
    listening = listen(0)
    try:
        asyncio.run(_chat(listening, data_dir))
    except StartFailedError:
        return 1
    except (OSError, ValueError) as error:
        print(f"soporte chat: {error}", file=sys.stderr)
        return 1
    finally:
        listening.close()
    return 0


async def _chat(listening: socket.socket, data_dir: Path) -> None:
    stop = asyncio.Event()
    lines = lines_from(sys.stdin.fileno())
    with signals(stop):
        async with running(data_dir, listening) as line:
            screen = Screen(line.fake, _ADDRESS)
            tasks = [asyncio.create_task(_end_on(stop, lines)), asyncio.create_task(screen.follow())]
            try:
                await _talk(lines, line, screen)
            finally:
                for task in tasks:
                    task.cancel()


async def _end_on(stop: asyncio.Event, lines: "asyncio.Queue[str | None]") -> None:
    await stop.wait()
    lines.put_nowait(None)


async def _talk(lines: "asyncio.Queue[str | None]", line: Line, screen: Screen) -> None:
    screen.write('You are a customer. Write "hola" to begin; /ayuda tells what else there is.')
    screen.prompt()
    while (text := await lines.get()) is not None:
        screen.echo(text)
        entered = typed.read(text)
        if isinstance(entered, typed.Quit):
            return
        if remark := await _do(entered, line):
            screen.write(remark)
        await _settle(line)
        screen.show_new()
        screen.prompt()


async def _do(entered: typed.Typed, line: Line) -> str:
    """Do what was typed; returns a remark for the one who typed, or nothing."""
    match entered:
        case typed.MoveClock(hours):
            return await _move_clock(line, hours)
        case typed.Remark(text):
            return text
        case typed.Quit():
            return ""
    try:
        incoming = _incoming(entered)
    except (OSError, ValueError) as error:
        return f"(the file cannot be sent: {error})"
    return await _send(line, incoming)


def _incoming(entered: typed.Text | typed.Attachment | typed.Place | typed.Tap) -> Incoming:
    """What the phone sends. Raises OSError and ValueError for a file that cannot be sent."""
    match entered:
        case typed.Text(text):
            return Incoming(text=text)
        case typed.Attachment(kind, path):
            return Incoming(media=[sample(kind).file if path is None else _file(path)])
        case typed.Place(location):
            return Incoming(location=location)
        case typed.Tap(choice, label):
            return Incoming(button=(choice, label))
        case unknown:
            assert_never(unknown)


async def _send(line: Line, incoming: Incoming) -> str:
    incoming["profile_name"] = _PROFILE_NAME
    receipt = await line.fake.receive(_ADDRESS, **incoming)
    return "" if receipt.status == 200 else f"(the product did not take the message: HTTP {receipt.status})"


def _file(path: Path) -> File:
    if path.stat().st_size > _LARGEST_FILE:
        raise ValueError("it is larger than 5 MB")
    return File(mimetypes.guess_type(path)[0] or "application/octet-stream", path.read_bytes())


async def _move_clock(line: Line, hours: float) -> str:
    async with httpx.AsyncClient(base_url=line.address, trust_env=False) as client:
        answer = await client.post("/dev/clock", json={"advance_hours": hours})
    return f"(it is now {answer.raise_for_status().json()['now']})"


async def _settle(line: Line) -> None:
    """Wait until everything is handled, sent and delivered; no longer than a person would."""
    try:
        async with asyncio.timeout(_LONGEST_WAIT):
            # Asked again and again, because the product tells nobody that it is done.
            while not await line.runtime.database.read(partial(is_idle, now=line.runtime.clock.now())):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await line.fake.settle(_LONGEST_WAIT)
    except TimeoutError:
        print("(still busy)", flush=True)
