from collections.abc import Callable
from datetime import timedelta
from functools import partial

import httpx
import pyotp
import pytest

from bot.agents import accounts, factor
from bot.agents.throttle import PER_ACCOUNT
from bot.settings import Console, Settings
from bot.web.console.login import HALF
from tests.web.console.browser import HOME, PASSWORD, Browser, parsed
from tests.web.console.conftest import World

OpenBrowser = Callable[..., Browser]
FACTOR = "/consola/cuenta/segundo-factor"


def demand(world: World) -> None:
    chosen = Console(second_factor="required")
    world.settings = Settings(public_url="http://testserver", data_dir=world.settings.data_dir, console=chosen)


def send(browser: Browser, path: str, **fields: str) -> httpx.Response:
    """Send a form of the factor's page."""
    csrf = parsed(browser.get(FACTOR)).hidden["csrf"]
    return browser.post(path, {"csrf": csrf, **fields})


def begin(browser: Browser) -> pyotp.TOTP:
    """What the agent's phone knows after the QR code was read."""
    assert send(browser, FACTOR).status_code == 303
    key = next(line for line in parsed(browser.get(FACTOR)).text.split("\n") if "Escribe esta clave" in line)
    return pyotp.TOTP("".join(key.rsplit(":", 1)[1].split()))


def enrol(browser: Browser, world: World) -> tuple[pyotp.TOTP, list[str]]:
    phone = begin(browser)
    answer = send(browser, f"{FACTOR}/confirmar", code=phone.at(world.clock.at))
    assert answer.status_code == 200
    words = parsed(answer).words.split()
    world.clock.advance(seconds=60)
    return phone, [word for word in words if len(word) == 11 and word[5] == "-"]


def give(browser: Browser, code: str, **fields: str) -> httpx.Response:
    hidden = parsed(browser.get("/consola/entrar/codigo")).hidden
    return browser.post("/consola/entrar/codigo", {**hidden, **fields, "code": code})


def actions(world: World) -> list[str]:
    return [action for action, *_ in world.trail()]


