import io
import re
from functools import partial

import pytest

from bot.agents import accounts, factor, passwords
from bot.commands import agents
from bot.db import Database
from tests.commands.conftest import Run


def kept(database: Database, username: str) -> str:
    found = database.read_now(partial(accounts.credentials, username=username))
    assert found is not None
    return found.password_hash


def test_an_agent_added_can_log_in_with_the_password_that_was_printed_once(run: Run, database: Database) -> None:
    outcome = run(agents, "add", "Ana María Gómez")
    assert (outcome.code, outcome.err) == (0, "")
    first, second = outcome.out.splitlines()
    assert first == "Added Ana María Gómez, who logs in as ana.maria.gomez."
    printed = re.fullmatch(r"Password, shown only now: ([a-z2-9]{5}(?:-[a-z2-9]{5}){3})", second)
    assert printed
    assert passwords.is_right(printed[1], kept(database, "ana.maria.gomez"))
    assert printed[1] not in run(agents, "list").out


def test_a_password_from_standard_input_is_taken_and_not_repeated(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correcta caballo 9\nmás\n"))
    outcome = run(agents, "add", "Ana", "--username", "ana.g", "--password-stdin")
    assert outcome.out == "Added Ana, who logs in as ana.g.\n"
    assert passwords.is_right("correcta caballo 9", kept(database, "ana.g"))


def test_what_cannot_be_is_refused_in_one_line(run: Run, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run(agents, "add", "Ana")
    monkeypatch.setattr("sys.stdin", io.StringIO("corta\n"))
    for words, reason in (
        (["add", "Ana"], "the username ana is taken"),
        (["add", "Luis", "--password-stdin"], "a password needs at least 12 characters"),
        (["add", "李"], "no username can be made from '李': give one with --username"),
        (["add", " ", "--username", "luis"], "an agent needs a name"),
        (["disable", "nadie"], "there is no agent nadie"),
        (["enable", "nadie"], "there is no agent nadie"),
        (["role", "nadie", "admin"], "there is no agent nadie"),
        (["password", "nadie"], "there is no agent nadie"),
    ):
        outcome = run(agents, *words)
        assert (outcome.code, outcome.out, outcome.err) == (1, "", f"{reason}\n")
    assert [agent.username for agent in database.read_now(accounts.listed)] == ["ana"]


def test_the_list_tells_who_may_log_in_and_who_no_longer_may(run: Run) -> None:
    assert run(agents, "list").out == 'There are no agents yet. Add one: soporte agents add "Ana Gómez"\n'
    run(agents, "add", "Ana Gómez")
    run(agents, "add", "Luis Paz", "--username", "luis")
    assert run(agents, "disable", "LUIS").out.startswith("luis can no longer log in (disabled 20")
    heads, ana, luis = run(agents, "list").out.splitlines()
    assert heads.split() == ["USERNAME", "NAME", "ROLE", "ADDED", "STATE"]
    assert ana.startswith("ana.gomez  Ana Gómez  agent  ")
    assert ana.endswith("  active")
    assert re.search(r"^luis {7}Luis Paz {3}agent .*  disabled 20", luis)


def test_a_new_password_replaces_the_old_one(run: Run, database: Database) -> None:
    old = run(agents, "add", "Ana").out.split()[-1]
    outcome = run(agents, "password", "ana")
    assert outcome.out.startswith("ana has a new password and has to log in again.\n")
    new = outcome.out.split()[-1]
    assert (passwords.is_right(old, kept(database, "ana")), passwords.is_right(new, kept(database, "ana"))) == (False, True)


def test_a_role_is_given_with_the_account_or_later(run: Run, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    run(agents, "add", "Ana", "--role", "admin")
    run(agents, "add", "Luis")
    assert run(agents, "role", "LUIS", "supervisor").out == "luis is now: supervisor.\n"
    assert [(agent.username, agent.role) for agent in database.read_now(accounts.listed)] == [
        ("ana", "admin"),
        ("luis", "supervisor"),
    ]
    with pytest.raises(SystemExit):
        run(agents, "role", "luis", "boss")
    assert "invalid choice: 'boss'" in capsys.readouterr().err


def test_who_was_disabled_is_let_in_again(run: Run, database: Database) -> None:
    run(agents, "add", "Ana")
    run(agents, "disable", "ana")
    assert run(agents, "enable", "ana").out == "ana can log in again.\n"
    assert database.read_now(accounts.listed)[0].disabled_at is None


def test_a_lost_phone_is_helped_by_taking_the_second_factor_away(run: Run, database: Database) -> None:
    run(agents, "add", "Ana")
    agent = database.read_now(accounts.listed)[0]
    database.write_now(partial(factor.begin, agent_id=agent.id, now=agent.created_at))
    outcome = run(agents, "reset-factor", "ana")
    assert outcome.out.startswith("ana logs in with the password alone until a new second factor is set up")
    assert database.read_now(partial(factor.standing, agent_id=agent.id)) is None
    assert run(agents, "reset-factor", "nadie").err == "there is no agent nadie\n"


def test_nobody_is_linked_with_a_company_that_is_not_set_up(run: Run, database: Database) -> None:
    run(agents, "add", "Ana")
    outcome = run(agents, "link", "ana", "--email", "ana@siigo.test")
    assert (outcome.code, outcome.err.startswith("oidc.issuer is not set")) == (1, True)
    assert run(agents, "unlink", "ana").code == 0
