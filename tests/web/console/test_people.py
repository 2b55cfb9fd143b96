import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import httpx
import pytest

from bot.agents import accounts, sessions
from bot.agents.accounts import Agent
from bot.agents.rights import Role
from tests.tickets.world import NOW
from tests.web.console.browser import HOME, Browser, parsed
from tests.web.console.conftest import World
from tests.web.console.test_hostile_texts import HOSTILE, OURS

OpenBrowser = Callable[..., Browser]
LUIS = "/consola/personas/luis.paz"


@pytest.fixture
def admin(agent: Browser, world: World) -> Browser:
    """A browser in which Ana is logged in as an admin."""
    world.write(accounts.set_role, username="ana.gomez", role=Role.ADMIN, now=NOW)
    return agent


def send(browser: Browser, path: str, **fields: str) -> httpx.Response:
    return browser.post(path, {"csrf": browser.csrf(), **fields})


def account(world: World, username: str) -> Agent | None:
    found = world.database.read_now(partial(accounts.credentials, username=username))
    return None if found is None else found.agent


def password_in(answer: httpx.Response) -> str:
    (shown,) = re.findall(r"[a-z2-9]{5}(?:-[a-z2-9]{5}){3}", answer.text)
    return str(shown)


def logged_in(world: World, open_browser: OpenBrowser, username: str) -> Browser:
    found = account(world, username)
    assert found is not None
    token = world.write(sessions.start, agent_id=found.id, now=NOW, lifetime=timedelta(hours=1))
    browser = open_browser()
    browser.client.cookies.set("soporte-session", token, domain="testserver.local", path="/")
    return browser


def test_a_person_added_can_log_in_with_the_password_that_is_shown_once(
    admin: Browser, open_browser: OpenBrowser, world: World
) -> None:
    answer = send(admin, "/consola/personas", name="  María  Ruiz ", username="", role="supervisor")
    assert (answer.status_code, "María Ruiz ya puede entrar" in parsed(answer).words) == (200, True)
    password = password_in(answer)
    assert open_browser().log_in("maria.ruiz", password).status_code == 303
    made = account(world, "maria.ruiz")
    assert made is not None
    assert (made.name, made.role) == ("María Ruiz", Role.SUPERVISOR)
    for path in ("/consola/personas", "/consola/personas/maria.ruiz", "/consola/registro"):
        assert password not in admin.get(path).text
    added, role_set = [line for line in world.trail() if line[2] == "maria.ruiz"][:2]
    assert (added[0], role_set[0], added[3]) == ("agent:added", "agent:role:set", HOME)
    assert added[1] == getattr(account(world, "ana.gomez"), "id", "")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "Otra Ana", "username": "ANA.gomez", "role": "agent"}, "ya lo tiene otra persona"),
        ({"name": " ", "username": "nueva", "role": "agent"}, "Escribe el nombre"),
        ({"name": "李", "username": "", "role": "agent"}, "no se puede formar un usuario"),
        ({"name": "Bot", "username": "bot", "role": "agent"}, "Ese usuario no sirve"),
        ({"name": "Ana", "username": "a b", "role": "agent"}, "Ese usuario no sirve"),
        ({"name": "Ana", "username": "ana", "role": "boss"}, "Elige un rol"),
        ({}, "Elige un rol"),
    ],
)
def test_a_person_who_cannot_be_added_is_refused_with_the_reason(
    admin: Browser, world: World, fields: dict[str, str], reason: str
) -> None:
    lines = world.trail()
    answer = send(admin, "/consola/personas", **fields)
    assert (answer.status_code, reason in parsed(answer).words) == (422, True)
    assert len(world.database.read_now(accounts.listed)) == 2
    assert world.trail() == lines


def test_what_was_typed_is_still_there_after_a_refusal(admin: Browser) -> None:
    page = parsed(send(admin, "/consola/personas", name="Otra Ana", username="ana.gomez", role="supervisor"))
    typed = {field.get("name"): field.get("value") for field in page.tags("input")}
    assert (typed["name"], typed["username"]) == ("Otra Ana", "ana.gomez")
    assert [option["value"] for option in page.tags("option") if "selected" in option] == ["supervisor"]


def test_a_role_is_changed_with_what_it_was_on_the_trail(admin: Browser, open_browser: OpenBrowser, world: World) -> None:
    luis = logged_in(world, open_browser, "luis.paz")
    assert luis.get("/consola/registro").status_code == 403
    answer = send(admin, f"{LUIS}/rol", role="supervisor")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LUIS}?hecho=rol")
    assert luis.get("/consola/registro").status_code == 200
    assert "Rol: Asesor → Supervisor" in parsed(admin.get("/consola/registro")).words
    assert send(admin, f"{LUIS}/rol", role="boss").status_code == 422
    assert getattr(account(world, "luis.paz"), "role", None) is Role.SUPERVISOR


@pytest.mark.parametrize("action", ["desactivar", "sesiones", "segundo-factor", "contrasena"])
def test_whoever_is_shut_out_is_out_at_once_and_the_others_stay(
    admin: Browser, open_browser: OpenBrowser, world: World, action: str
) -> None:
    luis = logged_in(world, open_browser, "luis.paz")
    assert luis.get("/consola/").status_code == 200
    assert send(admin, f"{LUIS}/{action}").status_code in {200, 303}
    assert luis.get("/consola/").status_code == 303
    assert admin.get("/consola/").status_code == 200


def test_who_was_disabled_comes_in_again_once_enabled(admin: Browser, open_browser: OpenBrowser) -> None:
    send(admin, f"{LUIS}/desactivar")
    assert open_browser().log_in("luis.paz").status_code == 403
    assert "Desactivada" in parsed(admin.get(LUIS)).text
    send(admin, f"{LUIS}/activar")
    assert open_browser().log_in("luis.paz").status_code == 303


def test_a_new_password_replaces_the_old_one(admin: Browser, open_browser: OpenBrowser) -> None:
    password = password_in(send(admin, f"{LUIS}/contrasena"))
    assert open_browser().log_in("luis.paz").status_code == 403
    assert open_browser().log_in("luis.paz", password).status_code == 303


def test_nobody_is_offered_what_they_may_not_do(admin: Browser, open_browser: OpenBrowser, world: World) -> None:
    own, other = (parsed(admin.get(f"/consola/personas/{name}")) for name in ("ana.gomez", "luis.paz"))
    assert [form["action"] for form in own.tags("form")] == ["/consola/salir"]
    assert f"{LUIS}/desactivar" in [form["action"] for form in other.tags("form")]
    luis = parsed(logged_in(world, open_browser, "luis.paz").get("/consola/"))
    links = [link["href"] for link in luis.tags("a")]
    assert not {"/consola/personas", "/consola/registro"} & set(links)


@pytest.mark.parametrize("hostile", [text for text in HOSTILE if text.strip() and len(text) <= 200])
def test_a_hostile_name_is_never_more_than_text(admin: Browser, world: World, hostile: str) -> None:
    send(admin, "/consola/personas", name=hostile, username="mala", role="agent")
    ours = OURS | {"label", "select", "option", "code", "fieldset", "legend", "ul", "del", "ins"}
    for path in ("personas", "personas/mala", "registro", "registro?asesor=mala"):
        document = parsed(admin.get(f"/consola/{path}"))
        assert {tag for tag, _ in document.elements} <= ours
        assert not [name for _, given in document.elements for name in given if name.startswith("on") or name == "style"]
    assert " ".join(hostile.split()) in " ".join(parsed(admin.get("/consola/personas/mala")).text.split())
