"""Whatever a customer writes is shown as they wrote it, and is never anything but text."""

import pytest

from bot.engine.effects import FieldValue
from bot.tickets.service import comment, open_ticket, rate
from tests.tickets.world import NOW, add_customer, asked, say
from tests.web.console.browser import Browser, parsed
from tests.web.console.conftest import World

HOSTILE = [
    "<script>alert(1)</script>",
    "</div></bdi></title><script src=//evil.example></script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{7*7}} {% for x in ().__class__.__mro__ %}{{x}}{% endfor %} ${7*7} #{7*7}",
    "%s %(x)s {0} {x.__class__}",
    "&lt;script&gt; &amp; &#60;b&#62; &",
    "<!-- --!> <![CDATA[ ]]> <style>*{display:none}</style>",
    "\u202egnirts desrever\u202c \u2066\u2069 \u200f",
    "*_*_* **x** _*a*_ ***** _____",
    "a" * 4000,
    "🙈" * 2000,
    "سلام hola שלום",
    " ",
    "",
]
#: What the pages themselves are made of: an element that is not here came out of somebody's text.
OURS = {
    *("html", "head", "meta", "title", "link", "body", "header", "img", "nav", "main", "section", "div", "span", "p", "a", "bdi"),
    *("h1", "h2", "h3", "form", "input", "button", "dl", "dt", "dd", "ol", "ul", "li", "time", "strong", "em"),
    *("label", "textarea", "details", "summary", "select", "option", "q", "script"),
    *("footer", "dialog", "kbd", "code"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
SCRIPTS = {("module", f"/consola/estatico/{name}.js") for name in ("console", "picker", "keys")}


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def text(request: pytest.FixtureRequest, world: World) -> str:
    """A hostile text, put wherever a customer's text goes."""
    hostile = str(request.param)
    world.write(add_customer, name="mala", profile_name=hostile or " ")
    fields = (FieldValue("nombre", "Nombre", hostile), FieldValue("otro", hostile, hostile))
    attachments = (
        {"url": hostile, "content_type": hostile},
        {"latitude": 1, "longitude": 2, "address": hostile, "label": hostile},
    )
    ticket = asked("mala", "SM9:0", detail=hostile, category=hostile, case=hostile, fields=fields, attachments=attachments)
    world.write(open_ticket, ticket=ticket, now=NOW)
    world.write(say, name="mala", position=0, body=hostile, attachments=list(attachments), kind="document", reasons=[hostile])
    world.write(rate, number="SF-000001", stars=1, now=NOW)
    world.write(comment, number="SF-000001", text=hostile, now=NOW)
    world.write(say, name="mala", position=1, body=hostile, status="failed", error_code=1)
    world.write(say, name="mala", position=2, body=hostile)
    return hostile


def test_hostile_text_adds_no_element_and_no_attribute(agent: Browser, text: str) -> None:
    for path in ("/consola/", "/consola/solicitudes/SF-000001"):
        document = parsed(agent.get(path))
        assert {tag for tag, _ in document.elements} <= OURS
        for tag, attributes in document.elements:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            assert tag != "script" or (attributes["type"], attributes["src"]) in SCRIPTS
            for name in ("href", "src", "action"):
                assert attributes.get(name, "/consola/").startswith(("/consola/", "#", "?mensajes"))


def test_hostile_text_is_shown_as_it_was_written(agent: Browser, text: str) -> None:
    shown = parsed(agent.get("/consola/solicitudes/SF-000001")).text
    # The detail and one of the fields word for word; the messages without WhatsApp's marks.
    assert shown.count(text) >= 2


def test_hostile_text_does_not_come_back_from_the_login_form(browser: Browser, world: World) -> None:
    for hostile in (text[:200] for text in HOSTILE):
        hidden = parsed(browser.get("/consola/entrar")).hidden
        fields = {"csrf": hidden["csrf"], "next": hostile, "username": hostile, "password": hostile}
        document = parsed(browser.post("/consola/entrar", fields))
        assert {tag for tag, _ in document.elements} <= OURS | {"label"}
        assert document.hidden["next"] == ""
