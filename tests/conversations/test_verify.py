"""Each kind of damage, done by hand to the database of real traffic, is named; the same database undamaged is well."""

import json
import shutil
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.cli import main
from bot.commands import verify as command
from bot.conversations.invariants import Input, Record, Violation, examine
from bot.conversations.verify import PATIENCE, verify
from bot.db import Database
from bot.settings import Settings, SettingsProblem
from tests.agent import Agent
from tests.conversations.damage import DAMAGES
from tests.stack import Stack, running_stack

ANA, LUIS = "whatsapp:+573005550142", "whatsapp:+573115550178"
DIALOGUE = ("asesor", "acepto", "maría rodríguez", "la factura de octubre sale en blanco", "sí")


def traffic(stack: Stack) -> None:
    """Two customers, one with a ticket that an agent takes, answers and resolves."""
    for text in DIALOGUE:
        assert stack.receive(ANA, text=text) == 200
        stack.settle()
    for text in ("menú", "ayuda"):
        assert stack.receive(LUIS, text=text) == 200
        stack.settle()
    agent = Agent(stack, "Ana Gómez")
    agent.move("SF-000001", "assign")
    agent.reply("SF-000001", "Hola, María.")
    agent.move("SF-000001", "resolve")
    stack.settle()


def found(database: Database) -> list[Violation]:
    return list(verify(database, datetime.now(UTC), lambda done, total: None))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("healthy")
    with running_stack(folder) as stack:
        traffic(stack)
        assert found(stack.runtime.database) == []  # while it runs, too
    return folder / "soporte.db"


@pytest.fixture
def file(healthy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(healthy, tmp_path / "soporte.db"))


def broken(url: str, statements: tuple[str, ...], names: str) -> set[str]:
    """Change a database by hand, past all that protects it; returns the ids that are to be named."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for statement in statements:
            connection.exec_driver_sql(statement)
        expected = {str(name) for name in connection.exec_driver_sql(names).scalars()}
    engine.dispose()
    return expected


def outcome(capsys: pytest.CaptureFixture[str], settings: Settings, *words: str) -> tuple[int, str, str]:
    parser = ArgumentParser()
    command.add_arguments(parser)
    code = command.run(parser.parse_args(words), settings)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_healthy_traffic_is_well(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = file.read_bytes()
    settings = Settings(data_dir=file.parent)
    assert outcome(capsys, settings) == (0, "2 conversations checked: all is well.\n", "")
    code, out, _ = outcome(capsys, settings, "--json")
    assert (code, json.loads(out)) == (0, {"violations": [], "conversations": 2, "ok": True})
    assert file.read_bytes() == before


def test_a_conversation_that_has_only_begun_is_well() -> None:
    now = datetime.now(UTC)
    first = Input(id=1, arrival=1, key="SM1", received_at=now, is_handled=False, attempts=0)
    begun = Record("c", "p", arrivals=1, positions=0, wake_at=None, inputs=[first], lines=[], tickets=[])
    assert list(examine(begun, now - PATIENCE)) == []
    assert [found.rule for found in examine(begun, now + PATIENCE)] == ["I3"]


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named_exactly(name: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage = DAMAGES[name]
    expected = broken(f"sqlite:///{file}", damage.statements, damage.names)
    code, out, _ = outcome(capsys, Settings(data_dir=file.parent), "--json")
    told = json.loads(out)
    assert (code, told["ok"]) == (1, False)
    problems = {(violation["rule"], violation["problem"]) for violation in told["violations"]}
    for rule, beginning in damage.problems:
        assert any(rule == its and problem.startswith(beginning) for its, problem in problems), (beginning, problems)
    assert len(problems) == len(damage.problems), problems
    named = {str(value) for violation in told["violations"] for key, value in violation.items() if key not in ("rule", "problem")}
    assert expected
    assert expected <= named


def test_violations_are_told_in_words_without_anything_of_a_customers(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage = DAMAGES["an input that nobody handles"]
    broken(f"sqlite:///{file}", damage.statements, damage.names)
    code, out, _ = outcome(capsys, Settings(data_dir=file.parent))
    line, summary = out.splitlines()
    assert line.startswith("I3  an input waits to be handled for too long  conversation=")
    assert line.endswith(" input=901")
    assert (code, summary) == (1, "2 conversations checked: 1 violation.")


def test_a_long_run_tells_how_far_it_is(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_SILENT_SECONDS", 0.0)
    assert outcome(capsys, Settings(data_dir=file.parent))[2] == "2 of 2 conversations\n"


def test_what_is_no_installation_of_this_version_is_refused(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsProblem, match="holds no data yet"):
        outcome(capsys, Settings(data_dir=tmp_path / "nothing"))
    assert not (tmp_path / "nothing" / "soporte.db").exists()
    broken(f"sqlite:///{file}", ("UPDATE alembic_version SET version_num = '0001'",), "SELECT 1")
    monkeypatch.setenv("SOPORTE_DATA_DIR", str(file.parent))
    assert main(["verify"]) == 1
    assert capsys.readouterr().err.startswith("the data stands at step 0001 and this version at ")


def test_postgresql_is_read_by_the_same_rules(tmp_path: Path, bare_postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = Settings(data_dir=tmp_path, database_url=bare_postgres_url)
    with pytest.raises(SettingsProblem, match="holds no data yet"):
        outcome(capsys, chosen)
    with running_stack(tmp_path, database_url=bare_postgres_url) as stack:
        traffic(stack)
        assert outcome(capsys, chosen)[0] == 0
        damage = DAMAGES["a message that is stuck"]
        (stuck,) = broken(bare_postgres_url.replace("postgresql:", "postgresql+psycopg:"), damage.statements, damage.names)
        code, out, _ = outcome(capsys, chosen, "--json")
    assert code == 1
    assert [violation["message"] for violation in json.loads(out)["violations"]] == [stuck]
