"""Logging in by the company's own login, against a small real provider."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.agents import accounts, factor, identities
from bot.agents.accounts import AccountRefusedError
from bot.agents.identities import Kind
from bot.agents.rights import Role
from bot.agents.tables import second_factors
from bot.settings import Oidc, Settings
from tests.channels.serving import served
from tests.tickets.world import NOW
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World
from tests.web.console.provider import CLIENT, SECRET, Provider, forger, our_secret, query_of

START = "/consola/entrar/empresa"
BACK = f"{START}/vuelta"


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    with served(made.app) as made.issuer:
        yield made


@pytest.fixture
def office(world: World, provider: Provider, open_browser: Callable[..., Browser]) -> Browser:
    """A browser at a console with the company's login; Ana's verified address is linked. The clocks show the real time."""
    oidc = Oidc(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET)
    world.settings = Settings(public_url="http://testserver", data_dir=world.settings.data_dir, oidc=oidc)
    world.clock.at = datetime.now(UTC)
    world.write(identities.link, issuer=provider.issuer, username="ana.gomez", identity=(Kind.EMAIL, "ana@siigo.test"), now=NOW)
    return open_browser(app=world.app())


def visit(office: Browser, way_on: str = "", **changed: str) -> httpx.Response:
    """Go to the provider and come back, with something of the way back changed."""
    away = office.get(f"{START}?next={way_on}")
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"], follow_redirects=False)
    return office.get(BACK, params={**query_of(back.headers["location"]), **changed})


def refused(answer: httpx.Response, office: Browser) -> bool:
    return answer.status_code == 403 and "soporte-session" not in office.client.cookies


def test_a_verified_address_logs_its_agent_in_and_leads_on(office: Browser, world: World) -> None:
    assert "Entrar con la cuenta de la empresa" in parsed(office.get("/consola/entrar")).text
    answer = visit(office, "/consola/%3Festado%3Dopen")
    assert (answer.status_code, answer.headers["location"]) == (303, "/consola/?estado=open")
    assert "Ana Gómez" in parsed(office.get("/consola/")).text
    assert world.trail()[-1][0] == "agent:login:succeeded"
    cookie = office.cookies(answer)["soporte-session"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_subject_counts_whatever_the_address_says(office: Browser, world: World, provider: Provider) -> None:
    world.write(identities.link, issuer=provider.issuer, username="luis.paz", identity=(Kind.SUBJECT, "u-1"), now=NOW)
    assert visit(office).status_code == 303
    assert "Luis Paz" in parsed(office.get("/consola/")).text


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example"}, {"iss": None}, {"aud": "another"}, {"aud": None},
        {"aud": ["another", CLIENT]}, {"aud": [CLIENT, "another"], "azp": "another"}, {"azp": "another"},
        {"exp": int(time.time()) - 3600}, {"exp": None}, {"iat": None}, {"iat": int(time.time()) + 3600}, {"sub": None},
    ],
)  # fmt: skip
def test_a_token_that_is_not_of_this_login_opens_nothing(office: Browser, provider: Provider, lies: dict[str, Any]) -> None:
    provider.lies = lies
    assert refused(visit(office), office)
    provider.lies = {}
    assert visit(office).status_code == 303


@pytest.mark.parametrize(("algorithm", "signer"), [("RS256", forger), ("HS256", our_secret)])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(
    office: Browser, provider: Provider, algorithm: str, signer: Callable[[], Any]
) -> None:
    provider.algorithm, provider.signer = algorithm, signer()
    assert refused(visit(office), office)


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "u-9", "email": "nadie@siigo.test", "email_verified": True},
        {"sub": "u-9", "email": "ana@siigo.test", "email_verified": False},
        {"sub": "u-9", "email": "ana@siigo.test"},
        {"sub": "u-9", "email": "ana@siigo.test", "email_verified": "true"},
        {"sub": "ana.gomez", "preferred_username": "ana.gomez", "role": "admin"},
        {"sub": "u\0-1", "email": ["ana@siigo.test"], "email_verified": True},
    ],
)
def test_who_is_nobody_here_does_not_get_in(office: Browser, world: World, provider: Provider, person: dict[str, Any]) -> None:
    provider.person = person
    answer = visit(office)
    assert refused(answer, office)
    assert "no abre esta consola" in parsed(answer).text
    assert world.trail()[-1][:3] == ("agent:login:failed", "", "")


def test_a_disabled_agent_does_not_get_in_by_the_company_either(office: Browser, world: World) -> None:
    world.write(accounts.disable, username="ana.gomez", now=NOW)
    assert refused(visit(office), office)


def test_no_role_is_taken_from_the_provider(office: Browser, provider: Provider) -> None:
    provider.person |= {"role": Role.ADMIN, "roles": ["admin"], "groups": ["admin"]}
    assert visit(office).status_code == 303
    assert office.get("/consola/personas").status_code == 403


@pytest.mark.parametrize(
    "changed", [{"state": "another"}, {"state": ""}, {"iss": "https://evil.example"}, {"code": "made-up"}, {"code": ""}]
)
def test_a_way_back_that_was_tampered_with_opens_nothing(office: Browser, changed: dict[str, str]) -> None:
    assert refused(visit(office, **changed), office)


def test_a_way_back_works_in_the_browser_it_began_in_and_once(
    office: Browser, open_browser: Callable[..., Browser], world: World
) -> None:
    away = office.get(START)
    back = query_of(httpx.get(away.headers["location"], follow_redirects=False).headers["location"])
    thief = open_browser(app=world.app())
    assert refused(thief.get(BACK, params=back), thief)
    assert office.get(BACK, params=back).status_code == 303
    assert office.get(BACK, params=back).status_code == 403


def test_the_second_factor_is_still_asked_for(office: Browser, world: World) -> None:
    ana = world.write(accounts.known, username="ana.gomez")
    world.write(factor.begin, agent_id=ana.id, now=NOW)
    world.write(lambda connection: connection.execute(second_factors.update().values(confirmed_at=NOW)))
    assert visit(office).status_code == 303
    assert office.get("/consola/").headers["location"].startswith("/consola/entrar/codigo")


def test_a_login_elsewhere_never_leads_off_to_another_host(office: Browser) -> None:
    assert visit(office, "//evil.example/").headers["location"] == "/consola/"


def test_a_provider_that_is_another_or_silent_is_told_with_the_way_by_password(office: Browser, provider: Provider) -> None:
    provider.named = "https://evil.example"
    answer = office.get(START)
    assert (answer.status_code, "entra con tu contraseña" in parsed(answer).text) == (502, True)
    assert office.log_in().status_code == 303


def test_without_the_setting_there_is_no_such_login(browser: Browser) -> None:
    assert "cuenta de la empresa" not in parsed(browser.get("/consola/entrar")).text
    assert (browser.get(START).status_code, browser.get(BACK).status_code) == (404, 404)


def test_an_identity_belongs_to_one_agent_until_it_is_taken_back(world: World) -> None:
    link = {"issuer": "https://login.example", "identity": (Kind.EMAIL, "Ana@siigo.test"), "now": NOW}
    world.write(identities.link, username="ana.gomez", **link)
    with pytest.raises(AccountRefusedError, match="linked to an agent already"):
        world.write(identities.link, username="luis.paz", **link)
    with pytest.raises(AccountRefusedError, match="cannot be an e-mail"):
        world.write(identities.link, username="luis.paz", **{**link, "identity": (Kind.EMAIL, "luis")})
    world.write(identities.unlink, username="ana.gomez", now=NOW)
    world.write(identities.link, username="luis.paz", **link)
    assert [line[0] for line in world.trail()][-3:] == ["agent:linked", "agent:unlinked", "agent:linked"]
