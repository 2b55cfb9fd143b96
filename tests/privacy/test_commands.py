"""The operator's commands, beside the running product."""

import argparse
import io
import json
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa

from bot.cli import main
from bot.commands import person, redact, retention
from bot.contacts.tables import erasure_refusals
from bot.conversations.tables import conversations, inbox
from bot.messages.tables import messages
from bot.settings import Settings, SettingsProblem
from bot.tickets import search
from bot.tickets.tables import tickets
from tests.privacy.test_erasing import (
    NAME,
    PHONE,
    contact_of,
    found_at_twilio,
    found_in,
    found_in_tables,
    stack_with_two_people,
)
from tests.stack import Stack, running_stack


def run(stack: Stack, command: ModuleType, *words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    code: int = command.run(parser.parse_args(words), stack.runtime.settings)
    return code


def test_a_person_is_shown_exported_refused_and_erased(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with stack_with_two_people(tmp_path / "data") as stack:
        assert run(stack, person, "show", "SF-000001") == 0
        shown = capsys.readouterr().out
        assert PHONE in shown
        assert "agreed  version 2026-12" in shown
        assert run(stack, person, "export", PHONE, "--out", str(out)) == 0
        data = json.loads((out / "datos.json").read_text())
        assert data["tables"]["tickets"][0]["fields"][0]["value"] == NAME
        page = (out / "datos.html").read_text()
        assert NAME in page
        assert "murciélago" in page
        assert "<script" not in page
        assert sorted(path.suffix for path in out.iterdir()) == ["", ".html", ".json"], "with the file"
        assert run(stack, person, "refuse", PHONE, "--reason", "contrato vigente") == 0
        query = sa.select(erasure_refusals.c.reason)
        assert stack.runtime.database.read_now(lambda connection: connection.execute(query).scalars().all()) == [
            "contrato vigente"
        ]
        monkeypatch.setattr("sys.stdin", io.StringIO("sí\n"))
        assert run(stack, person, "erase", PHONE) == 1
        assert "nothing was erased" in capsys.readouterr().err
        assert contact_of(stack, PHONE)
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PHONE}\n"))
        assert run(stack, person, "erase", f"whatsapp:{PHONE}") == 0
        assert "Erased everywhere" in capsys.readouterr().out
        assert (found_in(tmp_path / "data"), found_in_tables(stack), found_at_twilio(stack.fake)) == ([], [], [])
        assert run(stack, person, "erase", PHONE, "--confirm", PHONE) == 1
        assert "nobody behind" in capsys.readouterr().err


def test_without_an_account_nothing_is_begun_that_twilio_has_to_finish(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        stack.receive(PHONE, text="hola")
        stack.settle()
        bare = Settings(data_dir=tmp_path)
        parser = argparse.ArgumentParser()
        person.add_arguments(parser)
        with pytest.raises(SettingsProblem, match=r"twilio\.account_sid is not set"):
            person.run(parser.parse_args(["erase", PHONE, "--confirm", PHONE]), bare)
        assert contact_of(stack, PHONE)


def test_retention_tells_first_and_then_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_stack(tmp_path) as stack:
        stack.receive(PHONE, text="hola")
        stack.settle()
        long_ago = stack.runtime.clock.now() - timedelta(days=31)
        silent = sa.update(conversations).values(last_message_at=long_ago)
        stack.runtime.database.write_now(lambda connection: connection.execute(silent) and None)
        assert run(stack, retention, "--dry-run") == 0
        assert "people_expired       1" in capsys.readouterr().out
        assert contact_of(stack, PHONE)
        assert run(stack, retention) == 0
        assert "people_expired       1" in capsys.readouterr().out
        assert contact_of(stack, PHONE) is None
        assert found_at_twilio(stack.fake) == []


def test_stored_secrets_are_masked_wherever_they_were_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As if the rules had not known these words when they came."""
    secret = "Zorzal2026!"
    with stack_with_two_people(tmp_path) as stack:
        database = stack.runtime.database

        def undo(connection: sa.Connection) -> None:
            body = f"mi clave es {secret} y no entro"
            said = connection.execute(sa.select(messages.c.id, messages.c.sid, messages.c.body))
            [row] = [one for one in said if one.body.startswith("sale ")]
            connection.execute(sa.update(messages).where(messages.c.id == row.id).values(body=body))
            told = {"type": "message_received", "kind": "text", "text": body}
            connection.execute(sa.update(inbox).where(inbox.c.key == row.sid).values(input=told, parameters={"Body": [body]}))
            connection.execute(sa.update(tickets).values(detail=body))
            search.add(connection, 1, body)

        database.write_now(undo)
        assert run(stack, redact, "--dry-run") == 0
        assert capsys.readouterr().out == "1 messages would be masked.\n"
        assert run(stack, redact) == 0
        assert "1 messages were masked" in capsys.readouterr().out
        assert run(stack, redact, "--dry-run") == 0
        assert capsys.readouterr().out == "0 messages would be masked.\n"
        detail = database.read_now(lambda connection: connection.scalar(sa.select(tickets.c.detail)))
        assert detail == "mi clave es [oculto] y no entro"
        found = database.read_now(lambda connection: search.found(connection, "zorzal2026", below=None, most=9))
        assert found == []
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path.name for path in files if secret.encode() in path.read_bytes()] == []
        assert [path.name for path in files if b"zorzal2026" in path.read_bytes()] == []


def test_the_command_line_knows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SOPORTE_DATA_DIR", str(tmp_path))
    assert main(["person", "show", "+573000000000"]) == 1
    assert main(["retention", "--dry-run"]) == 0
    assert main(["redact", "--dry-run"]) == 0
    assert main(["redact"]) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[0] == "There is nobody behind +573000000000."
    assert "twilio.account_sid is not set" in said.err
