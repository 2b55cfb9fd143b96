from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.agents import accounts, sessions
from bot.agents.rights import Stage
from bot.agents.sessions import Client, Session
from bot.agents.tables import agents as agents_table
from bot.agents.tables import sessions as sessions_table
from bot.db import Database
from tests.empty import new_database
from tests.tickets.world import MINUTE, NOW

HOUR = 60 * MINUTE


@pytest.fixture
def agent_id(database: Database) -> str:
    add = partial(accounts.add, name="Ana Gómez", username="ana.gomez", password_hash="hash", now=NOW)
    return database.write_now(add).id


def start(database: Database, agent_id: str) -> str:
    return database.write_now(partial(sessions.start, agent_id=agent_id, now=NOW, lifetime=HOUR))


def find(database: Database, token: str, after: int = 0) -> Session | None:
    return database.read_now(partial(sessions.find, token=token, now=NOW + after * MINUTE))


def test_a_session_tells_who_it_is_until_its_time_is_over(database: Database, agent_id: str) -> None:
    token = start(database, agent_id)
    found = find(database, token, after=59)
    assert found is not None
    assert (found.agent_id, found.username, found.name) == (agent_id, "ana.gomez", "Ana Gómez")
    assert find(database, token, after=60) is None


def test_nothing_in_the_database_opens_a_session(database: Database, agent_id: str) -> None:
    token = start(database, agent_id)
    row = database.read_now(lambda connection: connection.execute(sa.select(sessions_table)).one())
    assert token not in [str(value) for value in row]
    assert [find(database, str(value)) for value in row] == [None] * len(row)
    assert len(row.token_hash) == 64


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --"])
def test_a_token_that_nobody_gave_out_opens_nothing(database: Database, agent_id: str, token: str) -> None:
    start(database, agent_id)
    assert find(database, token) is None


def test_each_session_has_its_own_tokens_and_ends_alone(database: Database, agent_id: str) -> None:
    one, other = start(database, agent_id), start(database, agent_id)
    first, second = find(database, one), find(database, other)
    assert first is not None
    assert second is not None
    assert first.csrf_token != second.csrf_token
    database.write_now(partial(sessions.end, token=one))
    assert (find(database, one), find(database, other)) == (None, second)


def test_an_agent_disabled_by_any_means_has_no_session(database: Database, agent_id: str) -> None:
    token = start(database, agent_id)
    database.write_now(lambda connection: connection.execute(sa.update(agents_table).values(disabled_at=NOW)))
    assert find(database, token) is None


def test_sessions_that_are_over_are_cleared_away_by_the_next_one(database: Database, agent_id: str) -> None:
    start(database, agent_id)
    database.write_now(partial(sessions.start, agent_id=agent_id, now=NOW + 2 * HOUR, lifetime=HOUR))
    count = sa.select(sa.func.count()).select_from(sessions_table)
    assert database.read_now(lambda connection: connection.scalar(count)) == 1


def test_one_session_or_all_others_end_and_nobody_elses_alike_on_both_databases(tmp_path: Path, postgres_url: str) -> None:
    for url in ("", postgres_url):
        database = new_database(tmp_path, url)
        add = partial(accounts.add, password_hash="hash", now=NOW)
        ana, luis = (database.write_now(partial(add, name=name, username=name)).id for name in ("ana", "luis"))
        tokens = [start(database, ana), start(database, ana), start(database, ana), start(database, luis)]
        ids = [session.id for session in (find(database, token) for token in tokens) if session is not None]
        assert {one.id for one in database.read_now(partial(sessions.listed, agent_id=ana, now=NOW))} == set(ids[:3])
        assert not database.write_now(partial(sessions.end_one, agent_id=ana, session_id=ids[3]))
        assert database.write_now(partial(sessions.end_one, agent_id=ana, session_id=ids[1]))
        assert [find(database, token) is not None for token in tokens] == [True, False, True, True]
        assert database.write_now(partial(sessions.end_others, agent_id=ana, session_id=ids[0])) == 1
        assert [find(database, token) is not None for token in tokens] == [True, False, False, True]
        database.close()


def test_what_a_browser_says_of_itself_is_kept_short_and_printable(database: Database, agent_id: str) -> None:
    client = Client("198.51.100.7", "Fire\0fox\r\n\x1b[31m" + "x" * 5000)
    database.write_now(partial(sessions.start, agent_id=agent_id, now=NOW, lifetime=HOUR, client=client))
    (one,) = database.read_now(partial(sessions.listed, agent_id=agent_id, now=NOW))
    assert one.client.browser.startswith("Firefox[31mxxx")
    assert (len(one.client.browser), one.client.address) == (300, "198.51.100.7")


@pytest.mark.parametrize(
    ("has_factor", "proved", "required", "stage"),
    [
        (False, False, False, Stage.IN),
        (False, False, True, Stage.ENROL),
        (True, False, False, Stage.CODE),
        (True, False, True, Stage.CODE),
        (True, True, False, Stage.IN),
        (True, True, True, Stage.IN),
        (False, True, True, Stage.ENROL),
    ],
)
def test_how_far_a_login_has_got_follows_from_the_factor_and_from_what_is_demanded(
    *, has_factor: bool, proved: bool, required: bool, stage: Stage
) -> None:
    session = Session("id", "ana.gomez", "Ana", "csrf", has_factor=has_factor, proved=proved)
    assert session.actor(factor_required=required).stage is stage
