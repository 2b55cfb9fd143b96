"""The statements that every message runs find their rows by an index, so that a long history costs them nothing."""

import re
import sqlite3
from pathlib import Path
from types import ModuleType

import pytest

from bot.contacts import find
from bot.conversations import dialogues, handle, inbox
from bot.messages import delivery, queries, ready
from bot.statements import Prepared
from bot.tickets import service
from tests.empty import new_database

MODULES = (find, inbox, handle, dialogues, ready, delivery, queries, service)
#: Read from one end to the other, because they hold only what is still to be done.
SHORT = ("ix_inbox_waiting", "ix_inbox_order", "ix_messages_due", "ix_messages_outbox", "_longest", "anon_1", "(subquery")


def prepared(module: ModuleType) -> list[Prepared]:
    found: list[Prepared] = []
    for value in vars(module).values():
        found += [one for one in (value.values() if isinstance(value, dict) else [value]) if isinstance(one, Prepared)]
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_statement_of_every_message_reads_a_whole_table(tmp_path: Path, module: ModuleType) -> None:
    database = new_database(tmp_path)
    statements = prepared(module)
    assert statements
    with database.engine.connect() as connection, sqlite3.connect(tmp_path / "test.db") as file:
        for statement in statements:
            sql = statement.sql(connection)
            steps = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?"))]
            scans = [step for step in steps if re.match("SCAN", step) and not any(name in step for name in SHORT)]
            assert not scans, sql
    database.close()
