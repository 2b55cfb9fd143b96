from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from bot.agents import accounts, sessions
from bot.agents.accounts import AccountRefusedError, Agent
from bot.agents.tables import audit
from bot.db import Database
from tests.tickets.world import MINUTE, NOW

DAY = 24 * 60 * MINUTE


def add(database: Database, username: str = "ana.gomez", name: str = "Ana Gómez") -> Agent:
    return database.write_now(partial(accounts.add, name=name, username=username, password_hash="hash", now=NOW))


def actions(database: Database) -> list[Any]:
    query = sa.select(audit.c.action, audit.c.object).order_by(audit.c.id)
    return [tuple(row) for row in database.read_now(lambda connection: connection.execute(query).all())]


def test_an_account_is_found_under_any_writing_of_its_username(database: Database) -> None:
    agent = add(database, " Ana.Gomez ")
    assert (agent.username, agent.name, agent.disabled_at) == ("ana.gomez", "Ana Gómez", None)
    for written in ("ana.gomez", "ANA.GOMEZ", " ana.gomez "):
        found = database.read_now(partial(accounts.credentials, username=written))
        assert found is not None
        assert (found.agent, found.password_hash) == (agent, "hash")
    assert database.read_now(partial(accounts.credentials, username="ana")) is None


def test_a_username_is_given_once(database: Database) -> None:
    add(database)
    with pytest.raises(AccountRefusedError, match=r"ana\.gomez is taken"):
        add(database, "ANA.gomez", "Otra Ana")
    assert [agent.name for agent in database.read_now(accounts.listed)] == ["Ana Gómez"]


@pytest.mark.parametrize("username", ["", "a", "ana gomez", "ana@x.co", ".ana", "x" * 33, "bot", "Customer", "añ"])
def test_a_username_that_could_be_mistaken_is_refused(database: Database, username: str) -> None:
    with pytest.raises(AccountRefusedError):
        add(database, username)
    assert database.read_now(accounts.listed) == []


def test_an_agent_without_a_name_is_refused(database: Database) -> None:
    with pytest.raises(AccountRefusedError, match="name"):
        add(database, name="  ")


@pytest.mark.parametrize(
    ("name", "username"),
    [("Ana María Gómez", "ana.maria.gomez"), ("Íñigo", "inigo"), ("  J.  Paz-Ruiz ", "j.paz.ruiz"), ("Bob 2", "bob.2")],
)
def test_a_username_is_made_from_the_name(name: str, username: str) -> None:
    assert accounts.username_from(name) == username


@pytest.mark.parametrize("name", ["", "李", "?", "Bot", "x"])
def test_a_name_that_gives_no_username_is_refused_with_the_way_out(name: str) -> None:
    with pytest.raises(AccountRefusedError, match="--username"):
        accounts.username_from(name)


def test_disabling_ends_all_sessions_at_once_and_twice_does_no_harm(database: Database) -> None:
    ana, luis = add(database), add(database, "luis.paz", "Luis Paz")
    tokens = [database.write_now(partial(sessions.start, agent_id=agent.id, now=NOW, lifetime=DAY)) for agent in (ana, ana, luis)]
    first = database.write_now(partial(accounts.disable, username="Ana.Gomez", now=NOW + MINUTE))
    second = database.write_now(partial(accounts.disable, username="ana.gomez", now=NOW + DAY))
    assert first == second
    assert first.disabled_at == NOW + MINUTE
    found = [database.read_now(partial(sessions.find, token=token, now=NOW + MINUTE)) for token in tokens]
    assert [session and session.username for session in found] == [None, None, "luis.paz"]
    assert actions(database).count(("agent:disabled", "ana.gomez")) == 1


def test_a_new_password_ends_the_sessions_of_the_old_one(database: Database) -> None:
    agent = add(database)
    token = database.write_now(partial(sessions.start, agent_id=agent.id, now=NOW, lifetime=DAY))
    database.write_now(partial(accounts.set_password, username="ana.gomez", password_hash="new", now=NOW))
    assert database.read_now(partial(sessions.find, token=token, now=NOW)) is None
    found = database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    assert found.password_hash == "new"
    assert actions(database) == [("agent:added", "ana.gomez"), ("agent:password:set", "ana.gomez")]


@pytest.mark.parametrize("change", [accounts.disable, partial(accounts.set_password, password_hash="new")])
def test_changing_somebody_who_is_not_there_is_refused(database: Database, change: Any) -> None:
    with pytest.raises(AccountRefusedError, match="no agent nadie"):
        database.write_now(partial(change, username="nadie", now=NOW))
    assert actions(database) == []


def test_a_renewed_hash_does_not_overwrite_a_password_set_meanwhile(database: Database) -> None:
    agent = add(database)
    database.write_now(partial(accounts.set_password, username="ana.gomez", password_hash="new", now=NOW))
    database.write_now(partial(accounts.renew_hash, agent_id=agent.id, old="hash", new="hash of the old one"))
    found = database.read_now(partial(accounts.credentials, username="ana.gomez"))
    assert found is not None
    assert found.password_hash == "new"
