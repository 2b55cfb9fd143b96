"""An agent's file goes out: checked, kept, and fetched by the provider under an address that nobody else can make."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from bot.attachments.links import LIFETIME, Links, read_key
from bot.attachments.queries import attachment
from bot.attachments.tables import Reason
from bot.attachments.types import LARGEST, MEGABYTE, TYPES
from bot.attachments.upload import SENDABLE, Upload, UploadRefusedError, sendable, store_upload
from bot.channels.base import Outcome, Outgoing, SendError
from bot.channels.fake_twilio import Direction, File, Record
from bot.conversations.tables import conversations
from bot.messages import outbox
from bot.messages.queries import Message, transcript
from bot.messages.tables import Status
from tests.attachments.samples import FILES, NO_TYPE
from tests.channels.line import CUSTOMER, Line
from tests.stack import Stack, running_stack

ANA = "whatsapp:+573005550142"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Ana wrote a moment ago, so we may write to her."""
    with running_stack(tmp_path, sender={"look_up_after_seconds": 0.1}) as running:
        assert running.receive(ANA, text="hola") == 200
        running.settle()
        yield running


def upload(stack: Stack, content: bytes) -> Upload:
    runtime = stack.runtime
    return asyncio.run(store_upload(runtime.database, runtime.settings.attachments_folder, content, runtime.clock.now()))


def send(stack: Stack, *items: dict[str, str], text: str = "") -> list[Record]:
    """As a reply of an agent will be: one message for each file. Returns what arrived on the customer's phone since."""
    before = len(stack.fake.conversation(ANA))

    def job(connection: sa.Connection) -> None:
        here = connection.execute(sa.select(conversations)).one()
        for number, item in enumerate(items, 1):
            message = outbox.NewMessage(
                here.id, here.positions + number, f"reply:{uuid4()}", "agent-1", here.address, text, "document", (item,)
            )
            outbox.queue(connection, message, stack.runtime.clock.now())
        connection.execute(sa.update(conversations).values(positions=here.positions + len(items)))

    stack.runtime.database.write_now(job)
    stack.settle()
    return stack.fake.conversation(ANA)[before:]


def said(stack: Stack) -> list[Message]:
    def job(connection: sa.Connection) -> list[Message]:
        return transcript(connection, connection.execute(sa.select(conversations.c.id)).scalar_one())

    return stack.runtime.database.read_now(job)


@pytest.mark.parametrize("extension", [TYPES[kind].extension for kind in SENDABLE])
def test_every_type_that_whatsapp_takes_may_be_sent(extension: str) -> None:
    assert sendable(FILES[extension]).extension == extension


@pytest.mark.parametrize("content", [*NO_TYPE.values(), FILES["webp"], FILES["xls"], FILES["ppt"]])
def test_every_other_type_is_refused(content: bytes) -> None:
    with pytest.raises(UploadRefusedError) as refused:
        sendable(content)
    assert refused.value.reason is Reason.TYPE


@pytest.mark.parametrize(
    ("extension", "largest"), [("jpg", 5 * MEGABYTE), ("png", 5 * MEGABYTE), ("pdf", LARGEST), ("mp4", LARGEST)]
)
def test_a_file_may_be_as_large_as_whatsapp_takes_it_and_no_larger(extension: str, largest: int) -> None:
    assert sendable(FILES[extension].ljust(largest, b"\0")).extension == extension
    with pytest.raises(UploadRefusedError) as refused:
        sendable(FILES[extension].ljust(largest + 1, b"\0"))
    assert (refused.value.reason, refused.value.largest) == (Reason.SIZE, largest)


def test_a_refused_upload_leaves_nothing_behind(stack: Stack) -> None:
    folder = stack.runtime.settings.attachments_folder
    with pytest.raises(UploadRefusedError):
        upload(stack, NO_TYPE["html"])
    assert not [path for path in folder.glob("*/*/*") if path.is_file()]


def test_files_arrive_on_the_customers_phone_with_their_type_and_their_bytes(stack: Stack) -> None:
    picture, document, contact = (upload(stack, FILES[name]) for name in ("png", "pdf", "vcf"))
    arrived = send(stack, picture.as_item(), document.as_item(), contact.as_item(), text="Mira esto")
    assert [(record.direction, record.body, record.status) for record in arrived] == [
        (Direction.OUTBOUND, "Mira esto", "delivered")
    ] * 3
    files = [stack.fake.file(record.media[0].url) for record in arrived]
    assert files == [
        File("image/png", FILES["png"]),
        File("application/pdf", FILES["pdf"]),
        File("text/vcard", FILES["vcf"]),
    ]
    assert {message.status for message in said(stack)[-3:]} == {Status.DELIVERED}


def test_a_file_without_a_text_arrives_too(stack: Stack) -> None:
    (record,) = send(stack, upload(stack, FILES["jpg"]).as_item())
    assert (record.body, record.status, record.media[0].content_type) == ("", "delivered", "image/jpeg")


def test_a_file_whose_send_has_an_unknown_outcome_goes_once(stack: Stack) -> None:
    stack.fake.faults = replace(stack.fake.faults, error_after=1)
    arrived = send(stack, upload(stack, FILES["jpg"]).as_item())
    assert [record.status for record in arrived] == ["delivered"]