def test_after_the_password_the_code_is_asked_for_and_leads_to_the_page_that_was_wanted(
    agent: Browser, open_browser: OpenBrowser, world: World
) -> None:
    phone, _ = enrol(agent, world)
    browser = open_browser()
    browser.log_in(page="/consola/entrar?next=/consola/%3Festado%3Dopen")
    away = browser.get("/consola/?estado=open")
    assert away.headers["location"] == "/consola/entrar/codigo?next=%2Fconsola%2F%3Festado%3Dopen"
    form = parsed(browser.get(away.headers["location"])).hidden
    half = browser.client.cookies["soporte-session"]
    answer = browser.post("/consola/entrar/codigo", {**form, "code": phone.at(world.clock.at)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/consola/?estado=open")
    assert browser.client.cookies["soporte-session"] != half
    assert browser.get("/consola/?estado=open").status_code == 200
    assert actions(world)[-2:] == ["agent:login:password", "agent:login:succeeded"]
    # The token of the half login opens nothing any more, not even the other half.
    browser.client.cookies.set("soporte-session", half, domain="testserver.local", path="/")
    assert browser.get("/consola/entrar/codigo").headers["location"].startswith("/consola/entrar?")


@pytest.mark.parametrize("path", ["", "solicitudes/SF-000001", "cuenta", "cuenta/segundo-factor", "cuenta/segundo-factor/qr.svg"])
def test_the_password_alone_opens_no_page(agent: Browser, open_browser: OpenBrowser, world: World, path: str) -> None:
    enrol(agent, world)
    browser = open_browser()
    browser.log_in()
    assert browser.get(f"/consola/{path}").headers["location"].startswith("/consola/entrar/codigo?next=")


def test_with_the_password_alone_the_second_factor_cannot_be_taken_away(
    agent: Browser, open_browser: OpenBrowser, world: World
) -> None:
    enrol(agent, world)
    browser = open_browser()
    browser.log_in()
    csrf = parsed(browser.get("/consola/entrar/codigo")).hidden["csrf"]
    for path in ("", "/quitar", "/codigos", "/confirmar"):
        answer = browser.post(FACTOR + path, {"csrf": csrf, "password": PASSWORD})
        assert answer.headers["location"].startswith("/consola/entrar/codigo")
    assert len(world.database.read_now(factor.confirmed)) == 1


def test_a_wrong_or_used_code_is_refused_and_soon_none_is_looked_at(
    agent: Browser, open_browser: OpenBrowser, world: World
) -> None:
    phone, _ = enrol(agent, world)
    browser, second = open_browser(), open_browser(address="203.0.113.9")
    for one in (browser, second):
        one.log_in()
    code = phone.at(world.clock.at)
    assert give(second, code).status_code == 303
    replayed = give(browser, code)
    assert (replayed.status_code, "ya se usó" in parsed(replayed).text) == (403, True)
    assert world.trail()[-1][0::3] == ("agent:login:code_wrong", HOME)
    for _ in range(PER_ACCOUNT - 1):
        assert give(browser, "x").status_code == 403
    # The right code of the next step, and from another address: the account is what is counted.
    world.clock.advance(seconds=30)
    third = open_browser(address="203.0.113.10")
    third.log_in()
    answer = give(third, phone.at(world.clock.at))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert third.get("/consola/").status_code == 303


def test_half_a_login_lasts_ten_minutes(agent: Browser, open_browser: OpenBrowser, world: World) -> None:
    enrol(agent, world)
    browser = open_browser()
    browser.log_in()
    world.clock.advance(seconds=HALF.total_seconds() - 1)
    assert browser.get("/consola/entrar/codigo").status_code == 200
    world.clock.advance(seconds=1)
    assert browser.get("/consola/entrar/codigo").headers["location"].startswith("/consola/entrar?")


def test_a_recovery_code_opens_once_instead_of_the_phone(agent: Browser, open_browser: OpenBrowser, world: World) -> None:
    _, codes = enrol(agent, world)
    assert len(codes) == factor.RECOVERY_CODES
    browser, again = open_browser(), open_browser()
    for one in (browser, again):
        one.log_in()
    assert give(browser, codes[3].upper()).status_code == 303
    assert "9 códigos de recuperación" in parsed(browser.get(FACTOR)).words
    assert actions(world)[-2:] == ["agent:factor:recovery_used", "agent:login:succeeded"]
    assert give(again, codes[3]).status_code == 403


def test_recovery_codes_are_shown_once_and_new_ones_for_the_password(agent: Browser, world: World) -> None:
    _, codes = enrol(agent, world)
    for path in (FACTOR, "/consola/cuenta"):
        assert not any(code in agent.get(path).text for code in codes)
    wrong = send(agent, f"{FACTOR}/codigos", password="mala-mala-mala")
    assert (wrong.status_code, "no es correcta" in parsed(wrong).text) == (403, True)
    renewed = parsed(send(agent, f"{FACTOR}/codigos", password=PASSWORD))
    assert not any(code in renewed.text for code in codes)
    assert actions(world)[-1] == "agent:factor:recovery_renewed"


def test_where_it_is_demanded_nothing_but_the_enrolment_can_be_reached(browser: Browser, world: World) -> None:
    demand(world)
    browser.log_in()
    for path in ("", "cuenta", "solicitudes/SF-000001", "entrar/codigo"):
        assert browser.get(f"/consola/{path}").headers["location"].startswith("/consola/cuenta/segundo-factor?")
    page = parsed(browser.get(FACTOR))
    assert {link["href"] for link in page.tags("a")} == {"#contenido", "/consola/"}
    enrol(browser, world)
    assert browser.get("/consola/").status_code == 200
    answer = send(browser, f"{FACTOR}/quitar", password=PASSWORD)
    assert (answer.status_code, "obligatorio" in parsed(answer).text) == (409, True)


def test_where_it_is_not_demanded_the_password_takes_it_away(agent: Browser, open_browser: OpenBrowser, world: World) -> None:
    enrol(agent, world)
    assert send(agent, f"{FACTOR}/quitar", password="mala-mala-mala").status_code == 403
    assert send(agent, FACTOR).status_code == 409
    assert send(agent, f"{FACTOR}/quitar", password=PASSWORD).status_code == 303
    assert actions(world)[-1] == "agent:factor:removed"
    browser = open_browser()
    browser.log_in()
    assert browser.get("/consola/").status_code == 200


def test_setting_it_up_ends_every_other_session_and_gives_this_one_a_new_token(
    browser: Browser, open_browser: OpenBrowser, world: World
) -> None:
    other = open_browser()
    for one in (browser, other):
        one.log_in()
    before = browser.client.cookies["soporte-session"]
    enrol(browser, world)
    assert browser.client.cookies["soporte-session"] != before
    assert (browser.get("/consola/").status_code, other.get("/consola/").status_code) == (200, 303)


def test_a_wrong_code_does_not_put_it_into_force(agent: Browser, world: World) -> None:
    phone = begin(agent)
    answer = send(agent, f"{FACTOR}/confirmar", code="nada")
    assert (answer.status_code, "no es correcto" in parsed(answer).text) == (403, True)
    assert agent.get("/consola/").status_code == 200
    assert world.database.read_now(factor.confirmed) == set()
    assert begin(agent).secret != phone.secret


def test_the_qr_code_is_a_picture_kept_nowhere_and_gone_once_it_was_used(agent: Browser, world: World) -> None:
    assert agent.get(f"{FACTOR}/qr.svg").status_code == 404
    begin(agent)
    answer = agent.get(f"{FACTOR}/qr.svg")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/svg+xml", "no-store")
    assert answer.text.count("<path") >= 1
    assert not any(word in answer.text for word in ("<script", "style=", "<text"))
    enrol(agent, world)
    assert agent.get(f"{FACTOR}/qr.svg").status_code == 404


def test_who_lost_the_phone_is_let_in_with_the_password_after_a_reset(
    agent: Browser, open_browser: OpenBrowser, world: World
) -> None:
    enrol(agent, world)
    world.write(accounts.reset_factor, username="ana.gomez", now=world.clock.at)
    assert agent.get("/consola/").status_code == 303
    browser = open_browser()
    browser.log_in()
    assert browser.get("/consola/").status_code == 200


def test_codes_go_by_the_phones_clock_also_where_the_products_was_moved(agent: Browser, world: World) -> None:
    ahead, outside = timedelta(hours=3), world.clock.at
    world.clock.outside = lambda: outside  # type: ignore[method-assign]
    world.clock.at += ahead
    phone = begin(agent)
    assert send(agent, f"{FACTOR}/confirmar", code=phone.at(world.clock.at)).status_code == 403
    assert send(agent, f"{FACTOR}/confirmar", code=phone.at(outside)).status_code == 200
    found = world.database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    assert world.database.read_now(partial(factor.is_set, agent_id=found.agent.id))
