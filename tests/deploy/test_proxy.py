"""The proxy of `deploy/` before the product: what Twilio signed arrives as it was signed, and what is inside stays inside."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.account import STATUS_PATH
from bot.settings import ROOT
from bot.web.hooks import MESSAGES_PATH
from tests.channels.serving import served
from tests.demo.process import free_port
from tests.stack import SENDER, TOKEN, running_stack

CADDY = shutil.which("caddy")
CUSTOMER = "whatsapp:+573001112233"
_PATIENCE = 20.0
pytestmark = pytest.mark.skipif(CADDY is None, reason="no Caddy here")


@contextmanager
def proxy(folder: Path, port: int, upstream: int) -> Iterator[httpx.Client]:
    """Caddy with our file, on a port of its own and with a certificate of its own making; yields a client that trusts it."""
    ours = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8").replace("web:8000", f"127.0.0.1:{upstream}")
    if "2.6.2" in subprocess.run([str(CADDY), "version"], check=True, capture_output=True, text=True).stdout:
        ours = ours.replace("request_buffers 64KB", "buffer_requests")
    options = f"admin off\nskip_install_trust\nauto_https disable_redirects\nstorage file_system {folder}"
    (folder / "Caddyfile").write_text(f"{{\n{options}\n}}\n{ours}", encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PUBLIC_HOST": f"localhost:{port}"}
    command = [str(CADDY), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with (folder / "log").open("w") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            with httpx.Client(base_url=f"https://localhost:{port}", verify=_trusting(folder)) as client:
                yield client
        finally:
            process.terminate()


def _trusting(folder: Path) -> ssl.SSLContext:
    """Wait for the certificate that Caddy makes itself, and trust it and nobody else."""
    root = folder / "pki" / "authorities" / "local" / "root.crt"
    deadline = time.monotonic() + _PATIENCE
    while not list(folder.glob("certificates/local/*/*.crt")):
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.02)
    return ssl.create_default_context(cafile=root)


def signed(client: httpx.Client, path: str, parameters: dict[str, str], *, token: str = TOKEN) -> httpx.Response:
    url = str(client.base_url).rstrip("/") + path
    signature = RequestValidator(token).compute_signature(url, parameters)
    return client.post(path, data=parameters, headers={"X-Twilio-Signature": signature}, timeout=_PATIENCE)


def message(number: int) -> dict[str, str]:
    return {
        "MessageSid": f"SM{number:032}",
        "From": CUSTOMER,
        "To": SENDER,
        "Body": "hola, ¿cómo están? +1 & más",
        "NumMedia": "0",
    }


def test_what_is_signed_arrives_and_what_is_inside_stays_inside(tmp_path: Path) -> None:
    port = free_port()
    public = f"https://localhost:{port}"
    (tmp_path / "caddy").mkdir()
    with running_stack(tmp_path / "data", public_url=public) as stack:
        upstream = int(stack.url.rpartition(":")[2])
        with proxy(tmp_path / "caddy", port, upstream) as client:
            assert signed(client, MESSAGES_PATH, message(1)).text == "<Response/>"
            assert signed(client, f"{STATUS_PATH}?oid=a%2Fb&a=1", message(2)).status_code == 200
            assert signed(client, MESSAGES_PATH, message(3), token="another").status_code == 403
            assert client.get("/health/live").status_code == 200
            for inside in ("/metrics", "/health/ready", "/dev/clock"):
                assert httpx.get(stack.url + inside).status_code != 404
                assert client.get(inside).status_code == 404


def test_a_webhook_waits_for_a_product_that_restarts(tmp_path: Path) -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused, and nobody else gets the port
    answer = Starlette(routes=[Route(MESSAGES_PATH, lambda _: Response("<Response/>"), methods=["POST"])])
    with proxy(tmp_path, free_port(), listener.getsockname()[1]) as client, ThreadPoolExecutor(1) as aside:
        waits = aside.submit(signed, client, MESSAGES_PATH, message(1))
        with pytest.raises(TimeoutError):
            waits.result(1)
        listener.listen()
        with served(answer, listener=listener):
            assert waits.result(_PATIENCE).status_code == 200
