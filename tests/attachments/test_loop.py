"""A customer's file comes here by itself, once and whole: after errors, after a crash, on both databases."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from bot.attachments import keep as keep_module
from bot.attachments import loop, service
from bot.attachments.files import path_of
from bot.attachments.keep import THUMB, VIEW
from bot.attachments.loop import pause
from bot.attachments.queries import Attachment, attachment, attachments_of
from bot.attachments.tables import Reason, State, attachments
from bot.attachments.types import LARGEST, FileType
from bot.channels.base import FileKey
from bot.channels.fake_twilio import Faults, File
from bot.channels.twilio.media import file_url
from bot.coordination.base import Change
from bot.db import Database
from bot.messages.tables import messages
from bot.sealing.keys import Keyring
from tests.attachments.samples import FILES, NO_TYPE
from tests.attachments.wire import content, redirect, wire
from tests.stack import Stack, running_stack

T = TypeVar("T")
ANA = "whatsapp:+573005550142"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as fast as real: tests wait for retries."""
    real = pause
    monkeypatch.setattr(loop, "pause", lambda attempt, chance: real(attempt, chance) / 20)
    monkeypatch.setattr(loop, "_SWEEP_SECONDS", 0.02)


def rows(database: Database) -> list[Any]:
    query = sa.select(attachments).order_by(attachments.c.created_at, attachments.c.number)
    found: list[Any] = database.read_now(lambda connection: list(connection.execute(query)))
    return found


def settled(stack: Stack) -> list[Any]:
    """All attachments once none of them waits any more."""

    def look() -> list[Any] | None:
        found = rows(stack.runtime.database)
        return found if found and all(row.state != "waiting" for row in found) else None

    return until(look)


def until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + 20
    while (seen := look()) is None:
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)
    return seen


def send(stack: Stack, *files: File, **more: Any) -> None:
    assert stack.receive(ANA, media=files, **more) == 200
    stack.settle()


def stored(stack: Stack, name: str) -> bytes:
    return path_of(stack.runtime.settings.attachments_folder, name).read_bytes()


def test_a_customers_files_come_here_with_what_their_bytes_say(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        wrong = File("image/jpeg", FILES["pdf"])
        send(stack, File("image/png", FILES["png"]), wrong, File("audio/ogg; codecs=opus", FILES["ogg"]), text="mira")
        picture, document, voice = settled(stack)
        assert [row.state for row in (picture, document, voice)] == ["fetched"] * 3
        assert [row.found_type for row in (picture, document, voice)] == ["image/png", "application/pdf", "audio/ogg"]
        assert (document.told_type, document.size, document.has_preview) == ("image/jpeg", len(FILES["pdf"]), False)
        assert stored(stack, picture.stored_as) == FILES["png"]
        assert picture.has_preview
        for preview in (VIEW, THUMB):
            assert stored(stack, picture.stored_as + preview)[8:12] == b"WEBP"
        assert [row.number for row in (picture, document, voice)] == [0, 1, 2]


def test_files_of_no_known_type_are_refused_and_not_kept(tmp_path: Path) -> None:
    with running_stack(tmp_path, overload={"files_per_hour": 0}) as stack:
        send(stack, *(File("image/png", content) for content in NO_TYPE.values()))
        found = settled(stack)
        assert len(found) == len(NO_TYPE)
        assert {(row.state, row.reason, row.attempts, row.stored_as) for row in found} == {(State.REFUSED, Reason.TYPE, 1, "")}
        assert not [path for path in stack.runtime.settings.attachments_folder.glob("*/*/*") if path.is_file()]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        send(
            stack, File("application/pdf", FILES["pdf"].ljust(LARGEST)), File("application/pdf", FILES["pdf"].ljust(LARGEST + 1))
        )
        fits, does_not = settled(stack)
        assert (fits.state, fits.size, does_not.state, does_not.reason) == (State.FETCHED, LARGEST, State.REFUSED, Reason.SIZE)


@pytest.mark.parametrize("faults", [Faults(file_missing=2), Faults(file_error=2)], ids=["404", "500"])
def test_a_file_that_is_not_there_yet_is_tried_again_until_it_is(tmp_path: Path, faults: Faults) -> None:
    with running_stack(tmp_path) as stack:
        stack.fake.faults = faults
        send(stack, File("image/png", FILES["png"]))
        (row,) = settled(stack)
        assert (row.state, row.reason, row.attempts) == (State.FETCHED, "", 3)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [(Faults(file_missing=1.0), Reason.MISSING), (Faults(file_error=1.0), Reason.TROUBLE)],
    ids=["404", "500"],
)
def test_a_file_that_never_comes_fails_with_its_reason(tmp_path: Path, faults: Faults, reason: Reason) -> None:
    with running_stack(tmp_path, attachments={"attempts": 3}) as stack:
        stack.fake.faults = faults
        send(stack, File("image/png", FILES["png"]))
        (row,) = settled(stack)
        assert (row.state, row.reason, row.attempts) == (State.FAILED, reason, 3)


