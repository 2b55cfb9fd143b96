from functools import partial
from typing import Any

import sqlalchemy as sa

from bot.agents import accounts
from bot.agents.rights import Role
from bot.agents.tables import audit
from bot.agents.trail import Action, Author, Deed, record_change
from bot.db import Database
from tests.tickets.world import NOW

DEED = Deed(Action.ROLE_SET, "ana.gomez", "agent-1", "198.51.100.7", {"why": "holiday"})


def lines(database: Database) -> list[Any]:
    query = sa.select(audit.c.agent_id, audit.c.object, audit.c.address, audit.c.data).order_by(audit.c.id)
    return [tuple(row) for row in database.read_now(lambda connection: connection.execute(query).all())]


def change(database: Database, before: dict[str, Any], after: dict[str, Any]) -> None:
    database.write_now(partial(record_change, deed=DEED, before=before, after=after, now=NOW))


def test_a_change_tells_what_was_and_what_is_of_what_differs_alone(database: Database) -> None:
    change(database, {"a": 1, "b": [2], "gone": "x"}, {"a": 1, "b": [3], "new": None, "come": "y"})
    told = {"why": "holiday", "before": {"b": [2], "gone": "x", "come": None}, "after": {"b": [3], "gone": None, "come": "y"}}
    assert lines(database) == [("agent-1", "ana.gomez", "198.51.100.7", told)]


def test_a_change_that_changes_nothing_is_not_told(database: Database) -> None:
    change(database, {"a": 1}, {"a": 1})
    assert lines(database) == []


def test_who_changed_an_account_is_told_with_what_it_was_before(database: Database) -> None:
    admin = Author("agent-9", "203.0.113.9")
    database.write_now(partial(accounts.add, name="Ana", username="ana", password_hash="hash", now=NOW))
    database.write_now(partial(accounts.set_role, username="ANA", role=Role.SUPERVISOR, now=NOW, by=admin))
    database.write_now(partial(accounts.set_role, username="ana", role=Role.SUPERVISOR, now=NOW, by=admin))
    by_operator, *by_admin = lines(database)
    assert by_operator == ("", "ana", "", {})
    assert by_admin == [("agent-9", "ana", "203.0.113.9", {"before": {"role": "agent"}, "after": {"role": "supervisor"}})]
