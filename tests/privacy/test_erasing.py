"""After an erasure nothing of the person is anywhere, whatever comes later."""

import argparse
import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from redis import Redis

from bot.account import STATUS_PATH
from bot.attachments.tables import State, attachments
from bot.channels.fake_twilio import Direction, FakeTwilio, File
from bot.channels.fake_twilio.ledger import Record
from bot.channels.fake_twilio.payloads import Sender, message_parameters, status_parameters
from bot.channels.fake_twilio.wire import post
from bot.commands import backup, restore
from bot.contacts.tables import contacts
from bot.engine.inputs import Kind
from bot.messages.tables import messages
from bot.privacy.erase import Order, Place, erase
from bot.privacy.finish import Means, due, go_on
from bot.privacy.persons import key_in
from bot.privacy.record import RECORD_FILE
from bot.privacy.tables import Reason, erasures
from bot.settings import Settings
from bot.web.hooks import MESSAGES_PATH
from tests.servers import postgres, redis
from tests.stack import ACCOUNT, TOKEN, Stack, running_stack

PHONE, OTHER = "+573007654321", "+573001112233"
#: What only this person has: their number, and words that nobody else ever wrote.
NAME, MAIL, WORDS, FILE = "Zoraida Quiñonez", "zoraida.quinonez@ejemplo.co", "murciélago tornasolado", b"imagen-de-zoraida"
CANARIES = [PHONE[3:], "Zoraida", "zoraida", MAIL, "murciélago", "murcielago", "tornasolado", "imagen-de-zoraida"]
FORM = ["hola", "1 3 1", "1", NAME, "900123456-8", MAIL, "este", "ayer", f"sale {WORDS} al facturar", "eso es todo", "sí"]


@contextmanager
def stack_with_two_people(folder: Path, **chosen: Any) -> Iterator[Stack]:
    """Zoraida has a ticket with a file, and somebody else one without."""
    with running_stack(folder, **chosen) as stack:
        stack.receive(OTHER, text="hola", profile_name="Ana")
        for text in FORM:
            stack.receive(PHONE, text=text, profile_name=NAME)
            stack.settle()
        stack.receive(PHONE, media=[File("application/pdf", b"%PDF-1.4 " + FILE)], text=f"mira {WORDS}")
        stack.settle()
        wait_for_file(stack)
        yield stack


def wait_for_file(stack: Stack) -> None:
    """Files are fetched beside everything else."""
    query = sa.select(attachments.c.id).where(attachments.c.state == State.FETCHED.value)
    deadline = time.monotonic() + 10
    while stack.runtime.database.read_now(lambda connection: connection.execute(query).first()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def contact_of(stack: Stack, phone: str) -> str | None:
    query = sa.select(contacts.c.id).where(contacts.c.phone == phone)
    return stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one_or_none())


def place_of(stack: Stack) -> Place:
    folder = stack.runtime.settings.folder
    return Place(folder, key_in(folder))


def means_of(stack: Stack) -> Means:
    runtime = stack.runtime
    return Means(runtime.database, runtime.channel, runtime.settings.attachments_folder, place_of(stack), runtime.clock.now)


def erase_zoraida(stack: Stack) -> str:
    contact = contact_of(stack, PHONE)
    assert contact is not None
    order = Order((contact,), Reason.ASKED, "ana.gomez")
    job = partial(erase, order=order, place=place_of(stack), now=stack.runtime.clock.now())
    identity = stack.runtime.database.write_now(job)
    assert identity is not None
    return identity


def finish(stack: Stack, identity: str) -> bool:
    return go_on(means_of(stack), identity)


