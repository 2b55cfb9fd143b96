"""How many messages a second the line answers, and at what cost: `python -m tests.benchmarks.line --help`.

Starts the product as its own process on one core, lets customers write from another one (`customers`), and measures from the
posted webhook to the call that carries the reply. The floor, and the webhooks alone (`bare`), run in between: a shared
machine is faster at one moment than at the next, so look at the ratios, and at the CPU time rather than at the clock.
Figures and what they were measured on: `docs/performance.md`.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from tests import servers
from tests.benchmarks.customers import ACCOUNT, PATH, SENDER, TOKEN, RestApi, serve, talk
from tests.benchmarks.stored import store

_ROOT = Path(__file__).parents[2]
_PATIENCE = 180.0
#: BuilderBot answering by REST, state in memory, on the same kind of machine: the aim is four times that.
_PEER = 268.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A process that is measured."""

    process: "subprocess.Popen[bytes]"
    port: int
    workers: tuple["subprocess.Popen[bytes]", ...] = ()

    def cpu_seconds(self) -> float:
        """Of all its threads so far, in user and in kernel mode; with its workers'."""
        return sum(map(_cpu_seconds, (self.process, *self.workers)))

    def memory(self) -> float:
        """What it holds at present, in MiB; with workers, the largest of the processes."""
        return max(map(_memory, (self.process, *self.workers)))


def _cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(process: "subprocess.Popen[bytes]") -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table; 1 if a message was lost or refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3000, help="in each row (default: 3000)")
    parser.add_argument("--at-once", default="1,16,64", help="customers who write at a time, a row for each (default: 1,16,64)")
    parser.add_argument("--rounds", type=int, default=1, help="how often all of it is measured")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite", help="postgresql brings Redis along")
    parser.add_argument("--stored", type=int, default=0, help="messages that are in the database before (SQLite)")
    parser.add_argument("--file", type=Path, help="SQLite file to use and to keep, so that --stored need not be repeated")
    parser.add_argument(
        "--workers", type=int, default=2, help="`soporte work` beside `soporte serve`, on PostgreSQL (default: 2)"
    )
    parser.add_argument("--only", choices=["floor", "line", "webhooks alone"], help="leave the others out")
    parser.add_argument("--watch", type=float, default=0, help="tell every so many seconds how far it is, and its memory")
    parser.add_argument("--typing", action="store_true", help="show “typing…” before each answer: a second call to Twilio")
    chosen = parser.parse_args(arguments)
    if chosen.database == "sqlite":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = _environment(stack, chosen, folder)
        return uvloop.run(_measure(chosen, environment))


def _environment(stack: ExitStack, chosen: argparse.Namespace, folder: Path) -> dict[str, str]:
    """Settings of the product, with the servers that they name running."""
    data = folder
    if chosen.file is not None:
        data = chosen.file.absolute().parent
        environment = {"SOPORTE_DATABASE_URL": f"sqlite:///{chosen.file.absolute()}"}
    elif chosen.database == "postgresql":
        environment = {"SOPORTE_DATABASE_URL": stack.enter_context(servers.postgres())}
        environment["SOPORTE_REDIS_URL"] = stack.enter_context(servers.redis())
    else:
        environment = {}
    if chosen.stored:
        store(f"sqlite:///{chosen.file.absolute() if chosen.file else folder / 'line' / 'soporte.db'}", chosen.stored)
    return {
        **os.environ,
        **environment,
        "SOPORTE_DEV": "1",
        "SOPORTE_DATA_DIR": str(data),
        "SOPORTE_TWILIO__ACCOUNT_SID": ACCOUNT,
        "SOPORTE_TWILIO__AUTH_TOKEN": TOKEN,
        "SOPORTE_TWILIO__SENDER": SENDER,
        "SOPORTE_OVERLOAD__SENDS_PER_DAY": "0",  # a day's cap would leave the menus out after it
        "SOPORTE_SENDER__TYPING": str(chosen.typing).lower(),
    }


