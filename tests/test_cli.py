"""The command line as an operator meets it: real processes."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from bot.settings import ROOT

SERVING = {
    "SOPORTE_PUBLIC_URL": "https://soporte.example.com",
    "SOPORTE_TWILIO__ACCOUNT_SID": "AC" + "0" * 32,
    "SOPORTE_TWILIO__AUTH_TOKEN": "secret-of-nobody",
    "SOPORTE_TWILIO__SENDER": "whatsapp:+573184114466",
}


def soporte(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SOPORTE_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_sound_flow_is_said_to_be_sound() -> None:
    done = soporte("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sound" in done.stdout


def test_a_broken_flow_lists_everything_and_nothing_else(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    shutil.copytree(ROOT / "flows", flows)
    menus = (flows / "menus.yaml").read_text(encoding="utf-8")
    broken = menus.replace("goto: menu.producto}", "goto: menu.productos}", 1).replace("type: my_tickets", "type: my_ticket", 1)
    (flows / "menus.yaml").write_text(broken, encoding="utf-8")
    done = soporte("check", str(flows))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "menu.productos" in done.stderr
    assert "my_ticket" in done.stderr
    assert "nothing was started" in done.stderr
    assert "Traceback" not in done.stderr


def test_serving_without_a_token_names_the_settings(tmp_path: Path) -> None:
    done = soporte("serve", SOPORTE_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "SOPORTE_TWILIO__AUTH_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_one_line_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = soporte("serve", "--port", str(port), SOPORTE_DATA_DIR=str(tmp_path), **SERVING)
    assert done.returncode == 1
    assert done.stderr.strip() == f"port {port} is taken: choose another with --port"


def test_two_processes_do_not_work_on_one_embedded_database(tmp_path: Path) -> None:
    with (tmp_path / "running.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = soporte("serve", "--port", "0", SOPORTE_DATA_DIR=str(tmp_path), **SERVING)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path} is in use by another soporte")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_ends_with_zero(ending: signal.Signals, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SOPORTE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve", "--port", str(port)],
        cwd=ROOT,
        env={**clean, **SERVING, "SOPORTE_DATA_DIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                ready = httpx.get(f"http://127.0.0.1:{port}/health/ready")
                break
            except httpx.TransportError:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert ready.json()["status"] == "ok"
        assert httpx.get(f"http://127.0.0.1:{port}/simulador").status_code == 404
        assert httpx.post(f"http://127.0.0.1:{port}/dev/clock", json={"advance_hours": 1}).status_code == 404
        process.send_signal(ending)
        output, _ = process.communicate(timeout=15)
        assert process.returncode == 0, output
        assert "secret-of-nobody" not in output
    finally:
        process.kill()
        process.wait()


def test_the_diagram_comes_out_alone() -> None:
    done = soporte("draw")
    assert done.returncode == 0
    assert "stateDiagram-v2" in done.stdout


def test_understanding_answers_line_by_line_and_explains_on_request() -> None:
    lines = "\n".join(json.dumps({"text": text}) for text in ("olvidé la contraseña", "cuánto vale la gasolina"))
    done = soporte("understand", "question", stdin=lines)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"intents": ["olvide_clave"]},
        {"intents": ["fuera_de_alcance"]},
    ]
    explained = soporte("understand", "question", "--explain", stdin=lines)
    assert json.loads(explained.stdout.splitlines()[0])["why"]["reasons"]
    refused = soporte("understand", "question", stdin="not json\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("line 1 cannot be read")


def test_help_says_what_there_is() -> None:
    done = soporte("--help")
    assert done.returncode == 0
    for command in ("demo", "chat", "serve", "check", "draw", "tickets", "agents", "understand"):
        assert command in done.stdout
