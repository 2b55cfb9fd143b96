"""The demo as people start it: a process of its own, with a data folder of its own."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 60.0


@dataclass(frozen=True)
class Demo:
    """A running demo and what it said when it had started."""

    process: "subprocess.Popen[str]"
    address: str
    said: str

    @property
    def password(self) -> str:
        """The agent's password, as it was printed."""
        found = re.search(r"password (\S+)", self.said)
        assert found, self.said
        return found[1]


def command(*words: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "bot", *words]


def environment(folder: Path) -> dict[str, str]:
    """No settings of the machine reach the process but its data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOPORTE_")}
    return kept | {"SOPORTE_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def demo(folder: Path, *words: str) -> Iterator[Demo]:
    """Start a demo, with these words on its command line, and wait for its addresses; end it if it still runs afterwards."""
    port = free_port()
    log = folder.parent / f"{folder.name}.log"
    with (
        log.open("a", encoding="utf-8") as errors,
        subprocess.Popen(
            command("demo", "--port", str(port), *words),
            env=environment(folder),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            said = _announcement(process)
            assert said, log.read_text(encoding="utf-8")
            yield Demo(process, f"http://127.0.0.1:{port}", said)
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _announcement(process: "subprocess.Popen[str]") -> str:
    """What it printed up to its last line about how to end it; empty if it ended before."""
    assert process.stdout is not None
    said, deadline = "", time.monotonic() + _PATIENCE
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        if not line or time.monotonic() > deadline:
            return ""
        said += line
    return said
