"""Every address of the console × every role × one's own thing, somebody else's, one that is not there.

The addresses come from the routes themselves; who may go there is written out here a second time, by hand.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import product

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from bot.agents import accounts, factor, sessions
from bot.agents.rights import Role, Stage, Verb
from bot.agents.tables import second_factors
from bot.attachments.files import save
from bot.attachments.keep import THUMB, VIEW
from bot.attachments.service import add_sent
from bot.attachments.types import TYPES
from bot.contacts import blocks
from bot.contacts.blocks import Reason
from bot.settings import Console, Settings
from bot.statements import insert_new
from bot.tickets import canned, exports, labels, tables
from bot.tickets.canned import Canned, ReplyRefusedError
from bot.tickets.desk_tables import views
from bot.tickets.exporting import Wanted, Words
from bot.tickets.labels import Colour
from bot.tickets.service import move, open_ticket
from bot.web.console import ROUTERS, live
from bot.web.console.verbs import OPEN, VERBS
from tests.tickets.world import NOW, asked
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

OpenBrowser = Callable[..., Browser]
EVERYBODY, LEADS, ADMINS = set(Role), {Role.SUPERVISOR, Role.ADMIN}, {Role.ADMIN}
#: Who may go there. What is marked `others` is refused when it is about oneself.
MAY: dict[str, set[Role]] = {
    "POST /salir": EVERYBODY,
    "GET /entrar/codigo": EVERYBODY,
    "POST /entrar/codigo": EVERYBODY,
    "GET /cuenta": EVERYBODY,
    "GET /atajos": EVERYBODY,
    "POST /cuenta/atajos": EVERYBODY,
    "POST /cuenta/contrasena": EVERYBODY,
    "POST /cuenta/sesiones/{id}/cerrar": EVERYBODY,
    "POST /cuenta/sesiones/cerrar-otras": EVERYBODY,
    "GET /cuenta/segundo-factor": EVERYBODY,
    "GET /cuenta/segundo-factor/qr.svg": EVERYBODY,
    "POST /cuenta/segundo-factor": EVERYBODY,
    "POST /cuenta/segundo-factor/confirmar": EVERYBODY,
    "POST /cuenta/segundo-factor/codigos": EVERYBODY,
    "POST /cuenta/segundo-factor/quitar": EVERYBODY,
    "GET /personas": ADMINS,
    "POST /personas": ADMINS,
    "GET /personas/{username}": ADMINS,
    "POST /personas/{username}/rol": ADMINS,
    "POST /personas/{username}/desactivar": ADMINS,
    "POST /personas/{username}/activar": ADMINS,
    "POST /personas/{username}/contrasena": ADMINS,
    "POST /personas/{username}/segundo-factor": ADMINS,
    "POST /personas/{username}/sesiones": ADMINS,
    "GET /informes": LEADS,
    "GET /informes/{report}": LEADS,
    "GET /informes/{report}/csv": LEADS,
    "GET /exportaciones": LEADS,
    "POST /exportaciones": LEADS,
    "GET /exportaciones/{export}": LEADS,
    "GET /exportaciones/{export}/archivo": LEADS,
    "GET /registro": LEADS,
    "GET /": EVERYBODY,
    "GET /vivo": EVERYBODY,
    "POST /vistas": EVERYBODY,
    "POST /vistas/{view}/borrar": EVERYBODY,
    "GET /solicitudes/{number}": EVERYBODY,
    "POST /solicitudes/{number}/ocultar": EVERYBODY,
    "POST /solicitudes/{number}/prorroga": EVERYBODY,
    "GET /privacidad": ADMINS,
    "GET /clientes/{contact}": ADMINS,
    "GET /clientes/{contact}/datos.json": ADMINS,
    "GET /clientes/{contact}/datos.html": ADMINS,
    "POST /clientes/{contact}/eliminar": ADMINS,
    "POST /clientes/{contact}/negar": ADMINS,
    "GET /adjuntos/{identity}": EVERYBODY,
    "GET /adjuntos/{identity}/original": EVERYBODY,
    "GET /adjuntos/{identity}/miniatura": EVERYBODY,
    "POST /solicitudes/{number}/mover": EVERYBODY,
    "POST /solicitudes/{number}/datos": EVERYBODY,
    "POST /solicitudes/{number}/presencia": EVERYBODY,
    "POST /solicitudes/{number}/conversacion": EVERYBODY,
    "POST /solicitudes/{number}/responder": EVERYBODY,
    "POST /solicitudes/{number}/borrador": EVERYBODY,
    "POST /solicitudes/{number}/transferir": EVERYBODY,
    "POST /solicitudes/{number}/notas": EVERYBODY,
    "POST /solicitudes/{number}/reintentar": EVERYBODY,
    "POST /solicitudes/{number}/etiquetas": EVERYBODY,
    "POST /solicitudes/{number}/insertar": EVERYBODY,
    "POST /solicitudes/{number}/bloquear": EVERYBODY,
    "GET /bloqueados": LEADS,
    "POST /bloqueados/{contact}/desbloquear": LEADS,
    "GET /respuestas": LEADS,
    "POST /respuestas": LEADS,
    "GET /respuestas/{shortcut}": LEADS,
    "POST /respuestas/{shortcut}": LEADS,
    "POST /respuestas/{shortcut}/borrar": LEADS,
    "GET /etiquetas": LEADS,
    "POST /etiquetas": LEADS,
    "POST /etiquetas/{label}": LEADS,
    "POST /etiquetas/{label}/archivar": LEADS,
    "POST /etiquetas/{label}/activar": LEADS,
}
OTHERS = {address for address in MAY if address.startswith("POST /personas/{username}")}
#: What is only ever looked for among one's own.
NOT_FOUND_IF_OTHERS = {
    "POST /cuenta/sesiones/{id}/cerrar",
    "GET /exportaciones/{export}",
    "GET /exportaciones/{export}/archivo",
    "POST /vistas/{view}/borrar",
}
#: There is no QR code before a second factor was begun.
NOT_FOUND_AT_FIRST = {"GET /cuenta/segundo-factor/qr.svg"}
#: What stands for a parameter of an address: Ana's own, Luis', nobody's. Ana is the one who asks.
THINGS = {
    "username": {"own": "ana.gomez", "other": "luis.paz", "absent": "nadie"},
    "report": {"own": "movimiento", "other": "asesores", "absent": "nada"},
    "export": {"own": "c" * 32, "other": "d" * 32, "absent": "0" * 32},
    "number": {"own": "SF-000001", "other": "SF-000002", "absent": "SF-000099"},
    "view": {"own": "1", "other": "2", "absent": "99"},
    "shortcut": {"own": "hola", "other": "adios", "absent": "nada"},
    "label": {"own": "cobro", "other": "garantia", "absent": "nada"},
    "contact": {"own": "contact-ana", "other": "contact-luis", "absent": "contact-nadie"},
    "identity": {"own": "a" * 32, "other": "b" * 32, "absent": "0" * 32},
}


def addresses() -> set[str]:
    """Every address of every router, as `METHOD /path`."""
    routes = [route for router in ROUTERS for route in iter_route_contexts(router.routes)]
    return {f"{method} {route.path}" for route in routes for method in route.methods or ()}


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream ends at once: who may open it is asked before it begins."""
    monkeypatch.setattr(live, "_LIFE_SECONDS", 0.0)


