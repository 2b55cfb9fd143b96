"""Several web processes and workers on one PostgreSQL and one Redis: killed, added, ended; every answer once and in order."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.channels.fake_twilio import Direction, FakeTwilio
from bot.settings import ROOT
from bot.web.hooks import MESSAGES_PATH
from tests.channels.serving import served
from tests.stack import ACCOUNT, SENDER, TOKEN

#: Several processes start at once, perhaps on a busy machine.
PATIENCE = 150.0
pytestmark = pytest.mark.timeout(600)
PEOPLE = [f"whatsapp:+57300555{number:04d}" for number in range(4)]
WORDS = ["1", "3", "menú", "1", "3"]


@dataclass
class Scaled:
    """The stand-in, and processes that share a database."""

    fake: FakeTwilio
    environment: dict[str, str]
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *command], cwd=ROOT, env=self.environment, stdout=log, stderr=log
        )
        log.close()
        self.processes.append(process)
        return process

    def serve(self, port: int, *options: str) -> subprocess.Popen[bytes]:
        return self.start("serve", "--port", str(port), *options)

    def said(self, person: str) -> list[str]:
        return [record.body for record in self.fake.conversation(person) if record.direction is Direction.OUTBOUND]

    def await_said(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while any(len(self.said(person)) < count for person in PEOPLE):
            assert time.monotonic() < deadline, ({person: len(self.said(person)) for person in PEOPLE}, self.logs())
            time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(path.read_text()[-1500:] for path in sorted(self.folder.glob("*.log")))


def kept_bytecode() -> dict[str, str]:
    """Most of a start is compiling what it imports, where that is not kept: here it is, for all starts of this user."""
    folder = Path(tempfile.gettempdir()) / f"soporte-bytecode-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        return {}
    return {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def await_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None
        with suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=1, trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


@contextmanager
def scaled(folder: Path, **more: str) -> Iterator[Scaled]:
    fake = FakeTwilio(account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, webhook_url="", clock=lambda: datetime.now(UTC))
    with served(fake.app) as api_url:
        fake.api_url = api_url
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SOPORTE_")},
            **kept_bytecode(),
            "SOPORTE_PUBLIC_URL": "http://127.0.0.1:9",
            "SOPORTE_DEV": "1",
            "SOPORTE_DATA_DIR": str(folder),
            "SOPORTE_TWILIO__ACCOUNT_SID": ACCOUNT,
            "SOPORTE_TWILIO__AUTH_TOKEN": TOKEN,
            "SOPORTE_TWILIO__SENDER": SENDER,
            "SOPORTE_TWILIO__API_BASE_URL": api_url,
            "SOPORTE_SENDER__LOOK_UP_AFTER_SECONDS": "0.3",
            **more,
        }
        running = Scaled(fake, environment, folder)
        try:
            yield running
        finally:
            for process in running.processes:
                process.kill()
                process.wait(10)


def write(running: Scaled, public: str, text: str, port: int) -> None:
    """Everybody writes the same at once, to one of the web processes."""
    running.fake.webhook_url = f"http://127.0.0.1:{port}{MESSAGES_PATH}"
    running.environment["SOPORTE_PUBLIC_URL"] = public

    async def all_of_them() -> None:
        receipts = await asyncio.gather(*(running.fake.receive(person, text=text) for person in PEOPLE))
        assert {receipt.status for receipt in receipts} == {200}

    asyncio.run(all_of_them())


def test_killed_added_and_restarted_processes_lose_and_double_nothing(
    bare_postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    port, asked = free_port(), free_port()
    public = f"http://127.0.0.1:{port}"
    more = {"SOPORTE_DATABASE_URL": bare_postgres_url, "SOPORTE_REDIS_URL": redis_url, "SOPORTE_PUBLIC_URL": public}
    with scaled(tmp_path, **more) as running:
        web = running.serve(port)
        await_ready(port, web)
        write(running, public, WORDS[0], port)
        time.sleep(3)  # longer than a sweep
        assert [running.said(person) for person in PEOPLE] == [[]] * len(PEOPLE), "the web leaves it to the workers"
        victim = running.start("work")
        running.environment["SOPORTE_WORK__PORT"] = str(asked)
        worker = running.start("work")
        running.await_said(1)
        await_ready(asked, worker)
        for step, text in enumerate(WORDS[1:], 2):
            write(running, public, text, port)
            if step == 2:
                victim.send_signal(signal.SIGKILL)
            if step == 3:
                web.send_signal(signal.SIGTERM)
                assert web.wait(PATIENCE) == 0
                web = running.serve(port)
                await_ready(port, web)
            running.await_said(step)
        ask_worker(asked)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
        for person in PEOPLE:
            said = running.said(person)
            assert len(said) == len(WORDS), said
            assert "producto" in said[0]
            assert said[1:2] == said[4:5]


def ask_worker(port: int) -> None:
    """A worker tells its own measures, by the web's rule, and has no pages."""
    address = f"http://127.0.0.1:{port}"
    text = httpx.get(f"{address}/metrics", trust_env=False).text
    turns = re.search(r"^soporte_turn_seconds_count (\d+)", text, re.MULTILINE)
    assert turns is not None
    assert int(float(turns.group(1))) > 0
    assert httpx.get(f"{address}/metrics", headers={"Via": "a proxy"}, trust_env=False).status_code == 403
    assert httpx.get(f"{address}/consola", trust_env=False).status_code == 404


@pytest.mark.parametrize("command", ["work"])
def test_workers_beside_an_embedded_database_are_refused_in_one_line(command: str, tmp_path: Path) -> None:
    with scaled(tmp_path) as running:
        process = running.start(command)
        assert process.wait(60) == 1
        assert running.logs().strip().splitlines() == [
            "database_url (SOPORTE_DATABASE_URL) is not PostgreSQL: with the embedded database `serve` does it all"
        ]
