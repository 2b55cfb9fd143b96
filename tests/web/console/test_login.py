from collections.abc import Callable
from functools import partial

import pytest

from bot.agents import accounts
from bot.agents.throttle import PER_ACCOUNT, WINDOW
from bot.settings import Settings
from tests.tickets.world import NOW
from tests.web.console.browser import HOME, PASSWORD, Browser, parsed
from tests.web.console.conftest import World

OpenBrowser = Callable[..., Browser]
WRONG = "El usuario o la contraseña no son correctos."


def agent_id(world: World, username: str = "ana.gomez") -> str:
    found = world.database.read_now(partial(accounts.credentials, username=username))
    assert found is not None
    return found.agent.id


def test_the_right_password_leads_to_the_list(browser: Browser, world: World) -> None:
    assert browser.get("/consola/entrar").headers["Clear-Site-Data"] == '"storage"'
    answer = browser.log_in(" Ana.Gomez ")
    assert "Clear-Site-Data" not in answer.headers
    assert (answer.status_code, answer.headers["location"]) == (303, "/consola/")
    assert "Ana Gómez" in parsed(browser.get("/consola/")).text
    assert world.trail()[-1] == ("agent:login:succeeded", agent_id(world), "ana.gomez", HOME)


@pytest.mark.parametrize(
    ("username", "password", "about"),
    [
        ("ana.gomez", "mala-mala-mala", "ana.gomez"),
        ("ana.gomez", "", "ana.gomez"),
        ("nadie", PASSWORD, ""),
        ("", "", ""),
        ("ana.gomez' --", PASSWORD, ""),
        ("ana.gomez\0", PASSWORD, ""),
        (PASSWORD, "", ""),
        ("x" * 5000, PASSWORD, ""),
    ],
)
def test_a_wrong_login_is_refused_and_does_not_tell_which_part_was_wrong(
    browser: Browser, world: World, username: str, password: str, about: str
) -> None:
    answer = browser.log_in(username, password)
    assert answer.status_code == 403
    assert WRONG in parsed(answer).text
    assert browser.get("/consola/").status_code == 303
    # What is no account's name is not kept: it may be a password in the wrong field.
    assert world.trail()[-1] == ("agent:login:failed", "", about, HOME)


def test_a_disabled_agent_gets_the_same_answer_as_a_wrong_password(browser: Browser, world: World) -> None:
    world.write(accounts.disable, username="ana.gomez", now=NOW)
    answer = browser.log_in()
    assert (answer.status_code, WRONG in parsed(answer).text) == (403, True)
    assert world.trail()[-1][0] == "agent:login:failed"
    assert browser.log_in("luis.paz").status_code == 303


def test_disabling_an_agent_ends_what_they_are_doing_at_once(agent: Browser, world: World) -> None:
    assert agent.get("/consola/").status_code == 200
    world.write(accounts.disable, username="ana.gomez", now=NOW)
    assert agent.get("/consola/").status_code == 303


def test_a_session_over_leads_to_the_login_and_back_to_the_page(agent: Browser, world: World) -> None:
    for _ in range(world.settings.console.session_hours - 1):
        world.clock.advance(hours=1)
        agent.get("/consola/")
    world.clock.advance(hours=1, seconds=-1)
    assert agent.get("/consola/").status_code == 200
    world.clock.advance(seconds=1)
    away = agent.get("/consola/?estado=open")
    assert away.headers["location"] == "/consola/entrar?next=%2Fconsola%2F%3Festado%3Dopen"
    assert "Tu sesión terminó" in parsed(agent.get(away.headers["location"])).text
    back = agent.log_in(page=away.headers["location"])
    assert (back.status_code, back.headers["location"]) == (303, "/consola/?estado=open")


