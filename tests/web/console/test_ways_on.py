"""Where a login may lead on to: every way to write another host that browsers fall for stays here."""

import pytest

from bot.web.console.guard import local_path

_ELSEWHERE = [
    "https://evil.example", "http://evil.example", "HTTPS://evil.example",
    "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example", "https:evil.example", "https:/evil.example",
    "http:\\\\evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "data:text/html,x", "vbscript:x",
    "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "\x00//evil.example",
    "/ /evil.example", "//evil.example@testserver", "https://testserver@evil.example", "https://testserver.evil.example",
    "@evil.example", ".evil.example", "evil.example", "?next=//evil.example", "#//evil.example", "", " ",
    "/consola/\r\nSet-Cookie: x=y",
    "/consola/\x7f", "/ñ", "/\u2215evil.example", "\uff0f\uff0fevil.example", "/" + "a" * 501,
    "mailto:a@b.co", "//0x7f.1", "//[::1]",
    "/\\\\evil.example", "/consola\\..\\evil",
]  # fmt: skip


@pytest.mark.parametrize("given", _ELSEWHERE)
def test_a_way_that_leads_elsewhere_is_not_taken(given: str) -> None:
    assert local_path(given, "/consola/") == "/consola/"


@pytest.mark.parametrize(
    "given",
    [
        "/",
        "/consola/",
        "/consola/?estado=open&buscar=a%20b",
        "/consola/solicitudes/SF-000001",
        "/a//b",
        "/%2F%2Fevil.example",
        "/a@b",
    ],
)
def test_a_way_that_stays_here_is_taken(given: str) -> None:
    assert local_path(given, "/otherwise") == given
