"""Files that want to be more than files, all the way: from a customer's phone to an agent's browser, and from an agent's form
to the customer. What they are called, what they say of themselves and what they hold never decides what a browser does.
"""

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from bot.attachments.files import NAME
from bot.attachments.tables import State, attachments
from bot.channels.base import FileKey
from bot.channels.fake_twilio import File
from bot.channels.twilio.media import file_url
from tests.agent import Agent
from tests.attachments.samples import FILES, NO_TYPE, POLYGLOTS, SCRIPT, huge_png
from tests.attachments.wire import content, wire
from tests.stack import ACCOUNT, Stack, running_stack
from tests.web.console.browser import Document, parsed

ANA = "whatsapp:+573005550142"
NUMBER = "SF-000001"


def zip_bomb(part: str) -> bytes:
    """An Office file of 100 kB that unfolds into 100 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(part, "w") as inside:
        for _ in range(100):
            inside.write(bytes(1024 * 1024))
    return file.getvalue()


#: Files that are kept, as what their bytes are, and only ever handed out as that → extension.
KEPT = {
    **POLYGLOTS,
    "svg in a picture's comment": (FILES["jpg"][:2] + b"\xff\xfe\x00\x60" + NO_TYPE["svg"].ljust(94) + FILES["jpg"][2:], "jpg"),
    "zip bomb": (zip_bomb("word/document.xml"), "docx"),
    "pixel bomb": (huge_png(40_000, 40_000), "png"),
}
#: What somebody calls a file.
NAMES = {
    "leads up": "../../../../etc/passwd.png",
    "leads up as Windows does": "..\\..\\windows\\system32\\a.png",
    "absolute": "/etc/cron.d/a.png",
    "encoded dots": "%2e%2e%2f%2e%2e%2fa.png",
    "line breaks": "a.png\r\nSet-Cookie: a=b\r\n\r\n<script>",
    "right to left": "factura\u202egnp.exe",
    "300 letters": "a" * 300 + ".png",
    "NUL": "a.html\0.png",
    "quotes": 'a"; filename="b.html',
    "markup": "<img src=x onerror=alert(1)>.png",
    "none": "",
    "only dots": "..",
    "not UTF-8": "\udcff\udcfe.png",
    "bidirectional marks": "\u2066\u200b\u2069.png",
}
#: Signs that are never to stand in a page as they are.
UNSEEN = ("\0", "\u202e", "\u2066", "\u200b")


#: What no browser sends and anybody can: sets of characters in which a form says it is written.
CHARSETS = ("utf-7", "utf-16", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "hex", "undefined", "x" * 300)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A product in which Ana has a ticket that Luis attends."""
    with running_stack(tmp_path_factory.mktemp("product"), overload={"files_per_hour": 100}) as running:
        for text in ("asesor", "acepto", "ana ruiz", "la factura de octubre sale en blanco cuando la descargo", "sí"):
            running.receive(ANA, text=text)
            running.settle()
        yield running


@pytest.fixture(scope="module")
def agent(stack: Stack) -> Agent:
    luis = Agent(stack, "Luis Paz")
    luis.move(NUMBER, "assign")
    stack.settle()
    return luis


def rows(stack: Stack) -> list[Any]:
    query = sa.select(attachments).order_by(attachments.c.created_at, attachments.c.number)
    found: list[Any] = stack.runtime.database.read_now(lambda connection: list(connection.execute(query)))
    return found


def received(stack: Stack, *files: File, **more: Any) -> list[Any]:
    """The customer sends files in one message; the rows of these once none of them waits any more."""
    before = {row.id for row in rows(stack)}
    assert stack.receive(ANA, media=files, **more) == 200
    stack.settle()
    deadline = time.monotonic() + 60
    while True:
        new = [row for row in rows(stack) if row.id not in before]
        if len(new) == len(files) and all(row.state != State.WAITING for row in new):
            return new
        assert time.monotonic() < deadline, "they do not come"
        time.sleep(0.05)


def posted(agent: Agent, name: bytes, file: bytes, charset: str = "", **fields: str) -> httpx.Response:
    """A reply with one file, its name exactly as given, as no library writes it."""
    values = {**agent.page(NUMBER).hidden, "text": "Mira", **fields}
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (key.encode(), value.encode()) for key, value in values.items()
    ]
    head = b'Content-Disposition: form-data; name="files"; filename="%s"\r\nContent-Type: text/html\r\n\r\n'
    parts.append(head % name + file)
    body = b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + b"--limit--\r\n"
    kind = b"multipart/form-data; boundary=limit" + (f'; charset="{charset}"'.encode() if charset else b"")
    return agent.post(f"/solicitudes/{NUMBER}/responder", content=body, headers={b"Content-Type": kind})


def assert_a_download(answer: httpx.Response, row: Any, extension: str) -> None:
    headers = answer.headers
    assert answer.status_code == 200
    assert headers["content-disposition"] == f'attachment; filename="{row.id[:12]}.{extension}"'
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == row.found_type
    assert "html" not in headers["content-type"]
    assert "svg" not in headers["content-type"]


def assert_harmless(document: Document, text: str) -> None:
    """No element of a file's making, and nothing that turns around or hides what is read."""
    assert not [sign for sign in UNSEEN if sign in text]
    assert not [one for _, attributes in document.elements for one in attributes if one.startswith("on")]
    assert SCRIPT.decode() not in text


def assert_only_our_names(stack: Stack) -> None:
    folder = stack.runtime.settings.attachments_folder
    files = [path for path in folder.rglob("*") if path.is_file() and path != folder / "links.key"]
    assert files
    assert all(NAME.fullmatch(path.name) and path.parent.parent.parent == folder for path in files)