@pytest.fixture
def things(world: World) -> None:
    """A ticket of Ana's and one of Luis', and a file in each."""
    kind = TYPES["image/png"]
    again(world)
    for name in ("Cobro", "Garantía"):
        world.write(labels.add, name=name, colour=Colour.RED)
    for agent, customer in (("ana.gomez", "ana"), ("luis.paz", "luis")):
        number = world.write(open_ticket, ticket=asked(customer, f"{customer}:0"), now=NOW)
        world.write(move, number=number, trigger="assign", actor=agent, now=NOW)
        identity = THINGS["identity"]["own" if customer == "ana" else "other"]
        world.write(add_sent, identity=identity, kind=kind, size=1, now=NOW, has_preview=True)
        for name in (identity, identity + VIEW, identity + THUMB):
            save(world.settings.attachments_folder, name, b"x")
        _exported(world, agent, THINGS["export"]["own" if customer == "ana" else "other"])


def _exported(world: World, agent: str, identity: str) -> None:
    """A file of tickets of this agent's."""

    def job(connection: sa.Connection) -> None:
        given = exports.ask_for(connection, Wanted(agent), Words({}), "csv", NOW)
        connection.execute(sa.update(tables.exports).where(tables.exports.c.id == given).values(id=identity))
        exports.finish(connection, identity, NOW, done=1, size=1)

    world.write(job)
    world.settings.exports_folder.mkdir(exist_ok=True)
    (world.settings.exports_folder / f"{identity}.csv").write_text("x")


def again(world: World) -> None:
    """Bring back what an earlier visitor has deleted."""
    for shortcut in ("hola", "adios"):
        with suppress(ReplyRefusedError):
            world.write(canned.add, reply=Canned(shortcut, "Saludo", "Hola"), now=NOW)
    for customer in ("contact-ana", "contact-luis"):
        world.write(blocks.block, contact_id=customer, reason=Reason.SPAM, by="ana.gomez", now=NOW)
    for identity, agent in ((1, "ana.gomez"), (2, "luis.paz")):
        view = {"id": identity, "agent": agent, "name": "Vista", "query": "mias=si"}
        world.write(insert_new, table=views, values=view)


def visitor(world: World, open_browser: OpenBrowser, role: Role) -> tuple[Browser, str]:
    """A browser in which Ana is logged in with this role, and the token of her forms."""
    ana = world.write(accounts.set_role, username="ana.gomez", role=role, now=NOW)
    token = world.write(sessions.start, agent_id=ana.id, now=NOW, lifetime=timedelta(hours=1))
    browser = open_browser()
    browser.client.cookies.set("soporte-session", token, domain="testserver.local", path="/")
    session = world.database.read_now(partial(sessions.find, token=token, now=NOW))
    assert session is not None
    return browser, session.csrf_token


