"""`soporte demo` as a process: what it prints, that it answers, and how it ends."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.demo.process import Demo, command, demo, environment

MARIA = "whatsapp:+573005550142"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Path]]:
    folder = tmp_path_factory.mktemp("demo") / "data"
    with demo(folder) as running:
        yield running, folder


def test_it_tells_where_everything_is(started: tuple[Demo, Path]) -> None:
    running, _ = started
    assert f"{running.address}/simulador" in running.said
    assert f"{running.address}/consola" in running.said
    assert all(address.startswith("http://127.0.0.1:") for address in _addresses(running.said))
    assert "agente" in running.said
    assert len(running.password) > 20


def test_everything_it_names_answers(started: tuple[Demo, Path]) -> None:
    running, _ = started
    with httpx.Client(base_url=running.address, trust_env=False) as client:
        assert client.get("/health/ready").json()["status"] == "ok"
        assert client.get("/simulador").status_code == 200
        assert "text/html" in client.get("/consola", follow_redirects=True).headers["content-type"]
        assert client.get(_addresses(running.said)[2]).json()["code"] in {20003, 20404}


def test_a_customer_who_writes_hola_is_answered(started: tuple[Demo, Path]) -> None:
    running, _ = started
    with httpx.Client(base_url=running.address, trust_env=False) as client:
        said = client.post("/simulador/messages", json={"address": MARIA, "kind": "text", "text": "hola"})
        assert said.json() == {"status": 200}
        _until(client, lambda messages: any(not message["mine"] and message["status"] == "delivered" for message in messages))


def test_the_clock_can_be_moved(started: tuple[Demo, Path]) -> None:
    running, _ = started
    with httpx.Client(base_url=running.address, trust_env=False) as client:
        before = client.get("/dev/clock").json()["now"]
        after = client.post("/dev/clock", json={"advance_hours": 30}).json()["now"]
    assert after > before


def test_its_made_up_account_is_for_its_owner_only(started: tuple[Demo, Path]) -> None:
    running, folder = started
    file = folder / "demo-account.json"
    token = json.loads(file.read_text(encoding="utf-8"))["auth_token"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in running.said


def test_nobody_reaches_it_from_another_machine(started: tuple[Demo, Path]) -> None:
    running, _ = started
    port = int(running.address.rpartition(":")[2])
    with pytest.raises(OSError), socket.create_connection((_own_address(), port), timeout=2):  # noqa: PT011 (any of its kinds)
        pass


def test_a_taken_port_is_named_in_one_line_with_the_way_out(started: tuple[Demo, Path], tmp_path: Path) -> None:
    running, _ = started
    port = running.address.rpartition(":")[2]
    second = subprocess.run(
        command("demo", "--port", port), env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert second.stdout == ""
    [line] = second.stderr.splitlines()
    assert port in line
    assert "--port N" in line


def test_it_ends_cleanly_with_a_page_open_and_shows_the_password_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with demo(folder) as first:
        end(first, signal.SIGTERM)
    with demo(folder) as second:
        assert first.password not in second.said
        assert "agents password agente" in second.said
        end(second, signal.SIGINT)
    assert (tmp_path / "data.log").read_text(encoding="utf-8") == ""


def test_made_up_tickets_are_there_once_it_has_started_and_progress_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with demo(folder, "--tickets", "300") as running:
        listed = subprocess.run(
            command("tickets", "list", "--limit", "1"), env=environment(folder), capture_output=True, text=True, check=True
        )
        end(running, signal.SIGTERM)
    assert "1 of 300" in listed.stdout
    assert "300 of 300 tickets" in (tmp_path / "data.log").read_text(encoding="utf-8")


def end(running: Demo, number: signal.Signals) -> None:
    """Send the signal while a page is open: it ends with 0, within 3 seconds."""
    with httpx.stream("GET", f"{running.address}/simulador/events", trust_env=False) as events:
        next(events.iter_lines())
        running.process.send_signal(number)
        assert running.process.wait(10) == 0


def _addresses(said: str) -> list[str]:
    return [word for word in said.split() if word.startswith("http://")]


def _own_address() -> str:
    """An address of this machine that is not its loopback's; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network but its loopback")
        address: str = probe.getsockname()[0]
        return address


def _until(client: httpx.Client, is_so: Callable[[list[dict[str, Any]]], bool]) -> None:
    """Follow María's phone until it is so."""
    deadline = time.monotonic() + 30
    messages: list[dict[str, Any]] = []
    with client.stream("GET", "/simulador/events", timeout=30) as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                phones = json.loads(line.removeprefix("data: "))["phones"]
                messages = next((phone["messages"] for phone in phones if phone["address"] == MARIA), messages)
            if is_so(messages):
                return
            assert time.monotonic() < deadline, messages
