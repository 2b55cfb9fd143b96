"""Agents send files: checked, each once, in order, and never at the cost of what was typed beside them."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.attachments.tables import attachments
from bot.attachments.types import LARGEST, MEGABYTE
from bot.channels.fake_twilio import Direction, Record
from bot.web.console import uploads
from tests.agent import Agent
from tests.attachments.samples import FILES, NO_TYPE
from tests.stack import Stack, running_stack
from tests.web.console.browser import parsed

ANA = "whatsapp:+573005550142"
NUMBER = "SF-000001"
PICTURE, PAPER = ("pantalla.png", FILES["png"]), ("pasos.pdf", FILES["pdf"])


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A product in which Ana has a ticket, and wrote a moment ago."""
    with running_stack(tmp_path) as running:
        for text in ("asesor", "acepto", "ana ruiz", "la factura de octubre sale en blanco cuando la descargo", "sí"):
            running.receive(ANA, text=text)
            running.settle()
        yield running


@pytest.fixture
def agent(stack: Stack) -> Agent:
    """Luis, who attends her."""
    luis = Agent(stack, "Luis Paz")
    luis.move(NUMBER, "assign")
    stack.settle()
    return luis


def arrived(stack: Stack) -> list[Record]:
    """What came to the customer's phone after the word that Luis attends her."""
    stack.settle()
    said = [record for record in stack.fake.conversation(ANA) if record.direction is Direction.OUTBOUND]
    last = max(place for place, record in enumerate(said) if "Luis Paz" in record.body)
    return said[last + 1 :]


def kept(stack: Stack) -> int:
    """Files of agents that are noted."""
    query = sa.select(sa.func.count()).where(attachments.c.message_id.is_(None))
    return int(stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one()))


def on_disk(stack: Stack) -> list[Path]:
    return [path for path in stack.runtime.settings.attachments_folder.glob("*/*/*") if path.is_file()]


def test_a_text_and_files_arrive_in_order_and_once_however_often_the_form_is_sent(stack: Stack, agent: Agent) -> None:
    page = agent.page(NUMBER)
    answers = [agent.send(NUMBER, "responder", page, files=[PICTURE, PAPER], text="Mira *esto*:") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303] * 3
    files = [file for record in arrived(stack) for file in record.media]
    assert [record.body for record in arrived(stack)] == ["Mira *esto*:", "", ""]
    assert [file.content_type for file in files] == ["image/png", "application/pdf"]  # as it was when the provider fetched it
    assert [record.status for record in arrived(stack)] == ["delivered"] * 3
    assert kept(stack) == 2
    shown = agent.page(NUMBER)
    pictures = [image["src"] for image in shown.tags("img") if image["src"].endswith("/miniatura")]
    assert len(pictures) == 1
    assert "Descargar PDF" in shown.words


def test_files_alone_are_a_reply_too_and_the_same_from_a_page_opened_anew_are_meant(stack: Stack, agent: Agent) -> None:
    for _ in range(2):
        assert agent.send(NUMBER, "responder", files=[PICTURE], text=" ").status_code == 303
    assert [record.body for record in arrived(stack)] == ["", ""]
    assert kept(stack) == 2


REFUSED: list[tuple[list[tuple[str, bytes]], str]] = [
    ([PICTURE, ("cuentas.html", NO_TYPE["html"])], r"no admite este tipo de archivo.* Es « cuentas\.html"),
    ([("vacio.pdf", b"")], "no admite este tipo de archivo"),
    ([("foto.png", FILES["png"].ljust(5 * MEGABYTE + 1, b"\0"))], r"pesa más .* Es « foto\.png.* Máximo: 5 MB"),
    ([("video.mp4", FILES["mp4"].ljust(LARGEST + 1, b"\0"))], "Máximo: 16 MB"),
    ([PICTURE] * 6, "son más de 5 archivos"),
]


def test_a_file_that_whatsapp_would_not_take_is_told_and_the_text_is_kept(stack: Stack, agent: Agent) -> None:
    page = agent.page(NUMBER)
    for files, why in REFUSED:
        answer = agent.send(NUMBER, "responder", page, files=files, text="Esto no se pierde")
        document = parsed(answer)
        assert answer.status_code == 409
        assert re.search(why, document.words), document.words
        assert "Esto no se pierde" in document.words
    assert (arrived(stack), kept(stack), on_disk(stack)) == ([], 0, [])


def test_files_wait_for_the_window_with_their_text_and_are_shown_while_they_wait(stack: Stack, agent: Agent) -> None:
    stack.advance(25)
    assert agent.send(NUMBER, "responder", files=[PAPER], text="Los pasos").status_code == 303
    assert agent.says(NUMBER, "Espera a que el cliente escriba: Los pasos PDF Descargar")
    (invitation,) = arrived(stack)
    assert "abrir" in invitation.body
    stack.receive(ANA, text="abrir")
    assert [(record.body, len(record.media)) for record in arrived(stack)[1:]] == [("Los pasos", 0), ("", 1)]


def test_of_a_reply_that_is_not_taken_no_file_is_kept(stack: Stack, agent: Agent) -> None:
    page = agent.page(NUMBER)
    agent.move(NUMBER, "release")
    answer = agent.send(NUMBER, "responder", page, files=[PICTURE], text="Mira")
    assert (answer.status_code, "ya no tienes esta conversación" in parsed(answer).words) == (409, True)
    assert (kept(stack), on_disk(stack)) == (0, [])


def test_a_draft_keeps_the_text_and_says_that_files_are_not_kept(stack: Stack, agent: Agent) -> None:
    answer = agent.send(NUMBER, "borrador", files=[PICTURE], text="Mañana sigo")
    assert (answer.status_code, "solo el texto" in parsed(answer).words) == (409, True)
    assert agent.says(NUMBER, "Mañana sigo")
    assert agent.send(NUMBER, "borrador", text="Mañana sí").status_code == 303
    assert kept(stack) == 0


def test_a_form_with_files_needs_its_token_and_a_ticket(stack: Stack, agent: Agent) -> None:
    assert agent.send(NUMBER, "responder", files=[PICTURE], text="Hola", csrf="falso").status_code == 403
    assert agent.send(NUMBER, "responder", files=[PICTURE], text="Hola", key="corta").status_code == 400
    hidden = agent.page(NUMBER)
    assert agent.send("SF-000099", "responder", hidden, files=[PICTURE], text="Hola").status_code == 404
    assert (arrived(stack), kept(stack)) == ([], 0)


def test_a_body_that_no_browser_sends_is_refused(agent: Agent) -> None:
    bodies = [("", b"x"), ("; boundary=a", b"--b\r\n"), ("; boundary=a", b"\0" * 200_000), ("; boundary=a", b"--a\r\n" * 60)]
    for boundary, body in bodies:
        headers = {"Content-Type": f"multipart/form-data{boundary}"}
        assert agent.post(f"/solicitudes/{NUMBER}/responder", content=body, headers=headers).status_code in (400, 403)


def test_a_form_larger_than_any_of_ours_is_not_read_to_its_end(
    stack: Stack, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_LARGEST_FORM", 100_000)
    page = agent.page(NUMBER)
    answer: httpx.Response = agent.send(NUMBER, "responder", page, files=[("a.pdf", b"%PDF-" + b"x" * 100_000)], text="Hola")
    assert answer.status_code == 413
    assert "archivos más pesados" in answer.text
    assert agent.send(NUMBER, "responder", page, files=[PAPER], text="Hola").status_code == 303
