"""How long the console takes for its pages with very many tickets: `python -m tests.benchmarks.console --help`.

Requests go through the real application in this process, one after the other: routing, session, database, template. What
is not in the figures is the network and the browser. Figures and what they were measured on: `docs/performance.md`.
"""

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from bot.agents import accounts, sessions
from bot.agents.rights import Role
from bot.agents.tables import agents
from bot.channels.base import Channel
from bot.coordination.in_process import InProcess
from bot.db import Database
from bot.demo.progress import progress
from bot.demo.seeding import seed
from bot.engine.conversation import to_json
from bot.engine.flow import Flow
from bot.engine.nodes.ask import Ask
from bot.engine.step import begin
from bot.flows import our_flow
from bot.migrations import upgrade
from bot.settings import Settings
from bot.tickets.exporting import Reader, Wanted, Words, without_shown
from bot.tickets.queries import Ticket, from_row, select
from bot.tickets.spreadsheets import FORMATS
from bot.tickets.tables import tickets
from bot.web.console import create_console
from tests import servers
from tests.web.console.conftest import nobody_answers

#: First page and search are to stay below this, in milliseconds.
TARGET = 60
_USERNAME = "agente"
_WARM_UP = 2


@dataclass(frozen=True)
class Clock:
    """The time of the newest ticket, so that windows and ages are those of the day it was seeded."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def outside(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Parts:
    """A running product as far as the console needs it."""

    database: Database
    flow: Flow
    clock: Clock
    settings: Settings = field(default_factory=lambda: Settings(public_url="http://testserver"))
    coordination: InProcess = field(default_factory=InProcess)
    channel: Channel = field(default_factory=nobody_answers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Seed if need be, measure, print a table; 1 if a page with a target misses it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000, help="how many there are to be (default: 10000)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--file", type=Path, help="SQLite file to use and to keep, so that it need not be seeded again")
    parser.add_argument("--requests", type=int, default=40, help="of each kind (default: 40)")
    parser.add_argument("--export", choices=list(FORMATS), nargs="*", default=[], help="also write all tickets in these formats")
    chosen = parser.parse_args(arguments)
    with _url(chosen.database, chosen.file) as url:
        database = Database(url)
        upgrade(database)
        flow = our_flow()
        _fill(database, flow, chosen.tickets)
        try:
            missed = _measure(database, flow, chosen.requests)
            for kind in chosen.export:
                _export(database, flow, kind)
            return missed
        finally:
            database.close()


@contextmanager
def _url(kind: str, file: Path | None) -> Iterator[str]:
    if kind == "postgresql":
        with servers.postgres() as url:
            yield url
    elif file is not None:
        yield f"sqlite:///{file.absolute()}"
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/benchmark.db"


def _fill(database: Database, flow: Flow, count: int) -> None:
    there = database.read_now(lambda connection: connection.scalar(sa.select(sa.func.count()).select_from(tickets))) or 0
    if there < count:
        report = progress(count - there, "tickets")
        for done in seed(database, count - there, to_json(begin(flow)), datetime.now(UTC)):
            report(done)


def _measure(database: Database, flow: Flow, requests: int) -> int:
    newest, middle, highest = database.read_now(_landmarks)
    clock = Clock(newest.created_at + timedelta(minutes=3))
    app = FastAPI()
    app.mount("/consola", create_console(Parts(database, flow, clock)))
    token = database.write_now(partial(_log_in, now=clock.at))
    missed = []
    kind = database.engine.dialect.name
    print(f"{'':<36} {'p50':>8} {'p95':>8} {'cpu':>8} {'server':>8}  ms, {requests} requests each, {highest:,} tickets, {kind}")
    with asyncio.Runner() as runner:
        for name, path, has_target in _pages(newest, middle, highest):
            before = _server_work(database)
            times, cpu = runner.run(_timed(app, token, path, requests))
            served = (_server_work(database) - before) / (requests + _WARM_UP)
            p50, p95 = statistics.median(times), sorted(times)[max(0, round(len(times) * 0.95) - 1)]
            remark = "  above the target" if has_target and p95 > TARGET else ""
            print(f"{name:<36} {p50:>8.1f} {p95:>8.1f} {cpu:>8.1f} {served:>8.1f}{remark}", flush=True)
            missed += [name] if has_target and p95 > TARGET else []
    return 1 if missed else 0


def _export(database: Database, flow: Flow, kind: str) -> None:
    """Write all tickets as the console does, piece by piece, and tell how fast, how large, and what memory it took."""
    asked = {node.field: node.label for node in flow.nodes.values() if isinstance(node, Ask)}
    reader, words = Reader(Wanted(), datetime.now(UTC), flow.zone), Words({}, fields=without_shown(asked))
    with tempfile.TemporaryDirectory() as folder:
        path, before, began = Path(folder) / f"tickets.{kind}", _peak(), time.perf_counter()
        file, count, after = FORMATS[kind](path, words.above(), words.sheet), 0, None
        while count == 0 or after is not None:
            found, after = database.read_now(partial(reader.batch, after=after))
            file.add(reader.rows(found, words))
            count += len(found)
        file.close()
        took, size = time.perf_counter() - began, path.stat().st_size
    rate, grown = count / took, _peak() - before
    print(
        f"{f'export, {kind}':<36} {took:>8.1f} s, {rate:,.0f} tickets a second, {size / 1e6:,.0f} MB, {grown:.0f} MB more memory"
    )


def _server_work(database: Database) -> float:
    """Milliseconds of CPU that the processes of a PostgreSQL on this machine have spent so far; 0 for an embedded database."""
    if database.embedded:
        return 0.0
    backend = database.read_now(lambda connection: connection.scalar(sa.text("SELECT pg_backend_pid()")))
    server = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1]
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    spent = (Path(f"/proc/{child}/schedstat") for child in children)
    return sum(int(file.read_text().split()[0]) for file in spent if file.exists()) / 1e6


def _peak() -> float:
    """The most memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _landmarks(connection: sa.Connection) -> tuple[Ticket, Ticket, int]:
    """The newest ticket, one from the middle, and how many there are."""
    highest = connection.scalar(sa.select(sa.func.max(tickets.c.id))) or 0
    newest, middle = (
        from_row(connection.execute(select().where(tickets.c.id == identity)).one()) for identity in (highest, highest // 2)
    )
    return newest, middle, highest


def _pages(newest: Ticket, middle: Ticket, highest: int) -> list[tuple[str, str, bool]]:
    """Name, path, and whether it has to stay below the target."""
    value = {field.name: field.value for field in middle.fields}
    micros = int(middle.last_message_at.timestamp() * 1_000_000)
    listed = {
        "list, first page": "",
        "list, deep page": f"tras={highest // 2}",
        "list, oldest first, deep page": f"orden=antiguas&tras={highest // 2}",
        "list by last message": "orden=actividad",
        "list by last message, deep page": f"orden=actividad&tras={micros}-{middle.id}",
        "list by closing window": "orden=ventana",
        **{f"filter {name}": name for name in ("estado=open", "estado=resolved", "caso=olvide_clave")},
        **{
            f"filter {name}": name for name in ("caso=seguridad_correo_parcial", "categoria=Ventas+y+planes", "asesor=sara.pardo")
        },
        **{f"filter {name}": name for name in ("mias=si", "sin_asesor=si", "no_leidas=si", "vencidas=si", "por_cerrar=si")},
        "filter state, case, by last message": "estado=open&caso=olvide_usuario&orden=actividad",
        "filters that nothing passes": "estado=resolved&no_leidas=si&orden=actividad",
        "search a common word": "buscar=contrase%C3%B1a",
        "search the beginning of one": "buscar=contr",
        "search two letters": "buscar=co",
        "search two common words": "buscar=correo+contrase%C3%B1a",
        "search a rare word": f"buscar=cliente{middle.id}",
        "search nobody's word": "buscar=zanahoria",
        "search a name": "buscar=mu%C3%B1oz+ingrid",
        "search a NIT": f"buscar={value['nit']}",
        "search a phone": f"buscar={middle.phone.removeprefix('+57')}",
        "search a number": f"buscar={middle.number}",
        "search, deep page": f"buscar=contrase%C3%B1a&tras={highest // 2}",
        "search a common word in a state": "buscar=contrase%C3%B1a&estado=waiting",
    }
    pages = [
        (name, f"/consola/?{query}", name == "list, first page" or name.startswith("search")) for name, query in listed.items()
    ]
    return [
        *pages,
        ("ticket page", f"/consola/solicitudes/{newest.number}", False),
        ("ticket page, old", f"/consola/solicitudes/{middle.number}", False),
        *((f"report {name}, 30 days", f"/consola/informes/{name}", False) for name in ("resumen", "asesores", "bot", "abandono")),
    ]


async def _timed(app: FastAPI, token: str, path: str, requests: int) -> tuple[list[float], float]:
    """Milliseconds of each request by the clock, and of this process' work for one; the first ones warm up and do not count."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", cookies={"soporte-session": token}) as client:
        times, worked = [], 0.0
        for n in range(requests + _WARM_UP):
            worked = time.process_time() if n == _WARM_UP else worked
            began = time.perf_counter()
            answer = await client.get(path)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            if n >= _WARM_UP:
                times.append((time.perf_counter() - began) * 1000)
        return times, (time.process_time() - worked) / requests * 1000


def _log_in(connection: sa.Connection, now: datetime) -> str:
    if accounts.credentials(connection, _USERNAME) is None:
        accounts.add(connection, "Agente", _USERNAME, "", now)
    accounts.set_role(connection, _USERNAME, Role.SUPERVISOR, now)
    agent_id = connection.execute(sa.select(agents.c.id).where(agents.c.username == _USERNAME)).scalar_one()
    return sessions.start(connection, agent_id, now, timedelta(hours=12))


if __name__ == "__main__":
    sys.exit(main())
