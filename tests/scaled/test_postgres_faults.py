"""PostgreSQL under load: connections cut, the server started again, a row that somebody holds. Answers come once and in order."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bot.conversations.tables import conversations
from tests.scaled.pair import pair
from tests.servers import restartable_postgres

pytestmark = pytest.mark.timeout(300)
PEOPLE = [f"whatsapp:+57300555{number:04d}" for number in range(4)]


def engine_of(url: str) -> sa.Engine:
    return sa.create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)


@contextmanager
def meanwhile(deed: Callable[[], object], pause: float) -> Iterator[None]:
    """Do it again and again, in another thread."""
    over, failed = threading.Event(), []

    def repeat() -> None:
        try:
            while not over.wait(pause):
                deed()
        except Exception as error:  # noqa: BLE001 (told below)
            failed.append(error)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not failed


def test_cut_connections_lose_and_double_nothing(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    cut: list[int] = []
    others = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")

    def cut_some() -> None:
        with engine.connect() as connection:
            some = connection.scalars(others).all()[len(cut) % 2 :: 2]
            for pid in some:
                connection.execute(sa.select(sa.func.pg_terminate_backend(pid)))
            cut.extend(some)

    engine = engine_of(postgres_url)
    with pair(tmp_path, database_url=postgres_url, redis_url=redis_url) as running:
        with meanwhile(cut_some, 0.15):
            running.write_all(PEOPLE, rounds=2)
        running.judge()
    assert len(cut) > 2


def test_a_server_that_is_started_again_under_load_is_found_again_without_a_hand(redis_url: str, tmp_path: Path) -> None:
    with restartable_postgres() as server, ExitStack() as lives:

        def start_again() -> None:
            lives.close()
            time.sleep(0.3)
            lives.enter_context(server.running())

        lives.enter_context(server.running())
        with pair(tmp_path, database_url=server.url, redis_url=redis_url) as running:
            with meanwhile(start_again, 1.5):
                running.write_all(PEOPLE, rounds=2)
            running.await_health("ok")
            running.judge()


def test_a_conversation_that_somebody_holds_waits_and_no_other_does(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    held, *others = PEOPLE
    with pair(tmp_path, database_url=postgres_url, redis_url=redis_url) as running:
        running.write(held)
        (_, theirs) = running.conversations()
        with engine_of(postgres_url).begin() as connection:
            connection.execute(sa.select(conversations.c.id).where(conversations.c.id == theirs).with_for_update())
            sid = running.fake.accept(held, text="menú")
            posted = threading.Thread(target=running.deliver, args=(sid,))
            posted.start()
            running.write_all(others, rounds=2)
            assert running.said(held) == running.expected
        posted.join()
        running.await_true(lambda: len(running.said(held)) == len(running.expected) + 1, "the answer")
        assert running.said(held)[-1] == running.expected[0]