def test_who_comes_for_the_first_time_is_not_told_of_a_session(browser: Browser) -> None:
    assert "sesión" not in parsed(browser.get("/consola/entrar")).text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example/", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\t/evil.example", " /consola/", "/consola/\r\nx: y", "consola/", "/" + "a" * 600,
    ],
)  # fmt: skip
def test_a_login_never_leads_off_to_another_host(browser: Browser, elsewhere: str) -> None:
    hidden = parsed(browser.get("/consola/entrar")).hidden
    answer = browser.post("/consola/entrar", {**hidden, "next": elsewhere, "username": "ana.gomez", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/consola/")


def test_who_is_logged_in_is_not_asked_again(agent: Browser) -> None:
    assert agent.get("/consola/entrar?next=/consola/%3Festado%3Dopen").headers["location"] == "/consola/?estado=open"
    assert agent.get("/consola/entrar?next=//evil.example").headers["location"] == "/consola/"


def test_every_login_gives_a_new_session_and_ends_the_one_before(open_browser: OpenBrowser) -> None:
    browser, thief = open_browser(), open_browser()
    browser.log_in()
    thief.client.cookies.update(browser.client.cookies)
    before = dict(browser.client.cookies)
    assert thief.get("/consola/").status_code == 200
    # Ana logs in anew in the same browser, with a form that she had open.
    form = {"csrf": "token of the form", "username": "ana.gomez", "password": PASSWORD}
    browser.client.cookies.set("soporte-login-form", "token of the form", domain="testserver.local", path="/")
    assert browser.post("/consola/entrar", form).status_code == 303
    assert browser.client.cookies["soporte-session"] != before["soporte-session"]
    assert browser.get("/consola/").status_code == 200
    assert thief.get("/consola/").status_code == 303


def test_a_made_up_session_cookie_is_never_taken_over(browser: Browser) -> None:
    browser.client.cookies.set("soporte-session", "chosen by somebody else", domain="testserver.local", path="/")
    assert browser.get("/consola/").status_code == 303
    browser.log_in()
    assert browser.client.cookies["soporte-session"] != "chosen by somebody else"


def test_logging_out_ends_the_session_on_the_server_too(agent: Browser, open_browser: OpenBrowser, world: World) -> None:
    copy = open_browser()
    copy.client.cookies.update(agent.client.cookies)
    assert agent.post("/consola/salir", {"csrf": agent.csrf()}).headers["location"] == "/consola/entrar"
    assert (agent.get("/consola/").status_code, copy.get("/consola/").status_code) == (303, 303)
    assert "soporte-session" not in agent.client.cookies
    assert world.trail()[-1] == ("agent:logout", agent_id(world), "ana.gomez", HOME)


def test_a_form_without_the_tokens_of_its_own_session_is_refused(open_browser: OpenBrowser) -> None:
    ana, luis = open_browser(), open_browser()
    ana.log_in()
    luis.log_in("luis.paz")
    for fields in ({}, {"csrf": ""}, {"csrf": "x"}, {"csrf": "ñ"}, {"csrf": luis.csrf()}):
        assert ana.post("/consola/salir", fields).status_code == 403
    assert ana.get("/consola/").status_code == 200
    assert ana.post("/consola/salir", {"csrf": ana.csrf()}).status_code == 303


def test_a_login_form_from_another_browser_or_site_is_refused(open_browser: OpenBrowser, world: World) -> None:
    browser, other = open_browser(), open_browser()
    stranger = parsed(other.get("/consola/entrar")).hidden
    filled = {"username": "ana.gomez", "password": PASSWORD}
    for fields in (filled, {**filled, "csrf": ""}, {**filled, **stranger}):
        answer = browser.post("/consola/entrar", fields)
        assert (answer.status_code, "demasiado tiempo" in parsed(answer).text) == (403, True)
    assert not any(action.startswith("agent:login") for action, *_ in world.trail())


def test_too_many_wrong_passwords_are_not_looked_at_any_more(browser: Browser, open_browser: OpenBrowser, world: World) -> None:
    assert [browser.log_in(password="mala").status_code for _ in range(PER_ACCOUNT)] == [403] * PER_ACCOUNT
    lines = len(world.trail())
    answer = browser.log_in()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert "15 minutos" in parsed(answer).text
    assert len(world.trail()) == lines
    assert browser.log_in("luis.paz").status_code == 303
    assert open_browser(address="203.0.113.9").log_in().status_code == 303
    world.clock.advance(seconds=WINDOW.total_seconds() + 1)
    assert open_browser().log_in().status_code == 303


def test_a_success_forgives_the_mistakes_before_it(open_browser: OpenBrowser) -> None:
    for _ in range(3):
        browser = open_browser()
        for _ in range(PER_ACCOUNT - 1):
            assert browser.log_in(password="mala").status_code == 403
        assert browser.log_in().status_code == 303


def test_over_https_cookies_are_bound_to_the_host_and_over_http_they_still_work(world: World, open_browser: OpenBrowser) -> None:
    plain = open_browser()
    line = plain.cookies(plain.log_in())["soporte-session"].lower()
    assert "httponly" in line
    assert "samesite=lax" in line
    assert "path=/;" in line
    assert "secure" not in line
    world.settings = Settings(public_url="https://soporte.example")
    secured = open_browser(app=world.app(), base="https://soporte.example")
    answer = secured.log_in()
    line = secured.cookies(answer)["__Host-soporte-session"].lower()
    assert {"httponly", "samesite=lax", "path=/", "secure"} <= {part.strip() for part in line.split(";")}
    assert "domain" not in line
    assert secured.get("/consola/").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"csrf=" + b"a" * 20_000, 413), (b"\xff=1", 400), (b"csrf=%ff", 400), (b"&".join([b"a=1"] * 30), 400)],
)
def test_a_form_that_cannot_be_one_of_ours_is_refused(browser: Browser, body: bytes, status: int) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = browser.post("/consola/entrar", content=body, headers=headers)
    assert answer.status_code == status
    assert parsed(answer).tags("h1")


def test_of_two_tabs_that_both_show_the_login_either_may_be_filled_in(browser: Browser, world: World) -> None:
    first, second = (parsed(browser.get("/consola/entrar")).hidden for _ in range(2))
    assert first["csrf"] == second["csrf"]
    browser.client.cookies.set("soporte-login-form", "planted", domain="testserver.local", path="/")
    assert parsed(browser.get("/consola/entrar")).hidden["csrf"] != "planted"


@pytest.mark.parametrize(
    "header",
    ["Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "Authorization", "X-Webauth-User"],
)
def test_no_header_logs_anybody_in(browser: Browser, header: str) -> None:
    assert browser.get("/consola/", headers={header: "ana.gomez"}).status_code == 303


def test_a_session_that_nobody_uses_ends_although_its_page_keeps_itself_up_to_date(agent: Browser, world: World) -> None:
    two_hours = world.settings.console.model_copy(update={"idle_minutes": 120})
    world.settings = world.settings.model_copy(update={"console": two_hours})
    world.clock.advance(minutes=100)
    assert agent.get("/consola/").status_code == 200  # by hand: two more hours
    for _ in range(11):
        world.clock.advance(minutes=10)
        assert agent.get("/consola/", headers={"X-Block": "list"}).status_code == 200
    world.clock.advance(minutes=10)
    assert agent.get("/consola/", headers={"X-Block": "list"}).status_code == 303
    assert agent.get("/consola/").status_code == 303


def test_a_session_that_is_used_lasts_as_long_as_sessions_may(agent: Browser, world: World) -> None:
    for _ in range(11):
        world.clock.advance(hours=1)
        assert agent.get("/consola/").status_code == 200
    world.clock.advance(hours=1)
    assert agent.get("/consola/").status_code == 303
