"""Files of customers in the console: images made anew, everything else as a download, nothing without a login or unnoted."""

import io
from functools import partial
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from bot.attachments import service
from bot.attachments.files import path_of, save
from bot.attachments.keep import keep
from bot.attachments.tables import Reason, State, attachments
from bot.attachments.types import TYPES, found_type
from bot.engine.inputs import Media
from bot.tickets.service import open_ticket
from tests.attachments.samples import FILES, NO_TYPE, POLYGLOTS, SCRIPT
from tests.tickets.world import NOW, asked, say
from tests.web.console.browser import HOME, Browser, Document, parsed
from tests.web.console.conftest import World

POLICY = "sandbox; default-src 'none'"


def url_of(number: int) -> str:
    return f"https://api.twilio.com/2010-04-01/Accounts/AC{'0' * 32}/Messages/MM{number:032x}/Media/ME{number:032x}"


def expected(world: World, number: int = 1, told: str = "image/png") -> tuple[str, dict[str, str]]:
    """A customer's message with a file that is not here yet: the file's id, and how message and ticket name it."""
    item = {"url": url_of(number), "content_type": told}
    world.write(say, name="ana", position=2 * number, body="", kind="image", attachments=[item])
    world.write(service.expect, message_id=f"message-ana-{2 * number}", media=[Media(**item)], now=NOW)
    query = sa.select(attachments.c.id).where(attachments.c.media_sid == f"ME{number:032x}")
    identity: str = world.database.read_now(lambda connection: connection.execute(query).scalar_one())
    return identity, item


def fetched(world: World, content: bytes, number: int = 1) -> tuple[str, dict[str, str]]:
    """The same, here by now."""
    identity, item = expected(world, number)
    kind = found_type(content)
    assert kind is not None
    has_preview = keep(world.settings.attachments_folder, identity, content, kind)
    settle(world, identity, partial(service.settle_fetched, kind=kind, size=len(content), now=NOW, has_preview=has_preview))
    return identity, item


def settle(world: World, identity: str, how: Any) -> None:
    def job(connection: sa.Connection) -> None:
        (claimed,) = [one for one in service.claim(connection, NOW, 99) if one.id == identity]
        assert how(connection, claimed=claimed)

    world.write(job)


def page(agent: Browser, world: World, *items: dict[str, str]) -> Document:
    number = world.write(open_ticket, ticket=asked("ana", "SM1:0", attachments=items), now=NOW)
    return parsed(agent.get(f"/consola/solicitudes/{number}"))


def assert_harmless(answer: httpx.Response) -> None:
    headers = answer.headers
    picture = "; style-src 'unsafe-inline'" if headers["content-disposition"] == "inline" else ""
    assert headers["content-security-policy"] == POLICY + picture
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] in TYPES
    assert headers["content-disposition"] == "inline" or headers["content-disposition"].startswith('attachment; filename="')
    if headers["content-disposition"] == "inline":
        assert headers["content-type"] == "image/webp"


@pytest.mark.parametrize("extension", ["jpg", "png", "webp"])
def test_an_image_is_shown_as_one_that_was_made_anew(agent: Browser, world: World, extension: str) -> None:
    identity, item = fetched(world, FILES[extension])
    document = page(agent, world, item)
    pictures = [image["src"] for image in document.tags("img") if "adjuntos" in image["src"]]
    assert pictures == [f"/consola/adjuntos/{identity}/miniatura"] * 2  # among the ticket's files, and in the conversation
    assert f"/consola/adjuntos/{identity}" in [link["href"] for link in document.tags("a")]
    for path in (f"/consola/adjuntos/{identity}", pictures[0]):
        answer = agent.get(path)
        assert_harmless(answer)
        assert (answer.status_code, answer.headers["content-disposition"]) == (200, "inline")
        assert Image.open(io.BytesIO(answer.content)).format == "WEBP"
        assert answer.content != FILES[extension]


@pytest.mark.parametrize("extension", FILES)
def test_every_original_is_only_ever_a_download_under_a_name_of_ours(agent: Browser, world: World, extension: str) -> None:
    identity, _ = fetched(world, FILES[extension])
    answer = agent.get(f"/consola/adjuntos/{identity}/original")
    assert_harmless(answer)
    assert answer.content == FILES[extension]
    assert answer.headers["content-disposition"] == f'attachment; filename="{identity[:12]}.{extension}"'
    kind = TYPES[answer.headers["content-type"]]
    assert kind.extension == extension
    whole = agent.get(f"/consola/adjuntos/{identity}")
    assert_harmless(whole)
    assert (whole.headers["content-disposition"] == "inline") is kind.is_image
    assert (agent.get(f"/consola/adjuntos/{identity}/miniatura").status_code == 200) is kind.is_image


@pytest.mark.parametrize("name", POLYGLOTS)
def test_a_file_that_is_two_things_never_runs(agent: Browser, world: World, name: str) -> None:
    identity, _ = fetched(world, POLYGLOTS[name][0])
    for path in ("", "/original", "/miniatura"):
        answer = agent.get(f"/consola/adjuntos/{identity}{path}")
        if answer.status_code == 200:
            assert_harmless(answer)
            assert SCRIPT not in answer.content or answer.headers["content-disposition"].startswith("attachment")


