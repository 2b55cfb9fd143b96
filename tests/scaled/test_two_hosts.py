"""Two hosts on one PostgreSQL, one Redis and one Twilio; one of them is cut off while customers write, and comes back.

Each host is a network namespace with a wire to the servers, so a cut is what it is in life: silence, no refusal. A proxy
with the line's one address stands before them.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.fake_twilio import FakeTwilio
from bot.conversations.verify import verify
from bot.db import Database
from bot.settings import ROOT
from bot.web.hooks import MESSAGES_PATH
from tests.channels.serving import served
from tests.coordination.valkeys import free_ports
from tests.scaled.test_processes import PATIENCE, Scaled, kept_bytecode
from tests.servers import redis_program, restartable_postgres
from tests.stack import ACCOUNT, SENDER, TOKEN

pytestmark = pytest.mark.timeout(600)
PEOPLE = [f"whatsapp:+57300555{number:04d}" for number in range(4)]
WORDS = ("menú", "1") * 2
PORT = 8000


IP = shutil.which("ip") or ""


def ip(*words: str, check: bool = True) -> bool:
    """Run `ip`; True if it did what it was told."""
    return subprocess.run([IP, *words], check=check, capture_output=True).returncode == 0


@dataclass(frozen=True)
class Host:
    """A namespace, its wire's end outside, and its own address inside."""

    name: str
    wire: str
    gateway: str
    address: str

    def cut(self) -> None:
        ip("link", "set", self.wire, "down")

    def mend(self) -> None:
        ip("link", "set", self.wire, "up")

    @property
    def url(self) -> str:
        return f"http://{self.address}:{PORT}"


def proxy(two: list[Host]) -> Starlette:
    """Asks the second host, and if that does not answer in time the first."""

    async def forward(request: Request) -> Response:
        body, asked = await request.body(), str(request.url).removeprefix(str(request.base_url))
        for one in reversed(two):
            async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
                with suppress(httpx.HTTPError):
                    answer = await client.post(f"{one.url}/{asked}", content=body, headers=request.headers.raw)
                    return Response(answer.content, answer.status_code)
        return Response(status_code=502)

    return Starlette(routes=[Route("/{path:path}", forward, methods=["POST"])])


@contextmanager
def host(number: int) -> Iterator[Host]:
    mark, net = f"{os.getpid() % 10000}{number}", f"10.213.{os.getpid() % 100 * 2 + number}"
    its = Host(f"soporte-{mark}", f"sop{mark}", f"{net}.1", f"{net}.2")
    ip("netns", "add", its.name)
    try:
        ip("link", "add", its.wire, "type", "veth", "peer", "name", "eth0", "netns", its.name)
        ip("addr", "add", f"{its.gateway}/24", "dev", its.wire)
        ip("link", "set", its.wire, "up")
        # While the wire is down nobody else is asked for the address: some networks have one who answers for every host.
        ip("route", "add", "unreachable", f"{net}.0/24", "metric", "4000")
        ip("-n", its.name, "addr", "add", f"{its.address}/24", "dev", "eth0")
        ip("-n", its.name, "link", "set", "lo", "up")
        ip("-n", its.name, "link", "set", "eth0", "up")
        ip("-n", its.name, "route", "add", "default", "via", its.gateway)
        yield its
    finally:
        ip("route", "del", "unreachable", f"{net}.0/24", check=False)
        ip("link", "del", its.wire, check=False)
        ip("netns", "del", its.name)


def has_namespaces() -> bool:
    name = f"soporte-try-{os.getpid()}"
    return bool(IP) and os.geteuid() == 0 and ip("netns", "add", name, check=False) and ip("netns", "del", name, check=False)


