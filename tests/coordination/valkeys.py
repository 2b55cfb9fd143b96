"""Servers of the Redis protocol that a test may kill, stop, starve and start again: alone, behind sentinels, as a cluster."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from tests.servers import redis_program

_PATIENCE = 30.0


@dataclass
class Valkey:
    """One server on a port of loopback; `options` as on its command line."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    name: str = "valkey"
    password: str | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Valkey":
        """Start it and wait until it answers."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            plain = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder))
            options = self.options if "--sentinel" in self.options else (*plain, *self.options)
            self.process = subprocess.Popen([str(redis_program()), *options], stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / f"{self.name}.log").read_text()[-2000:])
            time.sleep(0.02)
        return self

    def do(self, *command: str) -> Any:
        """Ask the server itself."""
        with redis.Redis(host="127.0.0.1", port=self.port, socket_timeout=5, password=self.password) as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()  # also one that is stopped
            self.process.wait(10)
            self.process = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stopped meanwhile: it takes connections, and says nothing."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.do("PING"))
        except redis.RedisError:
            return False


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, and whose port of a cluster's bus (10,000 more) is in range."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(4 * count)]
    found = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return [port for port in found if port < 55_000 and _is_free(port + 10_000)][:count]


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@contextmanager
def valkey(folder: Path, *options: str) -> Iterator[Valkey]:
    """One server."""
    server = Valkey(folder, free_ports(1)[0], options).start()
    try:
        yield server
    finally:
        server.kill()


@dataclass
class Watched:
    """A master, its replica, and a sentinel that watches them."""

    master: Valkey
    replica: Valkey
    sentinel: Valkey

    @property
    def url(self) -> str:
        """Its address; the first sentinel is not there."""
        return f"redis+sentinel://127.0.0.1:1,127.0.0.1:{self.sentinel.port}/line"

    def await_replica(self) -> None:
        """Wait until the sentinel knows the replica and could make it the master."""
        deadline = time.monotonic() + _PATIENCE
        while self.replica.do("INFO", "replication")["master_link_status"] != "up" or not self.sentinel.do(
            "SENTINEL", "REPLICAS", "line"
        ):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """Started, and known to each other."""
    first, second, third = free_ports(3)
    master = Valkey(folder, first, name="master")
    replica = Valkey(folder, second, ("--replicaof", "127.0.0.1", str(first), "--repl-diskless-sync-delay", "0"), "replica")
    (folder / "sentinel.conf").write_text(
        f"port {third}\nbind 127.0.0.1\nsentinel monitor line 127.0.0.1 {first} 1\n"
        "sentinel down-after-milliseconds line 500\nsentinel failover-timeout line 3000\n"
    )
    sentinel = Valkey(folder, third, (str(folder / "sentinel.conf"), "--sentinel"), "sentinel")
    servers = (master, replica, sentinel)
    try:
        for server in servers:
            server.start()
        yield Watched(*servers)
    finally:
        for server in servers:
            server.kill()


@contextmanager
def cluster(folder: Path) -> Iterator[list[Valkey]]:
    """Three masters that share the slots."""
    servers = []
    for n, port in enumerate(free_ports(3)):
        options = ("--cluster-enabled", "yes", "--cluster-config-file", f"nodes-{n}.conf", "--cluster-node-timeout", "1000")
        servers.append(Valkey(folder, port, options, f"node-{n}"))
    try:
        for server in servers:
            server.start()
        for server, (begin, end) in zip(servers, ((0, 5460), (5461, 10922), (10923, 16383)), strict=True):
            server.do("CLUSTER", "ADDSLOTSRANGE", str(begin), str(end))
            server.do("CLUSTER", "MEET", "127.0.0.1", str(servers[0].port))
        deadline = time.monotonic() + _PATIENCE
        while any("ok" not in str(one.do("CLUSTER", "INFO")).split("cluster_slots")[0] for one in servers):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield servers
    finally:
        for server in servers:
            server.kill()


def cluster_url(servers: list[Valkey]) -> str:
    """The cluster's address; the first node that it names is not there."""
    return "redis+cluster://127.0.0.1:1," + ",".join(f"127.0.0.1:{server.port}" for server in servers[1:])
