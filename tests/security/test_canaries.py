"""Secrets that must never come out: let in at every door, with the log at its most talkative, and then looked for everywhere."""

import base64
import io
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from redis import Redis

from bot.agents import accounts, passwords
from bot.agents.rights import Role
from bot.channels.fake_twilio import FakeTwilio
from bot.runtime import Clock
from tests.stack import ACCOUNT, SENDER, Stack, running_stack
from tests.web.console.browser import PASSWORD
from tests.web.test_hooks import form, post

TOKEN = "canary-token-7f3a91c0e5"
PREVIOUS = "canary-previous-token-55d1"
METRICS = "canary-metrics-token-91b2"
CUSTOMERS_PASSWORD = "Canario2031*Verde"
CARD = "4539 5787 6362 1486"
PHONE = "+573017654329"
#: What may stand nowhere at all, and what may stand in the database alone.
NOWHERE = (TOKEN, PREVIOUS, METRICS, CUSTOMERS_PASSWORD, CARD, CARD.replace(" ", ""), PASSWORD)
ONLY_STORED = (PHONE, PHONE[3:], "Canaria Perez", "canaria@ejemplo.com")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that anybody logs, in both forms, tracebacks included."""
    written = io.StringIO()
    root, before = logging.getLogger(), logging.getLogger().level
    handlers = [logging.StreamHandler(written) for _ in range(2)]
    handlers[1].setFormatter(logging.Formatter("%(name)s %(message)s %(args)s %(exc_text)s"))
    for handler in handlers:
        # The test's own clients, which stand for browsers, run in the test's own thread; the product in others.
        handler.addFilter(
            lambda record: not (record.threadName == "MainThread" and record.name.startswith(("httpx", "httpcore")))
        )
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(before)
    for handler in handlers:
        root.removeHandler(handler)


def talk(stack: Stack) -> None:
    """The main dialogues, with a secret in each place where customers put one."""
    said = ["hola", f"mi clave es {CUSTOMERS_PASSWORD}", "1", "3", "1", "1", "Canaria Perez", "900123456-8"]
    said += [
        "canaria@ejemplo.com",
        "1",
        "10/11/2026",
        f"no puedo entrar, la tarjeta es {CARD} y mi contraseña: {CUSTOMERS_PASSWORD}",
    ]
    said += ["1", "1", "mis datos", "estado"]
    for text in said:
        stack.receive(f"whatsapp:{PHONE}", text=text, profile_name="Canaria Perez")
        stack.settle()


def knock(stack: Stack) -> str:
    """Wrong and right ways into the console and the webhooks; returns the cookie of the session."""
    now, write = stack.runtime.clock.now(), stack.runtime.database.write_now
    write(partial(accounts.add, name="Ana", username="ana", password_hash=passwords.hashed(PASSWORD), now=now))
    write(partial(accounts.set_role, username="ana", role=Role.ADMIN, now=now))
    unsigned = form("SM" + "1" * 32, From=f"whatsapp:{PHONE}", Body=CUSTOMERS_PASSWORD)
    assert post(stack, urlencode(unsigned).encode(), TOKEN).status_code == 403
    assert post(stack, b"%ff" + urlencode(unsigned).encode(), None).status_code == 403
    with httpx.Client(base_url=stack.url, follow_redirects=False) as browser:
        browser.get("/consola/entrar")
        page = browser.get("/consola/entrar").text
        csrf = page.split('name="csrf" value="')[1].split('"')[0]
        for password in (CUSTOMERS_PASSWORD, PASSWORD):
            answer = browser.post("/consola/entrar", data={"csrf": csrf, "username": "ana", "password": password})
        assert answer.status_code == 303
        for path in ("/", "/solicitudes/SF-000001", "/solicitudes/SF-999999", "/registro", "/?q=Canaria", "/nada"):
            browser.get("/consola" + path)
        httpx.get(stack.url + "/metrics", headers={"Authorization": f"Bearer {METRICS}"})
        return next(value for name, value in browser.cookies.items() if "session" in name)


def found_in(content: bytes, canaries: tuple[str, ...]) -> list[str]:
    """The canaries that stand in this, also in base64."""
    spelled = {canary: (canary.encode(), base64.b64encode(canary.encode())) for canary in canaries}
    return [canary for canary, ways in spelled.items() if any(way in content for way in ways)]


@contextmanager
def listening(url: str) -> Iterator[list[bytes]]:
    """What is published in Redis meanwhile, and at the end what is kept in it."""
    client, heard = Redis.from_url(url), list[bytes]()
    listener = client.pubsub()  # type: ignore[no-untyped-call]
    listener.psubscribe(**{"*": lambda message: heard.append(repr(message).encode())})
    thread = listener.run_in_thread(sleep_time=0.05, daemon=True)
    try:
        yield heard
        heard += [repr((key, client.dump(key))).encode() for key in client.scan_iter()]
    finally:
        thread.stop()
        thread.join()
        client.close()


def test_no_secret_comes_out_anywhere_and_no_person_into_the_log(tmp_path: Path, log: io.StringIO, redis_url: str) -> None:
    twilio = {"auth_token": TOKEN, "previous_auth_token": PREVIOUS}
    clock = Clock()
    fake = FakeTwilio(account_sid=ACCOUNT, auth_token=TOKEN, sender=SENDER, webhook_url="", clock=clock.now)
    product: dict[str, Any] = {"twilio": twilio, "metrics": {"token": METRICS}, "redis_url": redis_url}
    with running_stack(tmp_path, fake=fake, clock=clock, **product) as stack, listening(redis_url) as published:
        talk(stack)
        cookie = knock(stack)
        metrics = httpx.get(stack.url + "/metrics", headers={"Authorization": f"Bearer {METRICS}"}).content
        health = httpx.get(stack.url + "/health/ready").content
        shown = repr(stack.runtime.settings).encode() + repr(stack.runtime).encode()
        assert any("SF-000001" in text for text in stack.said(f"whatsapp:{PHONE}")), "the dialogue came to its end"
        try:
            stack.runtime.database.write_now(_stumble)
        except ZeroDivisionError:
            trace = traceback.format_exc().encode()
    written = log.getvalue().encode()
    assert b"soporte" in metrics
    assert len(written) > 1000, "the log was on"
    secrets = (*NOWHERE, cookie)
    assert len(published) > 5, "Redis was spoken to"
    told = {"redis": b"".join(published), "log": written, "metrics": metrics, "health": health, "settings": shown, "trace": trace}
    for name, content in told.items():
        assert found_in(content, (*secrets, *ONLY_STORED)) == [], name
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert found_in(kept, secrets) == []
    assert found_in(kept, ONLY_STORED[:1]) == [PHONE], "what belongs into the database is found where it belongs"


def _stumble(_connection: object) -> float:
    return 1 / 0
