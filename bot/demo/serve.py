"""`soporte demo`: the product with a phone in the browser, on this machine only."""

import asyncio
import socket
import sys
from pathlib import Path

from bot.demo.agent import USERNAME, first_password
from bot.demo.line import Line, running
from bot.demo.progress import progress
from bot.demo.seeding import seed
from bot.engine.conversation import to_json
from bot.engine.step import begin
from bot.settings import ROOT
from bot.web.serving import PortTakenError, StartFailedError, listen, signals


def run_demo(port: int = 8000, data_dir: Path = ROOT / "data", *, tickets: int = 0) -> int:
    """Serve until Ctrl-C or SIGTERM, with so many made-up tickets more than before.

    The exit code: 0, or 1 after one line on stderr that says what is wrong.
    """
    try:
        listening = listen(port)
    except PortTakenError as error:
        print(f"soporte demo: {error}; choose another with --port N", file=sys.stderr)
        return 1
    try:
        asyncio.run(_serve(listening, data_dir, tickets))
    except StartFailedError:
        return 1
    except (OSError, ValueError) as error:
        print(f"soporte demo: {error}", file=sys.stderr)
        return 1
    finally:
        listening.close()
    return 0


async def _serve(listening: socket.socket, data_dir: Path, tickets: int) -> None:
    stop = asyncio.Event()
    with signals(stop):
        async with running(data_dir, listening) as line:
            if tickets:
                await asyncio.to_thread(_fill, line, tickets, stop)
            password = await first_password(line.runtime.database, line.runtime.clock.now())
            print(_announcement(line, password), flush=True)
            await stop.wait()
            print("Ending.", flush=True)


def _fill(line: Line, tickets: int, stop: asyncio.Event) -> None:
    runtime = line.runtime
    report = progress(tickets, "tickets")
    for done in seed(runtime.database, tickets, to_json(begin(runtime.flow)), runtime.clock.now()):
        report(done)
        if stop.is_set():
            return


def _announcement(line: Line, password: str | None) -> str:
    secret = f"password {password}   (shown only now)"
    if password is None:
        secret = f"its password was shown at the first start; for a new one: ./run agents password {USERNAME}"
    return f"""
  Simulator   {line.address}/simulador   a customer's phone: write "hola"
  Console     {line.address}/consola   agent {USERNAME}, {secret}
  Stand-in    {line.fake_address}   in Twilio's place, for this demo only

  Ctrl-C ends it.
"""