def test_what_a_customer_sends_is_a_download_or_is_made_anew_whatever_it_is(stack: Stack, agent: Agent) -> None:
    found = received(stack, *(File("image/svg+xml", file) for file, _ in KEPT.values()))
    for row, (name, (file, extension)) in zip(found, KEPT.items(), strict=True):
        assert (row.state, row.size) == (State.FETCHED, len(file)), name
        original = agent.get(f"/adjuntos/{row.id}/original")
        assert_a_download(original, row, extension)
        assert original.content == file
        for path in ("", "/miniatura"):
            shown = agent.get(f"/adjuntos/{row.id}{path}")
            if row.has_preview:
                assert (shown.headers["content-type"], shown.headers["content-disposition"]) == ("image/webp", "inline")
                assert Image.open(io.BytesIO(shown.content)).format == "WEBP"
                assert b"script" not in shown.content
            elif path:
                assert shown.status_code == 404
            else:
                assert_a_download(shown, row, extension)
    previews = {name: row.has_preview for name, row in zip(KEPT, found, strict=True)}
    assert previews["svg in a picture's comment"]
    assert not previews["pixel bomb"]
    assert not previews["zip bomb"]
    assert_only_our_names(stack)


def test_what_a_customer_calls_a_file_never_reaches_a_header_or_the_disk(stack: Stack, agent: Agent) -> None:
    """Of a document WhatsApp sends the name as the message's text, and its type as the sender's phone told it."""
    told = [name.encode("utf-8", "replace").decode() for name in NAMES.values()]
    types = {f"MediaContentType{number}": name for number, name in enumerate(told)}
    found = received(stack, *[File("application/pdf", FILES["pdf"])] * len(told), text=" ".join(told), extra=types)
    for row in found:
        assert (row.state, row.reason, row.found_type) == (State.FETCHED, "", "application/pdf")
        assert not [sign for sign in UNSEEN if sign in row.told_type]
        assert_a_download(agent.get(f"/adjuntos/{row.id}/original"), row, "pdf")
    answer = agent.get(f"/solicitudes/{NUMBER}")
    assert answer.status_code == 200
    assert_harmless(parsed(answer), answer.text)
    assert_only_our_names(stack)


def test_what_the_provider_says_of_a_file_counts_for_nothing(tmp_path: Path) -> None:
    said = (
        'Content-Type: text/html; charset="utf-7"\r\nContent-Disposition: inline; filename="../../../x.html"\r\n'
        "X-Odd: \u00e2\u0080\u00ae\r\nSet-Cookie: soporte-session=a\r\nContent-Location: /etc/passwd\r\n"
    )
    path = file_url("", FileKey(ACCOUNT, "MM" + "0" * 32, "ME" + "0" * 32))
    with wire() as provider, running_stack(tmp_path, twilio={"api_base_url": provider.url}) as stack:
        provider.answers[path] = content(FILES["pdf"], head=said)
        (row,) = received(stack, File("text/html", b""), extra={"MediaUrl0": f"https://api.twilio.com{path}"})
        answer = Agent(stack, "Luis Paz").get(f"/adjuntos/{row.id}/original")
        assert_a_download(answer, row, "pdf")
        assert "set-cookie" not in answer.headers
        assert_only_our_names(stack)


@pytest.mark.parametrize("name", NAMES)
def test_an_agents_file_goes_out_under_no_name_and_a_refused_one_is_named_harmlessly(
    stack: Stack, agent: Agent, name: str
) -> None:
    called = NAMES[name].encode("utf-8", "surrogateescape")
    before = len(rows(stack))
    refused = posted(agent, called, NO_TYPE["html"])
    assert refused.status_code in {400, 409}
    assert "set-cookie" not in refused.headers
    assert_harmless(parsed(refused), refused.text)
    assert len(rows(stack)) == before
    answer = posted(agent, called, FILES["png"])
    # Line breaks end the name for every reader of the form, and what follows them is another file than ours.
    assert answer.status_code == (409 if name == "line breaks" else 303)
    if answer.status_code == 303:
        (row,) = rows(stack)[before:]
        assert_a_download(agent.get(f"/adjuntos/{row.id}/original"), row, "png")
        handed = httpx.get(stack.runtime.links.url(row.id), trust_env=False)
        assert (handed.headers["content-type"], handed.headers["content-disposition"]) == ("image/png", "attachment")
    assert_only_our_names(stack)


@pytest.mark.parametrize("name", [*NO_TYPE, "pixel bomb", "zip bomb"])
def test_what_an_agent_sends_under_a_good_name_is_told_by_its_bytes(stack: Stack, agent: Agent, name: str) -> None:
    file, extension = KEPT.get(name, (NO_TYPE.get(name, b""), ""))
    before = len(rows(stack))
    answer = posted(agent, b"foto.png", file)
    assert answer.status_code == (303 if extension else 409)
    new = rows(stack)[before:]
    assert [(row.found_type.rpartition("/")[2][:3] != "htm", row.has_preview) for row in new] == [(True, False)] * bool(extension)
    for row in new:
        assert_a_download(agent.get(f"/adjuntos/{row.id}/original"), row, extension)


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_in_odd_characters_is_read_or_refused(agent: Agent, charset: str) -> None:
    for name, text in ((b"\\ud800.png", "\\ud800"), (b"xn--a\xff.png", "xn--\u00ff"), (b"+2AA-.png", "+2AA-")):
        assert posted(agent, name, FILES["png"], charset, text=text).status_code == 400
        assert posted(agent, name, FILES["png"], charset, text=text, csrf=text).status_code == 400


def test_a_form_in_utf_8_is_taken_whether_it_says_so_or_not(agent: Agent) -> None:
    for charset in ("", "utf-8", "UTF-8"):
        assert posted(agent, "señal.png".encode(), FILES["png"], charset, text="señal").status_code == 303
