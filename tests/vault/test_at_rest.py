"""With a key nothing of a customer stands readable on the disk, everything works on, and no key that is needed can be missing."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.attachments.files import NAME
from bot.commands import key as command
from bot.contacts.tables import addresses, consents, contacts
from bot.conversations.verify import verify
from bot.db import Database
from bot.privacy import people
from bot.privacy.export import as_json, export
from bot.runtime import open_database, open_to_read
from bot.sealing.keys import new_key
from bot.settings import SettingsProblem, read
from bot.tickets import search
from bot.vault.tables import sealing_keys
from tests.agent import Agent
from tests.privacy import test_erasing as erasing
from tests.privacy.test_erasing import PHONE, contact_of, erase_zoraida, finish, found_in, found_in_tables, stack_with_two_people
from tests.stack import Stack, running_stack

OLD, NEW = new_key(), new_key()
#: What an agent wrote, who is no customer, about one.
NOTE, REPLY = "nota murciélago de la asesora", "respuesta murciélago de la asesora"


@pytest.fixture(params=["sqlite", "postgresql"])
def chosen(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_url")}


def served_by_an_agent(stack: Stack) -> Agent:
    agent = Agent(stack, "Ana Gómez")
    assert agent.move("SF-000001", "assign").status_code == 303
    assert agent.send("SF-000001", "notas", note=NOTE).status_code == 303
    assert agent.reply("SF-000001", REPLY).status_code == 303
    stack.settle()
    return agent


def found(database: Database, query: str) -> list[int]:
    return database.read_now(lambda connection: search.found(connection, query, below=None, most=9))


def fetched(stack: Stack, agent: Agent) -> bytes:
    """The customer's file as the agent gets it."""
    name = next(path.name for path in stack.runtime.settings.attachments_folder.glob("*/*/*") if NAME.fullmatch(path.name))
    return agent._request("GET", f"/adjuntos/{name[:32]}/original").content


def key_command(folder: Path, action: str, keys: str, **chosen: Any) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    settings = read(**{"dev": True, "data_dir": folder, "encryption_keys": keys, **chosen})
    return command.run(parser.parse_args([action]), settings)


def test_nothing_is_readable_on_the_disk_and_everything_works(tmp_path: Path, chosen: dict[str, Any]) -> None:
    with stack_with_two_people(tmp_path, encryption_keys=OLD, **chosen) as stack:
        agent, database = served_by_an_agent(stack), stack.runtime.database
        assert (found_in(tmp_path), found_in_tables(stack)) == ([], [])
        assert count(database, contacts) == count(database, addresses) == 2, "known when they write again"
        page = agent.page("SF-000001").text
        assert all(word in page for word in (erasing.NAME, erasing.MAIL, erasing.WORDS, NOTE, REPLY))
        assert erasing.FILE in fetched(stack, agent)
        assert [found(database, query) for query in ("murcielago", "MURCIÉLAGO zoraida", "murciel", "+57 300 765 4321")] == [
            [1],
            [1],
            [],  # only whole words are found
            [1],
        ]
        contact = database.read_now(partial(people.find, named=PHONE))
        assert contact is not None
        everything = database.read_now(partial(export, contact_id=contact, now=stack.runtime.clock.now()))
        told = as_json(everything or {})
        assert all(word in told for word in (erasing.NAME, erasing.MAIL, erasing.WORDS, NOTE, REPLY, PHONE))
        assert list(verify(database, stack.runtime.clock.now(), lambda _done, _all: None)) == []
        assert finish(stack, erase_zoraida(stack))
        assert (contact_of(stack, PHONE), found(database, "murcielago")) == (None, [])


def test_data_from_before_are_sealed_by_two_commands_and_brought_to_a_new_key(
    tmp_path: Path, chosen: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with stack_with_two_people(tmp_path, **chosen) as stack:
        served_by_an_agent(stack)
        assert found_in(tmp_path)
        assert found_in_tables(stack), "so the other test can fail"
    refuse(tmp_path, OLD, "soporte key on", **chosen)
    assert key_command(tmp_path, "on", OLD, **chosen) == 0
    refuse(tmp_path, "", "is missing", **chosen)
    refuse(tmp_path, NEW, "is missing", **chosen)
    with running_stack(tmp_path, encryption_keys=OLD, **chosen) as stack:
        # Half of it is plain, and what comes now is not.
        stack.receive(PHONE, text="el ornitorrinco")
        stack.settle()
        assert found(stack.runtime.database, "ornitorrinco") == found(stack.runtime.database, "tornasolado") == [1]
        assert count(stack.runtime.database, contacts) == count(stack.runtime.database, addresses) == 2
        assert key_command(tmp_path, "rotate", OLD, **chosen) == 0, "while it runs"
        assert (found_in(tmp_path), found_in_tables(stack)) == ([], [])
        assert key_command(tmp_path, "status", f"{OLD},{NEW}", **chosen) == 0
        assert {line.split()[2] for line in capsys.readouterr().out.splitlines() if "messages.body" in line} == {"(first)"}
        with pytest.raises(SettingsProblem, match="start the product with it"):  # which could not read what it does
            key_command(tmp_path, "rotate", f"{NEW} {OLD}", **chosen)
    with running_stack(tmp_path, encryption_keys=f"{NEW} {OLD}", **chosen):
        assert key_command(tmp_path, "rotate", f"{NEW} {OLD}", **chosen) == 0
    assert "may hold this one alone" in capsys.readouterr().out
    refuse(tmp_path, OLD, "is missing", **chosen)
    with running_stack(tmp_path, encryption_keys=NEW, **chosen) as stack:
        agent = Agent(stack, "Ana Gómez")
        page = agent.page("SF-000001").text
        assert all(word in page for word in (erasing.NAME, erasing.MAIL, erasing.WORDS, NOTE, REPLY, "ornitorrinco"))
        assert erasing.FILE in fetched(stack, agent)
        assert count(stack.runtime.database, sealing_keys) == 1
        with pytest.raises(sa.exc.DBAPIError, match="evidence is never changed"):
            stack.runtime.database.write_now(lambda connection: connection.execute(sa.update(consents).values(answer="no")))


@pytest.mark.parametrize("keys", ["corta", f"{OLD},{OLD}", OLD[:-4]], ids=["none", "twice", "cut"])
def test_a_key_that_is_none_stops_the_start_with_one_line_that_does_not_tell_it(tmp_path: Path, keys: str) -> None:
    with pytest.raises(SettingsProblem) as stopped:
        read(data_dir=tmp_path, encryption_keys=keys)
    assert [line for line in stopped.value.lines if "SOPORTE_ENCRYPTION_KEYS" in line and keys not in line] == stopped.value.lines
    assert len(stopped.value.lines) == 1


def count(database: Database, table: sa.Table) -> int:
    return database.read_now(lambda connection: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def refuse(folder: Path, keys: str, because: str, **chosen: Any) -> None:
    """Neither a start nor a look is possible with these keys, and one line says why."""
    settings = read(**{"dev": True, "data_dir": folder, "encryption_keys": keys, **chosen})
    with pytest.raises(SettingsProblem, match=because) as stopped:
        open_database(settings, starts=True).close()
    assert len(stopped.value.lines) == 1
    if because == "is missing":
        with pytest.raises(SettingsProblem, match=because):
            open_to_read(settings).close()