def test_a_file_whose_bytes_were_exchanged_on_disk_still_does_not_run(agent: Browser, world: World) -> None:
    identity, _ = fetched(world, FILES["pdf"])
    save(world.settings.attachments_folder, identity, NO_TYPE["html"])
    for path in ("", "/original"):
        answer = agent.get(f"/consola/adjuntos/{identity}{path}")
        assert_harmless(answer)
        assert answer.headers["content-disposition"].startswith("attachment")


def test_an_image_that_cannot_be_made_anew_is_a_download_and_says_so(agent: Browser, world: World) -> None:
    identity, item = fetched(world, FILES["png"][:60])
    document = page(agent, world, item)
    assert "sin vista previa" in document.words
    assert not [image for image in document.tags("img") if "adjuntos" in image["src"]]
    answer = agent.get(f"/consola/adjuntos/{identity}")
    assert_harmless(answer)
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_document_is_named_by_what_it_is_with_its_size(agent: Browser, world: World) -> None:
    identity, item = fetched(world, FILES["pdf"].ljust(2_345_678))
    document = page(agent, world, item)
    assert "PDF Descargar PDF 2,3 MB" in document.words
    assert f"/consola/adjuntos/{identity}/original" in [link["href"] for link in document.tags("a")]


def test_a_file_that_is_not_here_says_how_it_stands(agent: Browser, world: World) -> None:
    identity, item = expected(world)
    number = world.write(open_ticket, ticket=asked("ana", "SM1:0", attachments=(item,)), now=NOW)
    seen = [parsed(agent.get(f"/consola/solicitudes/{number}")).words]
    settle(world, identity, partial(service.settle_later, reason=Reason.TROUBLE, due_at=NOW, now=NOW))
    seen.append(parsed(agent.get(f"/consola/solicitudes/{number}")).words)
    settle(world, identity, partial(service.settle_refused, reason=Reason.TYPE, now=NOW))
    seen.append(parsed(agent.get(f"/consola/solicitudes/{number}")).words)
    expectations = ("Imagen Pendiente", "Pendiente: se volverá a intentar", "No se pudo traer: es de un tipo que no se admite")
    for words, expectation in zip(seen, expectations, strict=True):
        assert expectation in words
    for path in ("", "/original", "/miniatura"):
        assert agent.get(f"/consola/adjuntos/{identity}{path}").status_code == 404


@pytest.mark.parametrize(
    "identity",
    [
        "0" * 32, "x", "../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "%0d%0aSet-Cookie:%20a=b",
        "%E2%80%AEgnp.exe", "a" * 300, "%FF", "{id}.view", "{id}.thumb", "{id}%00", "{id}%2f..", "{ID}",
        "{id}/original/x",
    ],
)  # fmt: skip
def test_no_other_name_leads_to_a_file(agent: Browser, world: World, identity: str) -> None:
    real, _ = fetched(world, FILES["png"])
    wanted = identity.replace("{id}", real).replace("{ID}", f"{real[:31]}X")
    for path in ("", "/original", "/miniatura"):
        answer = agent.get(f"/consola/adjuntos/{wanted}{path}")
        assert answer.status_code == 404
        assert "set-cookie" not in answer.headers
    assert agent.get(f"/consola/adjuntos/{real}").status_code == 200


def read(world: World) -> list[tuple[str, str]]:
    """Which files were looked at, and from where."""
    return [(about, address) for action, _, about, address in world.trail() if action == "attachment:read"]


def test_without_a_login_nothing_is_handed_out_and_nothing_is_told(browser: Browser, world: World) -> None:
    real, _ = fetched(world, FILES["png"])
    for identity in (real, "0" * 32):
        for path in ("", "/original", "/miniatura"):
            answer = browser.get(f"/consola/adjuntos/{identity}{path}")
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/consola/entrar")
    assert read(world) == []


def test_whoever_looks_at_a_file_is_on_the_trail(agent: Browser, world: World) -> None:
    identity, _ = fetched(world, FILES["png"])
    other, _ = fetched(world, FILES["pdf"], number=2)
    for path in (identity, f"{identity}/original", f"{other}/original", f"{identity}/miniatura", "0" * 32):
        agent.get(f"/consola/adjuntos/{path}")
    assert read(world) == [(one, HOME) for one in (identity, identity, other)]


def test_a_file_that_the_disk_has_lost_is_a_page_that_does_not_exist(agent: Browser, world: World) -> None:
    identity, _ = fetched(world, FILES["pdf"])
    path_of(world.settings.attachments_folder, identity).unlink()
    assert agent.get(f"/consola/adjuntos/{identity}/original").status_code == 404


def test_one_customers_file_never_stands_for_anothers(agent: Browser, world: World) -> None:
    fetched(world, FILES["png"])
    stranger = {"url": url_of(7), "content_type": "image/png"}
    number = world.write(open_ticket, ticket=asked("luis", "SM9:0", attachments=(stranger,)), now=NOW)
    document = parsed(agent.get(f"/consola/solicitudes/{number}"))
    assert not [image for image in document.tags("img") if "adjuntos" in image["src"]]
    assert State.WAITING not in document.words
