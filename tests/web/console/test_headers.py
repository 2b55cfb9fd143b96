from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bot.agents.tables import sessions
from bot.settings import Settings
from bot.tickets.tables import tickets
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

OpenBrowser = Callable[..., Browser]
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types soporte",
    "report-uri /consola/csp",
    "report-to csp",
}
PATHS = ["", "entrar", "nada", "solicitudes/SF-000009", "solicitudes/%00", "estatico/console.css", "?estado=x"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_the_browser_what_to_run_and_to_frame_and_keep_nothing(agent: Browser, path: str) -> None:
    headers = agent.get(f"/consola/{path}").headers
    assert set(headers["content-security-policy"].split("; ")) == POLICY
    assert headers["reporting-endpoints"] == 'csp="/consola/csp"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if "estatico" in path else "no-store")
    assert "strict-transport-security" not in headers


def test_over_https_browsers_are_told_to_stay_there(world: World, open_browser: OpenBrowser) -> None:
    world.settings = Settings(public_url="https://soporte.example")
    browser = open_browser(app=world.app(), base="https://soporte.example")
    assert browser.get("/consola/entrar").headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_pages_get_scripts_of_ours_and_nothing_from_elsewhere(agent: Browser) -> None:
    ours = [{"type": "module", "src": f"/consola/estatico/{name}.js"} for name in ("console", "picker", "keys")]
    for path, scripts in (("", ours), ("nada", [])):
        document = parsed(agent.get(f"/consola/{path}"))
        assert document.tags("script") == scripts
        assert all(link["href"].startswith("/consola/estatico/") for link in document.tags("link"))


@pytest.mark.parametrize(
    "path",
    ["console.css", "base.css", "labels.css", "console.svg", "console.js", "picker.js", "trusted.js", "fold.js", "keys.js"],
)
def test_what_the_pages_refer_to_is_there(browser: Browser, path: str) -> None:
    assert browser.get(f"/consola/estatico/{path}").status_code == 200


@pytest.mark.parametrize("path", ["../templates/console/base.html", "%2e%2e/console/login.py", "..%2f..%2fdb.py", ""])
def test_nothing_but_static_files_can_be_fetched(browser: Browser, path: str) -> None:
    assert browser.get(f"/consola/estatico/{path}").status_code == 404


def test_a_page_that_does_not_exist_says_so_and_shows_the_way(browser: Browser) -> None:
    answer = browser.get("/consola/nada/de/nada")
    document = parsed(answer)
    assert (answer.status_code, "Esta página no existe" in document.text) == (404, True)
    assert "/consola/" in [link["href"] for link in document.tags("a")]


def test_a_form_sent_to_a_page_that_takes_none_is_refused_with_a_page(agent: Browser) -> None:
    answer = agent.post("/consola/", {"csrf": agent.csrf()})
    assert (answer.status_code, answer.headers["allow"], bool(parsed(answer).tags("h1"))) == (405, "GET", True)


def test_a_database_that_fails_is_told_as_such_and_not_as_a_missing_page(open_browser: OpenBrowser, world: World) -> None:
    browser = open_browser(raises=False)
    browser.log_in()
    world.write(lambda connection: connection.execute(sa.text("ALTER TABLE tickets RENAME TO gone")))
    answer = browser.get("/consola/")
    assert (answer.status_code, "no responde por ahora" in parsed(answer).text) == (503, True)
    assert "gone" not in answer.text
    assert set(answer.headers["content-security-policy"].split("; ")) == POLICY


def test_a_failure_of_ours_shows_a_page_without_its_details(open_browser: OpenBrowser, world: World) -> None:
    browser = open_browser(raises=False)
    browser.log_in()
    row = dict.fromkeys(("contact_id", "conversation_id", "cause", "category", "case", "detail", "number", "assignee"), "")
    row |= {"contact_id": "contact-ana", "conversation_id": "conversation-ana", "number": "SF-000007", "status": "resolved"}
    values = row | {"fields": 3, "attachments": [], "created_at": world.clock.at, "updated_at": world.clock.at}
    values |= {"last_message_at": world.clock.at, "unread": False}
    world.write(lambda connection: connection.execute(sa.insert(tickets).values(values)))
    answer = browser.get("/consola/solicitudes/SF-000007")
    assert (answer.status_code, "Algo salió mal" in parsed(answer).text) == (500, True)
    assert "TypeError" not in answer.text
    assert set(answer.headers["content-security-policy"].split("; ")) == POLICY


def test_no_session_is_believed_when_the_database_cannot_be_asked(open_browser: OpenBrowser, world: World) -> None:
    browser = open_browser(raises=False)
    browser.log_in()
    world.write(lambda connection: connection.execute(sa.text(f"DROP TABLE {sessions.name}")))
    assert browser.get("/consola/").status_code == 503
