import json
import logging
from collections.abc import Callable

import pytest

from bot.metrics import REGISTRY
from bot.web.console import violations
from tests.web.console.browser import Browser
from tests.web.console.conftest import World

OLD = {
    "csp-report": {
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/?cedula=1010",
        "sample": "clave",
    }
}
NEW = [{"type": "csp-violation", "body": {"effectiveDirective": "require-trusted-types-for", "blockedURL": "trusted-types-sink"}}]


def counted(directive: str) -> float:
    return REGISTRY.get_sample_value("soporte_csp_reports_total", {"directive": directive}) or 0


def send(browser: Browser, report: object, kind: str = "application/csp-report") -> int:
    content = report if isinstance(report, bytes) else json.dumps(report).encode()
    return browser.post("/consola/csp", content=content, headers={"Content-Type": kind}).status_code


def test_reports_of_both_kinds_are_counted_by_directive_and_logged_without_their_data(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    before = [counted(name) for name in ("script-src-elem", "require-trusted-types-for")]
    with caplog.at_level(logging.WARNING):
        assert send(browser, OLD) == 204
        assert send(browser, NEW, "application/reports+json") == 204
    assert [counted(name) for name in ("script-src-elem", "require-trusted-types-for")] == [one + 1 for one in before]
    assert [record.getMessage() for record in caplog.records if "violations" in record.name] == [
        "a browser held something back: script-src-elem, an address",
        "a browser held something back: require-trusted-types-for, trusted-types-sink",
    ]
    assert not any(word in caplog.text for word in ("evil", "cedula", "clave"))


def test_what_a_report_calls_its_directive_is_never_taken_over(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    before = counted("other")
    assert send(browser, {"csp-report": {"effective-directive": "x\nINFO forged", "blocked-uri": {"a": 1}}}) == 204
    assert counted("other") == before + 1
    assert "forged" not in caplog.text


@pytest.mark.parametrize("report", [b"", b"{", b"\xff", b"[" * 9000, b"x" * 20000])
def test_what_is_no_report_is_refused(browser: Browser, report: bytes) -> None:
    assert send(browser, report) in {400, 413}


@pytest.mark.parametrize("report", [[], {}, 1, None, "x", [1], {"csp-report": 1}, [{"body": None}]])
def test_what_reports_nothing_counts_nothing(browser: Browser, report: object) -> None:
    before = counted("other")
    assert (send(browser, report), counted("other")) == (204, before)


def test_a_flood_of_reports_is_dropped_until_the_next_minute(
    world: World, open_browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(violations, "PER_MINUTE", 5)
    browser, before = open_browser(), counted("dropped")
    assert [send(browser, OLD) for _ in range(7)] == [204] * 5 + [429] * 2
    assert counted("dropped") == before + 2
    world.clock.advance(minutes=1)
    assert send(browser, OLD) == 204
