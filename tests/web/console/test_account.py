from collections.abc import Callable
from functools import partial

import httpx
import pytest

from bot.agents import accounts, passwords
from bot.agents.throttle import PER_ACCOUNT
from bot.web.console.browsers import described
from tests.web.console.browser import HOME, PASSWORD, Browser, parsed
from tests.web.console.conftest import World

OpenBrowser = Callable[..., Browser]
NEW = "tres palabras largas"


def change(browser: Browser, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> httpx.Response:
    fields = {"csrf": browser.csrf(), "old": old, "new": new, "again": again}
    return browser.post("/consola/cuenta/contrasena", fields)


def test_a_new_password_counts_at_once_ends_the_other_sessions_and_renews_this_one(
    open_browser: OpenBrowser, world: World
) -> None:
    browser, other = open_browser(), open_browser()
    for one in (browser, other):
        one.log_in()
    before = browser.client.cookies["soporte-session"]
    answer = change(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/consola/cuenta?hecho=contrasena")
    assert "Tu contraseña cambió" in parsed(browser.get(answer.headers["location"])).text
    assert browser.client.cookies["soporte-session"] != before
    assert other.get("/consola/").status_code == 303
    assert (other.log_in().status_code, other.log_in(password=NEW).status_code) == (403, 303)
    password_set = next(line for line in world.trail() if line[0] == "agent:password:set")
    assert (bool(password_set[1]), *password_set[2:]) == (True, "ana.gomez", HOME)


@pytest.mark.parametrize(
    ("typed", "status", "reason"),
    [
        (("mala-mala-mala", NEW, NEW), 403, "contraseña actual no es esa"),
        (("", NEW, NEW), 403, "contraseña actual no es esa"),
        ((PASSWORD, NEW, NEW + "x"), 422, "no son iguales"),
        ((PASSWORD, "corta", "corta"), 422, "al menos 12 caracteres"),
        ((PASSWORD, "", ""), 422, "al menos 12 caracteres"),
        ((PASSWORD, "abababababababab", "abababababababab"), 422, "al menos cuatro distintos"),
        ((PASSWORD, "Contraseña-2026!", "Contraseña-2026!"), 422, "primeras que alguien probaría"),
    ],
)
def test_a_password_that_cannot_be_changed_so_stays_as_it_was(
    agent: Browser, world: World, typed: tuple[str, str, str], status: int, reason: str
) -> None:
    lines = world.trail()
    answer = change(agent, *typed)
    assert (answer.status_code, reason in parsed(answer).words) == (status, True)
    assert not any(f'value="{one}"' in answer.text for one in typed if one)
    found = world.database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    assert passwords.is_right(PASSWORD, found.password_hash)
    assert world.trail() == lines


def test_the_old_password_cannot_be_guessed_at_an_open_screen(agent: Browser) -> None:
    for _ in range(PER_ACCOUNT):
        assert change(agent, "mala-mala-mala").status_code == 403
    answer = change(agent)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")


def test_sessions_are_listed_with_when_and_from_where_and_one_or_all_others_can_be_ended(
    open_browser: OpenBrowser, world: World
) -> None:
    here, phone, third, luis = (open_browser(address=f"198.51.100.{n}") for n in range(4))
    phone.client.headers["user-agent"] = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    for one in (here, phone, third):
        one.log_in()
    luis.log_in("luis.paz")
    page = parsed(here.get("/consola/cuenta"))
    assert "Sesiones abiertas 3" in page.words
    assert "Chrome en Android Desde hoy, 10:00, dirección 198.51.100.1" in page.words
    assert "198.51.100.3" not in page.words
    ends = [form["action"] for form in page.tags("form") if form["action"].endswith("/cerrar")]
    assert len(ends) == 2
    csrf = here.csrf()
    assert here.post(ends[0], {"csrf": "x"}).status_code == 403
    assert luis.post(ends[0], {"csrf": luis.csrf()}).status_code == 404
    assert here.post(ends[0], {"csrf": csrf}).headers["location"] == "/consola/cuenta?hecho=sesion"
    assert sorted([phone.get("/consola/").status_code, third.get("/consola/").status_code]) == [200, 303]
    assert here.post("/consola/cuenta/sesiones/cerrar-otras", {"csrf": csrf}).status_code == 303
    still = [one.get("/consola/").status_code for one in (here, phone, third, luis)]
    assert still == [200, 303, 303, 200]
    assert [line[0] for line in world.trail()][-2:] == ["agent:sessions:ended"] * 2


def test_what_a_browser_says_of_itself_is_never_more_than_text(open_browser: OpenBrowser) -> None:
    browser, hostile = open_browser(), open_browser()
    hostile.client.headers["user-agent"] = '"><script>alert(1)</script>' + "x" * 5000
    for one in (browser, hostile):
        one.log_in()
    answer = browser.get("/consola/cuenta")
    assert "Navegador desconocido" in parsed(answer).text
    assert "alert(1)" not in answer.text


def test_an_unknown_thing_done_is_not_repeated(agent: Browser) -> None:
    assert "<b>" not in agent.get("/consola/cuenta?hecho=<b>x</b>").text


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36", ("Chrome", "Windows")),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0", ("Firefox", "Mac")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.6 Safari/605.1.15", ("Safari", "Mac")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) CriOS/140.0 Mobile Safari/604.1", ("Chrome", "iPhone")),
        ("Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0 Chrome/130.0 Safari/537.36", ("Samsung Internet", "Android")),
        ("Mozilla/5.0 (X11; CrOS x86_64 16328) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", ("Chrome", "ChromeOS")),
        ("curl/8.5.0", ("", "")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_a_browser_is_named_as_its_user_would(user_agent: str, expected: tuple[str, str]) -> None:
    assert described(user_agent) == expected


def test_single_keys_are_switched_off_and_on_for_good_and_the_help_stays(agent: Browser) -> None:
    def keys() -> tuple[str, bool]:
        document = parsed(agent.get("/consola/"))
        return document.tags("body")[0]["data-keys"], bool(document.tags("dialog"))

    assert keys() == ("on", True)
    for on, expected in (("", ("off", False)), ("si", ("on", True))):
        answer = agent.post("/consola/cuenta/atajos", {"csrf": agent.csrf(), "on": on})
        assert (answer.status_code, keys()) == (303, expected)
        assert "Ir a Resolver; Entrar lo confirma" in parsed(agent.get("/consola/atajos")).words
    assert any(link["href"] == "/consola/atajos" for link in parsed(agent.get("/consola/")).tags("a"))