async def _measure(chosen: argparse.Namespace, environment: dict[str, str]) -> int:
    api = RestApi()
    rest = await serve(api, 0)
    rest_port = rest.sockets[0].getsockname()[1]
    environment["SOPORTE_TWILIO__API_BASE_URL"] = f"http://127.0.0.1:{rest_port}"
    print(f"{'':<28}{'msg/s':>8}{'× peer':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'× floor':>9}{'MiB':>7}{'lost':>6}")
    first, lost = int(time.time() * 100) % 10**9, 0
    floors: dict[int, float] = {}
    kinds = {"floor": ["tests.benchmarks.bare", "floor"], "line": ["bot", "serve", "--port"]}
    if chosen.database == "sqlite" and chosen.file is None:
        kinds["webhooks alone"] = ["tests.benchmarks.bare", "acknowledge"]
    if chosen.only:
        kinds = {chosen.only: kinds[chosen.only]}
    for _ in range(chosen.rounds):
        for name, command in kinds.items():
            own = {**environment, "SOPORTE_DATA_DIR": f"{environment['SOPORTE_DATA_DIR']}/{name}"}
            workers = chosen.workers if chosen.database == "postgresql" and name == "line" else 0
            core = {min(os.sched_getaffinity(os.getppid()))} if chosen.database == "sqlite" else os.sched_getaffinity(0)
            with _running(command, own, core, workers) as server:
                await asyncio.to_thread(_wait_for, server)
                watching = asyncio.create_task(_watch(server, api, chosen.watch))
                await talk(server.port, api if name == "line" else None, messages=200, at_once=4, first=first)
                first += 10**6
                for at_once in map(int, chosen.at_once.split(",")):
                    cpu = server.cpu_seconds()
                    whom = api if name == "line" else None
                    result = await talk(server.port, whom, messages=chosen.messages, at_once=at_once, first=first)
                    first += 10**6
                    count = len(result.latencies) or 1
                    each = (server.cpu_seconds() - cpu) / count * 1e6
                    floors.setdefault(at_once, each)
                    lost += result.lost + result.refused
                    rate = count / result.seconds
                    print(
                        f"{f'{name}, {at_once} at once':<28}{rate:>8.0f}{rate / _PEER:>8.1f}{result.percentile(0.5):>9.2f}"
                        f"{result.percentile(0.99):>9.2f}{each:>9.0f}{each / floors[at_once]:>9.1f}{server.memory():>7.0f}"
                        f"{result.lost + result.refused:>6}",
                        flush=True,
                    )
                watching.cancel()
    rest.close()
    return 1 if lost else 0


async def _watch(server: Server, api: RestApi, seconds: float) -> None:
    while seconds:
        await asyncio.sleep(seconds)
        print(f"{api.sent:>12,} answers, {server.memory():.0f} MiB", flush=True)


@contextmanager
def _running(command: list[str], environment: dict[str, str], core: set[int], workers: int) -> Iterator[Server]:
    """A server in a process of its own, and as many workers, on these cores."""
    port = _free_port()
    settings = {**environment, "SOPORTE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    commands = [[*command, str(port)], *[["bot", "work"]] * workers]
    processes = []
    for module, *arguments in commands:
        program = f"import os, runpy, sys; os.sched_setaffinity(0, {core}); sys.argv[1:] = {arguments!r}"
        program += f"; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
        processes.append(subprocess.Popen([sys.executable, "-c", program], cwd=_ROOT, env=settings))
    try:
        yield Server(processes[0], port, tuple(processes[1:]))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _wait_for(server: Server) -> None:
    """Until it answers: in a thread, because the product asks our stand-in for Twilio before it listens."""
    address = f"http://127.0.0.1:{server.port}{PATH}"
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(address, method="POST"), timeout=5)
        except urllib.error.HTTPError:
            return  # it answers, and refuses what is not signed
        except OSError:
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the server does not start") from None
            time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