def test_addresses_that_are_no_file_of_our_account_are_refused_without_asking(tmp_path: Path) -> None:
    told = [
        "http://127.0.0.1:9/secret",
        "https://evil.example/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
        "file:///etc/passwd",
        "https://api.twilio.com/2010-04-01/Accounts/AC{0}/Messages/MM{0}/Media/ME{0}/../../x",
        "https://api.twilio.com/2010-04-01/Accounts/AC{1}/Messages/MM{0}/Media/ME{0}",
    ]
    urls = [url.replace("{0}", "0" * 32).replace("{1}", "1" * 32) for url in told]
    with running_stack(tmp_path) as stack:
        files = [File("image/png", FILES["png"])] * len(urls)
        send(stack, *files, extra={f"MediaUrl{number}": url for number, url in enumerate(urls)})
        assert [(row.state, row.reason) for row in settled(stack)] == [(State.REFUSED, Reason.ADDRESS)] * len(urls)


def test_the_host_that_a_webhook_names_is_never_asked(tmp_path: Path) -> None:
    """The ids are right and the host is not: the file still comes from the provider's own server."""
    with running_stack(tmp_path) as stack:
        real = stack.fake.api_url
        stack.fake.api_url = "http://evil.invalid"
        send(stack, File("image/png", FILES["png"]))
        stack.fake.api_url = real
        (row,) = settled(stack)
        assert row.state == State.FETCHED


def test_open_pages_hear_of_a_file_once_it_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[Change, str]] = []
    with running_stack(tmp_path) as stack:

        async def publish(change: Change) -> None:
            heard.append((change, rows(stack.runtime.database)[0].state))

        stack.fake.faults = Faults(file_error=1.0)
        send(stack, File("image/png", FILES["png"]))
        monkeypatch.setattr(stack.runtime.coordination, "publish", publish)  # all else has come to rest
        stack.fake.faults = Faults()
        query = sa.select(messages.c.conversation_id).distinct()
        conversation = stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one())
        until(lambda: True if (Change(conversation), State.FETCHED) in heard else None)