def session_of(world: World, username: str) -> str:
    """The id of a session of this agent's."""
    found = world.database.read_now(partial(accounts.credentials, username=username))
    assert found is not None
    agent_id = found.agent.id
    world.write(sessions.start, agent_id=agent_id, now=NOW, lifetime=timedelta(hours=1))
    return world.database.read_now(partial(sessions.listed, agent_id=agent_id, now=NOW))[0].id


def ask(browser: Browser, address: str, csrf: str = "", **parameters: str) -> httpx.Response:
    method, path = address.split()
    path = "/consola" + path.format(**parameters)
    return browser.get(path) if method == "GET" else browser.post(path, {"csrf": csrf, "role": "agent", "formato": "csv"})


def test_every_address_says_what_it_is_for_and_nothing_else_does() -> None:
    assert addresses() == OPEN | set(VERBS)
    assert set(VERBS) == set(MAY)


def test_nothing_but_style_sheets_is_served_beside_the_addresses(world: World) -> None:
    (console,) = [route.app for route in world.app().routes if isinstance(route, Mount)]
    beside = [route.path for route in iter_route_contexts(console.routes) if not route.methods]  # type: ignore[attr-defined]
    assert beside == ["/estatico"]


@pytest.mark.parametrize("address", sorted(VERBS))
def test_an_address_is_open_to_those_who_may_and_to_nobody_else(
    world: World, things: None, open_browser: OpenBrowser, address: str
) -> None:
    for role, whose in product(Role, ("own", "other", "absent") if "{" in address else ("own",)):
        browser, csrf = visitor(world, open_browser, role)
        if address.endswith(("/borrar", "/desbloquear")):
            again(world)
        before = len(world.trail())
        a_session = {"own": session_of(world, "ana.gomez"), "other": session_of(world, "luis.paz"), "absent": "nada"}
        parameters = {name: values[whose] for name, values in {**THINGS, "id": a_session}.items()}
        answer = ask(browser, address, csrf, **parameters)
        if role in MAY[address] and not (address in OTHERS and whose == "own"):
            missing = whose == "absent" or (whose == "other" and address in NOT_FOUND_IF_OTHERS) or address in NOT_FOUND_AT_FIRST
            allowed = answer.status_code == 404 if missing else answer.status_code not in {401, 404, 500}
            assert allowed, (role, whose, answer)
            assert "Esto no te corresponde" not in answer.text, (role, whose)
        else:
            assert "Esto no te corresponde" in parsed(answer).text, (role, whose, answer)
            assert (answer.status_code, len(world.trail())) == (403, before)


@pytest.mark.parametrize("address", sorted(VERBS))
def test_who_is_not_logged_in_is_sent_to_the_login_from_every_address(browser: Browser, things: None, address: str) -> None:
    answer = ask(browser, address, id="nada", **{name: values["own"] for name, values in THINGS.items()})
    assert (answer.status_code, answer.text) == (303, "")
    assert answer.headers["location"].startswith("/consola/entrar?next=")


def test_an_address_that_is_not_listed_is_closed_even_to_admins(
    world: World, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = visitor(world, open_browser, Role.ADMIN)
    assert browser.get("/consola/").status_code == 200
    monkeypatch.setattr("bot.web.console.verbs.VERBS", {})
    assert browser.get("/consola/").status_code == 403


def test_a_role_taken_away_counts_from_the_next_page_on(world: World, open_browser: OpenBrowser) -> None:
    browser, _ = visitor(world, open_browser, Role.ADMIN)
    world.write(accounts.set_role, username="ana.gomez", role=Role.AGENT, now=NOW)
    session = world.database.read_now(partial(sessions.find, token=browser.client.cookies["soporte-session"], now=NOW))
    assert session is not None
    assert session.role is Role.AGENT


@pytest.mark.parametrize(
    ("stage", "rest"), [(Stage.CODE, "/consola/entrar/codigo"), (Stage.ENROL, "/consola/cuenta/segundo-factor")]
)
def test_half_a_login_is_sent_to_its_other_half_from_every_address(
    world: World, things: None, open_browser: OpenBrowser, stage: Stage, rest: str
) -> None:
    """Whoever has every right, but for the second factor."""
    if stage is Stage.CODE:
        ana = world.write(accounts.known, username="ana.gomez")
        world.write(factor.begin, agent_id=ana.id, now=NOW)
        world.write(lambda connection: connection.execute(sa.update(second_factors).values(confirmed_at=NOW)))
    else:
        demanded = Console(second_factor="required")
        world.settings = Settings(public_url="http://testserver", data_dir=world.settings.data_dir, console=demanded)
    left_to = {Verb.LOG_OUT, Verb.PROVE_FACTOR if stage is Stage.CODE else Verb.SET_UP_FACTOR}
    for address, verb in VERBS.items():
        browser, csrf = visitor(world, open_browser, Role.ADMIN)
        answer = ask(browser, address, csrf, id="nada", **{name: values["other"] for name, values in THINGS.items()})
        is_sent_on = answer.status_code == 303 and answer.headers["location"].startswith(f"{rest}?next=")
        assert is_sent_on is (verb not in left_to), (address, answer)
