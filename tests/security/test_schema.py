"""Every address of the product is asked for what its own description allows, by an admin, on a PostgreSQL: none ends in a 5xx.

The descriptions are FastAPI's: they know addresses and queries, but not the fields of forms, which stand here. Streams, which
have no end, are left out. Each address is asked in a session of its own, so that one that ends sessions spoils nothing.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.types import ASGIApp

from bot import settings as product
from bot.agents import accounts, sessions
from bot.agents.tables import agents
from bot.agents.tables import sessions as session_table
from bot.runtime import Runtime, build
from bot.tickets.filters import FILTERS
from bot.tickets.service import open_ticket
from bot.web.app import create_app
from bot.web.console import ROUTERS
from bot.web.console.cookies import Cookie
from bot.web.console.reports import REPORTS
from tests.servers import database
from tests.stack import ACCOUNT, SENDER, TOKEN
from tests.tickets.world import add_customer, asked, say

#: Of each address and kind; 60 were tried by hand.
EXAMPLES = 6
STREAMS = {"/consola/vivo"}
ADMIN, COLLEAGUE = "ana.gomez", "luis.paz"
#: Fields of forms, by the end of the address. Those of one form are sent together.
FORMS = {
    "/entrar": "username password next",
    "/entrar/codigo": "code next",
    "/cuenta/contrasena": "old new again",
    "/cuenta/atajos": "on",
    "/confirmar": "code",
    "/codigos": "password",
    "/quitar": "password",
    "/personas": "name username role",
    "/rol": "role",
    "/exportaciones": "formato desde hasta buscar estado orden",
    "/mover": "trigger version",
    "/transferir": "to version",
    "/notas": "note key",
    "/reintentar": "message",
    "/datos": "field value version exact",
    "/responder": "text key",
    "/borrador": "text",
    "/presencia": "doing",
    "/bloquear": "reason",
    "/insertar": "text canned key",
    "/etiquetas": "name colour put take",
    "/{label}": "name colour",
    "/respuestas": "shortcut title text preview",
    "/{shortcut}": "shortcut title text preview",
    "/vistas": "query name",
    "/eliminar": "confirm",
    "/negar": "reason",
    "/ocultar": "message part",
}
#: What lets an address or a field be a good one.
GOOD = {
    "number": ["SF-000001"],
    "username": [COLLEAGUE, ADMIN, "nueva"],
    "contact": ["contact-ana"],
    "report": list(REPORTS),
    "trigger": ["assign", "resolve", "release", "reopen", "close"],
    "version": ["1", "2", "999999999"],
    "key": ["a" * 16],
    "to": [COLLEAGUE],
    "role": ["agent", "supervisor", "admin"],
    "field": ["nombre", "nit", "detail"],
    "message": ["message-ana-0"],
    "label": ["1", "9" * 20],
    "view": ["1", "9" * 20],
    "export": ["1", "9" * 20],
    "formato": ["csv", "xlsx"],
    "desde": ["2026-11-01", "0001-01-01", "9999-12-31"],
    "hasta": ["2026-11-30", "0001-01-01", "9999-12-31"],
    "shortcut": ["saludo"],
    "canned": ["saludo"],
    "doing": ["reading", "writing"],
}
#: What has no place in any of them, and may be there all the same.
ODD = [
    "\0",
    "a\0b",
    "\u202egnp.exe",
    "../..",
    "%2e%2e%2f",
    "9" * 20,
    "-1",
    "' OR 1=1 --",
    "\r\nX: y",
    "\U0001f4a5" * 100,
    "\ue000",
    "²",
]
QUERIES = (*FILTERS, "orden", "tras", "buscar", "desde", "hasta", "formato")


def described(*, good: bool) -> dict[str, Any]:
    """The description of the console, with what it does not tell of queries and forms.

    `good`: addresses lead to what is there, and forms ask for what can be done.
    """
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, prefix="/consola")
    made = app.openapi()
    for path in STREAMS:
        del made["paths"][path]
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            told = operation.setdefault("parameters", [])
            if method == "get":
                known = {one["name"] for one in told}
                told += [{"name": name, "in": "query"} for name in QUERIES if name not in known]
            else:
                operation["requestBody"] = form(path, good=good)
            for one in told:
                one["schema"] = text(one["name"], good=good and one["in"] == "path")
            operation["responses"] = {"default": {"description": "any but a 5xx"}}
    return made


def form(path: str, *, good: bool) -> dict[str, Any]:
    names = max((end for end in FORMS if path.endswith(end)), key=len, default="")
    fields = {name: text(name, good=good) for name in FORMS.get(names, "").split()}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def text(name: str, *, good: bool) -> dict[str, Any]:
    anything = [{"enum": ODD}, {"type": "string", "maxLength": 300}]
    known = [{"enum": GOOD[name]}] if name in GOOD else []
    return {"anyOf": known if good and known else [*known, *anything]}


DESCRIBED = {"found": described(good=True), "odd": described(good=False)}
LABELS = [f"{method.upper()} {path}" for path, all_of in DESCRIBED["odd"]["paths"].items() for method in all_of]


@dataclass(frozen=True)
class Product:
    """The product without its loops, and a way to ask it that is kept open."""

    runtime: Runtime
    app: ASGIApp
    runner: asyncio.Runner

    def log_in(self) -> tuple[str, str]:
        """A new session of the admin, who is one again whatever was done to them: its token and that of its forms."""
        now = self.runtime.clock.now()

        def job(connection: sa.Connection) -> tuple[str, str]:
            restored = {"role": "admin", "disabled_at": None}
            connection.execute(sa.update(agents).where(agents.c.username == ADMIN).values(restored))
            identity = connection.execute(sa.select(agents.c.id).where(agents.c.username == ADMIN)).scalar_one()
            connection.execute(sa.delete(session_table))
            token = sessions.start(connection, identity, now, timedelta(hours=8), proved=True)
            return token, connection.execute(sa.select(session_table.c.csrf_token)).scalar_one()

        return self.runtime.database.write_now(job)

    def ask(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async def asking() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                return await client.request(method, path, **sent)

        return self.runner.run(asking())


@pytest.fixture(scope="module")
def operations() -> dict[tuple[str, str], Any]:
    import schemathesis  # noqa: PLC0415 (takes seconds, which no other test is to wait for)

    schemas: dict[str, Any] = {name: schemathesis.openapi.from_dict(one) for name, one in DESCRIBED.items()}
    return {(name, found.ok().label): found.ok() for name, one in schemas.items() for found in one.get_all_operations()}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Product]:
    account = {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": SENDER, "api_base_url": "http://127.0.0.1:9"}
    folder = tmp_path_factory.mktemp("product")
    with database(postgres_server) as url, asyncio.Runner() as runner:
        read = product.read(public_url="http://testserver", dev=True, data_dir=folder, database_url=url, twilio=account)
        runtime = build(read)
        fill(runtime)
        yield Product(runtime, create_app(runtime, works=False), runner)
        runner.run(runtime.channel.close())
        runtime.close()


def fill(runtime: Runtime) -> None:
    write, now = runtime.database.write_now, runtime.clock.now()
    for username, name in ((ADMIN, "Ana Gómez"), (COLLEAGUE, "Luis Paz")):
        write(partial(accounts.add, name=name, username=username, password_hash="-", now=now))
    write(partial(add_customer, name="ana"))
    write(partial(say, name="ana", position=0, body="hola"))
    for number in range(2):
        write(partial(open_ticket, ticket=asked("ana", f"ana:{number}"), now=now))


def cookies_of(token: str, form_token: str) -> str:
    """Of a browser that is logged in and has the login form open besides."""
    return f"{Cookie.SESSION.value}={token}; {Cookie.LOGIN_FORM.value}={form_token}"


def test_who_asks_is_logged_in_and_finds_what_is_there(running: Product) -> None:
    token, csrf = running.log_in()
    headers = {"Cookie": cookies_of(token, csrf)}
    assert running.ask("GET", "/consola/solicitudes/SF-000001", headers=headers).status_code == 200
    assert running.ask("GET", "/consola/registro", headers=headers).status_code == 200
    assert len(LABELS) > 70


@pytest.mark.parametrize("kind", DESCRIBED)
@pytest.mark.parametrize("label", LABELS)
def test_no_address_answers_what_it_allows_with_a_5xx(
    running: Product, operations: dict[tuple[str, str], Any], label: str, kind: str
) -> None:
    token, csrf = running.log_in()

    @seed(1)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(operations[kind, label].as_strategy())
    def asked_for(case: Any) -> None:
        fields = {**case.body, "csrf": csrf} if isinstance(case.body, dict) else None
        headers = {"Cookie": cookies_of(token, csrf)}
        content = None
        if fields is not None:
            headers["Content-Type"], content = "application/x-www-form-urlencoded", urlencode(fields)
        answer = running.ask(case.method, case.formatted_path, params=dict(case.query or {}), content=content, headers=headers)
        assert answer.status_code < 500, (answer.status_code, case.formatted_path, case.query, case.body)

    asked_for()