def test_the_same_webhook_twice_brings_one_file(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        send(stack, File("image/png", FILES["png"]), repeat=3)
        assert len(settled(stack)) == 1


def test_a_restart_in_the_middle_brings_the_file_all_the_same(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        stack.fake.faults = Faults(file_error=1.0)
        send(stack, File("image/png", FILES["png"]))
        until(lambda: True if rows(stack.runtime.database)[0].attempts else None)
        database, fake = stack.runtime.database, stack.fake
        # As a crash would leave it: claimed by a process that is no more.
        claimed = {"due_at": stack.runtime.clock.now() + service.LEASE}
        database.write_now(lambda connection: connection.execute(sa.update(attachments).values(claimed)) and None)
    with running_stack(tmp_path, fake=fake) as stack:
        fake.faults = Faults()
        (row,) = settled(stack)
        assert row.state == State.FETCHED
        assert stored(stack, row.stored_as) == FILES["png"]


def test_the_end_does_not_wait_for_a_slow_file_and_the_next_start_fetches_it(tmp_path: Path) -> None:
    key = FileKey("AC" + "0" * 32, "MM" + "0" * 32, "ME" + "0" * 32)
    with wire() as server, running_stack(tmp_path, twilio={"api_base_url": server.url}) as stack:
        server.answers["/slow"] = [30.0]
        path = file_url("", key)
        server.answers[path] = redirect(f"{server.url}/slow")
        send(stack, File("image/png", FILES["png"]), extra={"MediaUrl0": f"https://api.twilio.com{path}"})
        until(lambda: True if any("/slow" in head for head in server.asked) else None)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    with wire() as server:
        server.answers[path] = content(FILES["png"])
        with running_stack(tmp_path, twilio={"api_base_url": server.url}) as stack:
            assert [(row.state, row.attempts) for row in settled(stack)] == [(State.FETCHED, 2)]


def test_a_file_that_ends_the_process_each_time_is_given_up(tmp_path: Path) -> None:
    with running_stack(tmp_path, attachments={"attempts": 2}) as stack:
        stack.fake.faults = Faults(file_error=1)
        send(stack, File("image/png", FILES["png"]))
        settled(stack)
        again = {"state": "waiting", "due_at": stack.runtime.clock.now(), "attempts": 2}
        stack.runtime.database.write_now(lambda connection: connection.execute(sa.update(attachments).values(again)) and None)
        (row,) = settled(stack)
        assert (row.state, row.reason) == (State.FAILED, Reason.TROUBLE)


def test_a_full_disk_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = keep_module.keep, [OSError(28, "No space left on device")]

    def keep(*arguments: Any) -> bool:
        if failures:
            raise failures.pop()
        return real(*arguments)

    monkeypatch.setattr("bot.attachments.loop.keep", keep)
    with running_stack(tmp_path) as stack:
        send(stack, File("image/png", FILES["png"]))
        (row,) = settled(stack)
        assert (row.state, row.attempts) == (State.FETCHED, 2)


def test_a_file_whose_row_is_erased_while_it_is_fetched_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = keep_module.keep
    kept: list[str] = []

    def keep(folder: Path, identity: str, content: bytes, kind: FileType, keyring: Keyring | None) -> bool:
        made = real(folder, identity, content, kind, keyring)
        stack.runtime.database.write_now(lambda connection: connection.execute(sa.delete(attachments)) and None)
        kept.append(identity)
        return made

    monkeypatch.setattr("bot.attachments.loop.keep", keep)
    with running_stack(tmp_path) as stack:
        send(stack, File("image/png", FILES["png"]))
        [identity] = until(lambda: kept or None)
        folder = stack.runtime.settings.attachments_folder
        until(lambda: True if not path_of(folder, identity).exists() else None)
        assert not [path for path in folder.glob("*/*/*") if path.is_file()]


def test_files_come_on_postgresql_too_and_are_found_for_the_page(tmp_path: Path, postgres_url: str) -> None:
    with running_stack(tmp_path, database_url=postgres_url) as stack:
        send(stack, File("image/png", FILES["png"]), File("application/pdf", FILES["pdf"]))
        settled(stack)

        def job(connection: sa.Connection) -> tuple[dict[str, Attachment], list[Any]]:
            (items,) = connection.execute(sa.select(messages.c.attachments).where(messages.c.direction == "in")).scalars()
            other = {"url": "https://media.example/1", "content_type": "image/png"}
            return attachments_of(connection, [*items, other, {"latitude": 1.0, "longitude": 2.0}]), items

        found, items = stack.runtime.database.read_now(job)
        assert [found[item["url"]].file_name[-4:] for item in items] == [".png", ".pdf"]
        assert len(found) == 2
        one = found[items[0]["url"]]
        assert stack.runtime.database.read_now(lambda connection: attachment(connection, one.id)) == one
        for nobodys in ("0" * 32, "", "x", one.id.upper(), "\0"):
            assert stack.runtime.database.read_now(partial(attachment, identity=nobodys)) is None


def test_two_claims_at_once_never_take_the_same_file(tmp_path: Path, postgres_url: str) -> None:
    for url in ("", postgres_url):
        with running_stack(tmp_path, database_url=url) as stack:
            stack.fake.faults = Faults(file_error=1.0)
            send(stack, *[File("image/png", FILES["png"])] * 5)
            claim = partial(service.claim, now=stack.runtime.clock.now() + 2 * service.LEASE, limit=3)
            futures = [stack.runtime.database.submit(claim) for _ in range(4)]
            taken = [claimed.id for future in futures for claimed in future.result()]
            assert len(taken) == len(set(taken)) > 0


def test_pauses_double_up_to_half_an_hour() -> None:
    assert [pause(attempt, 1.0).total_seconds() for attempt in (1, 2, 3, 11, 50)] == [2, 4, 8, 1800, 1800]
    assert pause(3, 0.0).total_seconds() == 4