def test_a_file_that_is_gone_from_the_disk_fails_with_the_reason_for_the_agent(stack: Stack) -> None:
    lost = upload(stack, FILES["pdf"])
    next(stack.runtime.settings.attachments_folder.glob(f"*/*/{lost.id}")).unlink()
    (record,) = send(stack, lost.as_item())
    assert (record.status, record.error_code) == ("failed", 63019)
    assert (said(stack)[-1].status, said(stack)[-1].error_code) == (Status.FAILED, 63019)


def test_the_provider_is_told_the_type_and_the_length_and_nothing_else_can_be_done_with_it(stack: Stack) -> None:
    url = stack.runtime.links.url(upload(stack, FILES["vcf"]).id)
    assert url.startswith(f"{stack.url}/media/")
    for method in ("GET", "HEAD"):
        answer = httpx.request(method, url, trust_env=False)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/vcard"
        assert answer.headers["content-length"] == str(len(FILES["vcf"]))
        assert answer.content == (FILES["vcf"] if method == "GET" else b"")
        assert answer.headers["content-disposition"] == "attachment"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, no-store"
        assert "set-cookie" not in answer.headers
    assert httpx.post(url, trust_env=False).status_code == 405


def test_a_changed_foreign_or_old_address_is_nobodys(stack: Stack) -> None:
    one, other = (upload(stack, FILES[name]).id for name in ("pdf", "jpg"))
    links = stack.runtime.links
    good = links.url(one)
    identity, expires, signature = good.rpartition("/")[2].split(".")
    last = "A" if signature[-1] != "A" else "E"
    base = f"{stack.url}/media"
    wrong = [
        f"{base}/{other}.{expires}.{signature}",
        f"{base}/{identity}.{int(expires) + 1}.{signature}",
        f"{base}/{identity}.{expires}.{signature[:-1]}{last}",
        f"{base}/{identity}.{expires}.",
        f"{base}/{identity}.{expires}.{signature}=",
        f"{base}/{identity}.{expires}.{signature}%0a",
        f"{base}/{identity}.0{expires}.{signature}",
        f"{base}/{identity}",
        f"{base}/../consola/adjuntos/{identity}",
        f"{base}/x",
        f"{base}/%00",
        f"{base}/" + "a" * 5000,
        replace(links, key=b"k" * 32).url(one),
        links.url("0" * 32),
    ]
    assert httpx.get(good, trust_env=False).status_code == 200
    for url in wrong:
        answer = httpx.get(url, trust_env=False)
        assert answer.status_code in {404, 303}, url
        assert FILES["pdf"] not in answer.content
    stack.advance((LIFETIME - timedelta(minutes=1)).total_seconds() / 3600)
    assert httpx.get(good, trust_env=False).status_code == 200
    stack.advance(2 / 60)
    assert httpx.get(good, trust_env=False).status_code == 404


def test_an_address_tells_nothing_and_does_not_repeat_itself_between_installations(tmp_path: Path, stack: Stack) -> None:
    one, now = uuid4().hex, stack.runtime.clock.now()
    first, second = (Links("https://s.example/media", read_key(tmp_path / name / "key"), lambda: now) for name in ("a", "b"))
    assert first.url(one) != second.url(one)
    assert first.read(first.url(one).rpartition("/")[2]) == one
    assert second.read(first.url(one).rpartition("/")[2]) is None
    assert str(first.key) not in repr(first)


def test_the_key_is_made_once_however_many_ask_and_only_we_can_read_it(tmp_path: Path) -> None:
    file, found = tmp_path / "new" / "key", []
    threads = [threading.Thread(target=lambda: found.append(read_key(file))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 16
    assert [path.name for path in file.parent.iterdir()] == ["key"]
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"short")
    with pytest.raises(OSError, match="does not hold a key"):
        read_key(file)


def test_an_agents_file_is_kept_with_a_preview_and_found_by_its_id(stack: Stack) -> None:
    kept = upload(stack, FILES["png"])
    found = stack.runtime.database.read_now(partial(attachment, identity=kept.id))
    assert found is not None
    assert (found.kind, found.size, found.has_preview) == (TYPES["image/png"], len(FILES["png"]), True)


def outgoing(**changes: Any) -> Outgoing:
    return Outgoing(**{"id": "bubble-1", "to": CUSTOMER, "body": "", "media_url": "http://127.0.0.1:9/nobody", **changes})


@pytest.mark.parametrize(("changes", "code"), [({"media_url": ""}, 21619), ({"media_url": "file:///etc/passwd"}, 21620)])
def test_a_message_without_anything_or_with_a_wrong_address_is_refused(line: Line, changes: dict[str, str], code: int) -> None:
    with pytest.raises(SendError) as refused:
        line.channel.send(outgoing(**changes))
    assert (refused.value.outcome, refused.value.code) == (Outcome.REFUSED, code)


def test_a_file_that_the_provider_cannot_fetch_fails_after_it_was_accepted(line: Line) -> None:
    assert line.channel.send(outgoing())
    asyncio.run(line.fake.settle())
    assert line.hooks.statuses() == ["failed"]
    assert line.hooks.posts[-1].parameters["ErrorCode"] == "63019"
