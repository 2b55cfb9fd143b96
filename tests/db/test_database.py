"""The database on both stacks: jobs, group commit, time, migrations."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection

from bot.contacts.tables import contacts
from bot.db import Database, metadata
from bot.migrations import upgrade
from bot.statements import insert_new

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'test.db'}" if request.param == "sqlite" else request.getfixturevalue("bare_postgres_url")
    made = Database(url)
    upgrade(made)
    yield made
    made.close()


def contact(name: str) -> dict[str, object]:
    return {"id": name, "phone": "", "profile_name": name, "created_at": NOW}


def names(connection: Connection) -> list[str]:
    return list(connection.execute(sa.select(contacts.c.id).order_by(contacts.c.id)).scalars())


def is_of_the_code(name: str | None, kind: str, _parents: object) -> bool:
    # The search index is a kind of table for each database that SQLAlchemy cannot describe; FTS5 adds tables of its own to it.
    return kind != "table" or not (name or "").startswith("ticket_search")


def test_the_steps_lead_to_the_tables_of_the_code(database: Database) -> None:
    upgrade(database)  # a second time changes nothing
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_of_the_code})
        assert compare_metadata(context, metadata) == []


def test_processes_that_start_at_the_same_time_do_not_stumble_over_each_other(request: pytest.FixtureRequest) -> None:
    databases = [Database(request.getfixturevalue("bare_postgres_url")) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(upgrade, databases))
    with databases[0].engine.connect() as connection:
        assert "conversations" in sa.inspect(connection).get_table_names()
    for database in databases:
        database.close()


def test_a_job_that_fails_leaves_nothing_and_spoils_no_other(database: Database) -> None:
    def fails(connection: Connection) -> None:
        connection.execute(sa.insert(contacts).values(contact("lost")))
        raise ValueError("on purpose")

    def adds(name: str) -> Callable[[Connection], bool]:
        return lambda connection: insert_new(connection, contacts, contact(name))

    async def together() -> list[object]:
        jobs = [database.write(adds("a")), database.write(fails), database.write(adds("b")), database.write(adds("c"))]
        return list(await asyncio.gather(*jobs, return_exceptions=True))

    results = asyncio.run(together())
    assert [type(result) for result in results] == [bool, ValueError, bool, bool]
    assert database.read_now(names) == ["a", "b", "c"]


def test_the_same_key_is_inserted_once(database: Database) -> None:
    assert database.write_now(lambda connection: insert_new(connection, contacts, contact("ana")))
    assert not database.write_now(lambda connection: insert_new(connection, contacts, contact("ana")))
    assert database.read_now(names) == ["ana"]


def test_times_come_back_aware_and_a_time_without_zone_is_refused(database: Database) -> None:
    database.write_now(lambda connection: insert_new(connection, contacts, contact("ana")))
    assert database.read_now(lambda connection: connection.execute(sa.select(contacts.c.created_at)).scalar_one()) == NOW
    naive = {**contact("luis"), "created_at": datetime(2026, 11, 23)}  # noqa: DTZ001
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        database.write_now(lambda connection: insert_new(connection, contacts, naive))


def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        connection.execute(sa.insert(contacts).values(contact("slow")))
        begun.set()
        go_on.wait(10)

    writing = database.submit(slow)
    assert begun.wait(10)
    assert database.read_now(names) == []
    go_on.set()
    writing.result(10)
    assert database.read_now(names) == ["slow"]


def test_closing_finishes_what_was_accepted(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    upgrade(database)
    futures = [database.submit(lambda c, n=str(n): insert_new(c, contacts, contact(n))) for n in range(50)]  # type: ignore[misc]
    database.close()
    assert all(future.result(0) for future in futures)


def test_postgresql_lets_go_of_whoever_fell_silent_with_a_lock(postgres_url: str) -> None:
    database = Database(postgres_url)
    try:
        for name, value in {"idle_in_transaction_session_timeout": "30s", "tcp_user_timeout": "15s"}.items():
            set_to = database.read_now(partial(_setting, name=name))
            assert set_to == value if not name.startswith("tcp") else set_to in (value, "0")  # a Unix socket has none
    finally:
        database.close()


def _setting(connection: sa.Connection, name: str) -> str:
    return str(connection.scalar(sa.text(f"SHOW {name}")))