def found_in(folder: Path) -> list[str]:
    """Which canaries stand in which files, whatever the files are: the database, its log, attachments, records."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{word} in {path.name}" for path in files for word in CANARIES if word.encode() in path.read_bytes()]


def found_in_tables(stack: Stack) -> list[str]:
    def job(connection: sa.Connection) -> list[str]:
        names = sa.inspect(connection).get_table_names()
        texts = [(name, repr(row)) for name in names for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))]  # noqa: S608 (names of ours)
        return [f"{word} in {name}" for name, text in texts for word in CANARIES if word in text]

    return stack.runtime.database.read_now(job)


def found_at_twilio(fake: FakeTwilio) -> list[str]:
    return [record.sid for record in fake.conversation(f"whatsapp:{PHONE}")]


@contextmanager
def servers(kind: str) -> Iterator[dict[str, Any]]:
    """Settings for the embedded database alone, or for PostgreSQL and Redis."""
    if kind == "sqlite":
        yield {}
        return
    with postgres() as database_url, redis() as redis_url:
        yield {"database_url": database_url, "redis_url": redis_url}


def found_in_redis(url: str) -> list[str]:
    client = Redis.from_url(url)
    kept = repr([(key, client.dump(key)) for key in client.scan_iter()])
    return [word for word in CANARIES if word in kept]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_nothing_is_left_anywhere_and_nothing_that_comes_later_brings_it_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    with servers(kind) as chosen, stack_with_two_people(tmp_path, **chosen) as stack:
        received = stack.fake.conversation(f"whatsapp:{PHONE}")
        ours = ids_by_sid(stack)
        assert found_in(tmp_path), "the file at least"
        assert found_in_tables(stack)
        assert finish(stack, erase_zoraida(stack))
        left = (found_in(tmp_path), found_in_tables(stack), found_at_twilio(stack.fake))
        assert left == ([], [], [])
        assert contact_of(stack, OTHER), "nobody else is touched"
        assert len(stack.fake.conversation(f"whatsapp:{OTHER}")) == 2
        come_again(stack, received, ours)
        assert (found_in_tables(stack), found_in(tmp_path)) == ([], [])
        assert found_in_redis(chosen["redis_url"]) == [] if chosen else True
        stack.receive(PHONE, text="hola otra vez")
        stack.settle()
        assert contact_of(stack, PHONE), "whoever writes anew is a new customer"
    assert [word for word in CANARIES if word in caplog.text] == []


def ids_by_sid(stack: Stack) -> dict[str, str]:
    query = sa.select(messages.c.sid, messages.c.id)
    rows = stack.runtime.database.read_now(lambda connection: connection.execute(query).all())
    return {row.sid: row.id for row in rows}


def come_again(stack: Stack, records: list[Record], ours: dict[str, str]) -> None:
    """Every webhook that there ever was comes once more: messages, and word of how far ours got."""
    posts = []
    for told in records:
        if told.direction is Direction.INBOUND:
            parameters = message_parameters(ACCOUNT, told, Kind.TEXT, Sender("", NAME))
            posts.append(post(stack.url + MESSAGES_PATH, parameters, auth_token=TOKEN, token="again"))
        else:
            url = f"{stack.url}{STATUS_PATH}?m={ours[told.sid]}"
            posts.append(post(url, status_parameters(ACCOUNT, told, "read"), auth_token=TOKEN, token="again"))

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*posts)

    assert set(asyncio.run(all_of_them())) == {200}
    stack.settle()


def test_an_older_backup_does_not_bring_anybody_back(tmp_path: Path) -> None:
    live, backup = tmp_path / "live", tmp_path / "backup"
    with stack_with_two_people(live) as stack:
        fake = stack.fake
        identity = ""
    shutil.copytree(live, backup)
    with running_stack(live, fake=fake) as stack:
        identity = erase_zoraida(stack)
        assert finish(stack, identity)
    # What a restore does: everything as it was, but for the record of erasures and the key, which only ever grow.
    shutil.copytree(backup, live, dirs_exist_ok=True, ignore=shutil.ignore_patterns(RECORD_FILE, "privacy.key"))
    assert found_in(live)
    with running_stack(live, fake=fake) as stack:
        assert contact_of(stack, PHONE) is None
        assert contact_of(stack, OTHER)
        assert [finish(stack, left) for left in stack.runtime.database.read_now(partial(due, now=stack.runtime.clock.now()))]
        assert (found_in(live), found_in_tables(stack)) == ([], [])
    with running_stack(live, fake=fake) as stack:
        query = sa.select(sa.func.count()).select_from(erasures)
        assert stack.runtime.database.read_now(lambda connection: connection.execute(query).scalar_one()) == 1


def test_a_backup_of_ours_that_is_restored_does_not_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live, file = tmp_path / "live", tmp_path / "before.backup"
    with stack_with_two_people(live) as stack:
        fake = stack.fake
        assert run_command(backup, stack.runtime.settings, str(file)) == 0
        assert finish(stack, erase_zoraida(stack))
        settings = stack.runtime.settings
    assert run_command(restore, settings, str(file), "--force") == 0
    assert found_in(live)
    with running_stack(live, fake=fake) as stack:
        assert contact_of(stack, PHONE) is None
        assert contact_of(stack, OTHER)
        assert [finish(stack, left) for left in stack.runtime.database.read_now(partial(due, now=stack.runtime.clock.now()))]
        assert (found_in(live), found_in_tables(stack)) == ([], [])
    capsys.readouterr()


def run_command(command: ModuleType, settings: Settings, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(words), settings)
    return code