@contextmanager
def redis_at(addresses: list[str], folder: Path) -> Iterator[int]:
    port = free_ports(1)[0]
    command = [str(redis_program()), "--bind", *addresses, "--port", str(port), "--protected-mode", "no", "--save", ""]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def hosts(folder: Path) -> Iterator[tuple[Scaled, Host, str]]:
    """Both, with everything they need, each with a process that serves and works; the second is told, and the database."""
    with ExitStack() as stack:
        two = [stack.enter_context(host(number)) for number in (0, 1)]
        here = two[0].gateway
        port = free_ports(1)[0]
        postgres = stack.enter_context(restartable_postgres("-h", here))
        with (postgres.folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.213.0.0/16 trust\n")
        stack.enter_context(postgres.running(port))
        redis = stack.enter_context(redis_at([here], folder))
        fake = FakeTwilio(account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, webhook_url="", clock=lambda: datetime.now(UTC))
        fake.api_url = stack.enter_context(served(fake.app, listener=socket.create_server((here, 0)))).replace("127.0.0.1", here)
        database = f"postgresql://postgres@{here}:{port}/postgres"
        public = stack.enter_context(served(proxy(two)))
        fake.webhook_url = public + MESSAGES_PATH
        running = Scaled(fake, {}, folder)
        stack.callback(end, running)
        for one in two:
            running.environment = environment(fake, public, database, f"redis://{here}:{redis}", folder)
            command = [IP, "netns", "exec", one.name, sys.executable, "-m", "bot", "serve", "--work", "--host", one.address]
            with (folder / f"{one.name}.log").open("wb") as log:
                running.processes.append(
                    subprocess.Popen([*command, "--port", str(PORT)], cwd=ROOT, env=running.environment, stdout=log, stderr=log)
                )
        for one in two:
            await_ready(one, running)
        yield running, two[1], database


def end(running: Scaled) -> None:
    for process in running.processes:
        process.kill()
        process.wait(10)


def environment(fake: FakeTwilio, public: str, database: str, redis: str, folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOPORTE_")}
    return {
        **kept,
        **kept_bytecode(),
        "SOPORTE_PUBLIC_URL": public,
        "SOPORTE_DEV": "1",
        "SOPORTE_DATA_DIR": str(folder),
        "SOPORTE_DATABASE_URL": database,
        "SOPORTE_REDIS_URL": redis,
        "SOPORTE_TWILIO__ACCOUNT_SID": ACCOUNT,
        "SOPORTE_TWILIO__AUTH_TOKEN": TOKEN,
        "SOPORTE_TWILIO__SENDER": SENDER,
        "SOPORTE_TWILIO__API_BASE_URL": fake.api_url,
        "SOPORTE_TWILIO__TIMEOUT_SECONDS": "3",
        "SOPORTE_SENDER__LOOK_UP_AFTER_SECONDS": "0.3",
        "SOPORTE_OVERLOAD__CUSTOMER_PER_MINUTE": "0",
    }


def await_ready(one: Host, running: Scaled) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{one.url}/health/ready", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError(running.logs())


@pytest.mark.skipif(not has_namespaces(), reason="network namespaces need root and the command ip")
def test_a_host_that_is_cut_off_and_comes_back_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with hosts(tmp_path) as (running, second, database):
        fake = running.fake

        def write(person: str) -> None:
            for n, word in enumerate(WORDS, 1):
                assert asyncio.run(fake.deliver(fake.accept(person, text=word))) == 200
                deadline = time.monotonic() + PATIENCE
                while len(running.said(person)) < n:
                    assert time.monotonic() < deadline, (person, n, running.logs())
                    time.sleep(0.02)

        with ThreadPoolExecutor(len(PEOPLE)) as pool:
            writing = [pool.submit(write, person) for person in PEOPLE]
            time.sleep(0.5)
            second.cut()
            time.sleep(4)
            second.mend()
            for one in writing:
                one.result()
        await_ready(second, running)
        time.sleep(2)
        for person in PEOPLE:
            said = running.said(person)
            assert said == said[:2] * (len(WORDS) // 2), person
        stored = Database(database)
        assert list(verify(stored, datetime.now(UTC), lambda _done, _total: None)) == []
        stored.close()
