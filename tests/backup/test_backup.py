"""A backup of real traffic comes back the same, on either database, and nothing broken or ill-placed is taken."""

import gzip
import io
import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.backup import form
from bot.channels.fake_twilio import File
from bot.cli import main
from bot.conversations.verify import verify
from bot.db import Database, metadata
from bot.engine.inputs import Kind
from bot.runtime import open_to_read
from bot.settings import Settings
from bot.tickets import search
from bot.tickets.tables import tickets
from tests.attachments.samples import image
from tests.attachments.test_loop import rows, until
from tests.conversations.test_verify import ANA, DIALOGUE, LUIS, traffic
from tests.stack import Stack, running_stack

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the command line for the installation in `folder`, with `url` as its database if there is one."""

    def call_main(folder: Path, *words: str, url: str = "") -> tuple[int, str, str]:
        monkeypatch.setenv("SOPORTE_DATA_DIR", str(folder))
        monkeypatch.setenv("SOPORTE_DATABASE_URL", url)
        code = main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call_main


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with traffic, a picture and a key, and beside it the backup that was made while it ran."""
    folder = tmp_path_factory.mktemp("made")
    with running_stack(folder) as stack:
        fill(stack)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOPORTE_DATA_DIR", str(folder))
            assert main(["backup", str(folder / "backup")]) == 0
    return folder


def fill(stack: Stack) -> None:
    """Traffic, a picture with its previews, a key, and a ticket that was deleted: its number must not come back."""
    traffic(stack)
    picture = File("image/jpeg", image("JPEG"))
    assert stack.receive(ANA, text="", kind=Kind.IMAGE, media=[picture]) == 200
    stack.settle()
    until(lambda: [row for row in rows(stack.runtime.database) if row.state == "fetched"] or None)
    (stack.runtime.settings.folder / "second-factor.key").write_text("ab" * 32)
    stack.runtime.database.write_now(delete_one_behind)


def delete_one_behind(connection: sa.Connection) -> None:
    like = connection.execute(sa.select(tickets)).mappings().one()
    connection.execute(sa.insert(tickets).values({**like, "id": 7, "number": "SF-000007", "cause": "1:99"}))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence('tickets', 'id'), 7)")
    connection.execute(sa.delete(tickets).where(tickets.c.id == 7))


def contents(database: Database) -> dict[str, Any]:
    """All rows of all tables but sessions, and the words of the search."""

    def job(connection: sa.Connection) -> dict[str, Any]:
        queries = {table.name: sa.select(table).order_by(*table.primary_key.columns) for table in metadata.sorted_tables}
        found: dict[str, Any] = {name: connection.execute(query).all() for name, query in queries.items() if name != "sessions"}
        return found | {"words": [(identity, sorted(words.split())) for identity, words in search.everything(connection)]}

    return database.read_now(job)


def opened(folder: Path, url: str = "") -> Database:
    return open_to_read(Settings(data_dir=folder, database_url=url))


def look(folder: Path, url: str = "") -> dict[str, Any]:
    database = opened(folder, url)
    try:
        return contents(database)
    finally:
        database.close()


def violations(database: Database) -> list[Any]:
    return list(verify(database, datetime.now(UTC), lambda done, total: None))


def test_a_backup_brings_everything_back(made: Path, tmp_path: Path, call: Call) -> None:
    backup = made / "backup"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    code, out, err = call(tmp_path / "new", "restore", str(backup))
    assert (code, err) == (0, "")
    assert "Restored as of" in out
    assert look(tmp_path / "new") == look(made)
    files = {path.relative_to(made): path.read_bytes() for path in (made / "attachments").glob("*/*/*")}
    assert len(files) == 3
    assert {name: (tmp_path / "new" / name).read_bytes() for name in files} == files
    key = tmp_path / "new" / "second-factor.key"
    assert (key.read_text(), stat.S_IMODE(key.stat().st_mode)) == ("ab" * 32, 0o600)
    assert [path.name for path in (tmp_path / "new").iterdir() if "restoring" in path.name or "before" in path.name] == []


def test_keys_can_be_left_out(made: Path, tmp_path: Path, call: Call) -> None:
    file = tmp_path / "backup"
    assert "second-factor.key" in call(made, "backup", str(tmp_path / "with"))[1]
    assert "second-factor.key" not in call(made, "backup", str(file), "--without-keys")[1]
    assert call(tmp_path / "new", "restore", str(file))[0] == 0
    assert not (tmp_path / "new" / "second-factor.key").exists()


def test_it_moves_to_postgresql_and_back(made: Path, tmp_path: Path, bare_postgres_url: str, call: Call) -> None:
    here = tmp_path / "here"
    assert call(here, "restore", str(made / "backup"), url=bare_postgres_url)[0] == 0
    there = look(here, bare_postgres_url)
    assert there == look(made)
    assert call(here, "backup", str(tmp_path / "again"), url=bare_postgres_url)[0] == 0
    assert call(tmp_path / "back", "restore", str(tmp_path / "again"))[0] == 0
    assert look(tmp_path / "back") == there
    with running_stack(here, database_url=bare_postgres_url) as stack:
        assert violations(stack.runtime.database) == []
        assert next_number(stack) == 8


def test_a_restored_installation_works_and_gives_no_number_out_twice(made: Path, tmp_path: Path, call: Call) -> None:
    call(tmp_path, "restore", str(made / "backup"))
    with running_stack(tmp_path) as stack:
        assert next_number(stack) == 8
        assert stack.receive(ANA, text="menú") == 200
        stack.settle()
        assert violations(stack.runtime.database) == []
        found = stack.runtime.database.read_now(lambda connection: search.found(connection, "octubre", below=None, most=9))
        assert 1 in found


def next_number(stack: Stack) -> int:
    """The number of the ticket that LUIS opens now."""
    for text in DIALOGUE:
        assert stack.receive(LUIS, text=text) == 200
        stack.settle()
    newest = sa.select(sa.func.max(tickets.c.id))
    return int(stack.runtime.database.read_now(lambda connection: connection.execute(newest).scalar_one()))


def test_a_backup_while_customers_write_is_of_one_moment(tmp_path: Path, call: Call) -> None:
    at_any_pace = {"customer_per_minute": 0}
    with running_stack(tmp_path / "busy", overload=at_any_pace) as stack, ThreadPoolExecutor(1) as customers:
        writing = customers.submit(lambda: [stack.receive(ANA, text=text) for text in ("menú", "ayuda") * 30])
        backups: list[Path] = []
        while not writing.done():
            backups.append(tmp_path / f"backup-{len(backups)}")
            assert call(tmp_path / "busy", "backup", str(backups[-1]))[0] == 0
        assert set(writing.result()) == {200}
        stack.settle()
    for number, backup in enumerate(backups[:4]):
        assert call(tmp_path / str(number), "restore", str(backup))[0] == 0
        database = opened(tmp_path / str(number))
        assert violations(database) == []
        database.close()


def test_a_backup_never_takes_the_place_of_a_file(made: Path, tmp_path: Path, call: Call) -> None:
    (tmp_path / "here").write_text("something")
    code, out, err = call(made, "backup", str(tmp_path / "here"))
    assert (code, out, err) == (1, "", f"{tmp_path}/here exists: a backup is never written over another file\n")
    assert (tmp_path / "here").read_text() == "something"
    code, _, err = call(made, "backup", str(tmp_path / "nowhere" / "backup"))
    assert (code, err) == (1, f"{tmp_path}/nowhere/backup cannot be written: No such file or directory\n")


def test_data_that_is_there_gives_way_only_if_told_to(made: Path, tmp_path: Path, call: Call) -> None:
    call(tmp_path, "agents", "list")  # makes an empty database
    assert call(tmp_path, "restore", str(made / "backup"))[0] == 0
    code, _, err = call(tmp_path, "restore", str(made / "backup"))
    assert (code, err) == (1, f"{tmp_path}/soporte.db holds data: --force puts the backup in its place\n")
    assert call(tmp_path, "restore", str(made / "backup"), "--force")[0] == 0
    assert look(tmp_path) == look(made)
    assert len(list(tmp_path.glob("soporte.db.before-*"))) == 2


def test_another_key_gives_way_only_if_told_to(made: Path, tmp_path: Path, call: Call) -> None:
    (tmp_path / "second-factor.key").write_text("cd" * 32)
    code, _, err = call(tmp_path, "restore", str(made / "backup"))
    assert (code, "has another second-factor.key" in err) == (1, True)
    assert call(tmp_path, "restore", str(made / "backup"), "--force")[0] == 0
    assert (tmp_path / "second-factor.key").read_text() == "ab" * 32
    assert (tmp_path / "second-factor.key.before").read_text() == "cd" * 32


def test_a_running_installation_is_never_touched(made: Path, tmp_path: Path, postgres_url: str, call: Call) -> None:
    with running_stack(tmp_path) as stack:
        for words in ([], ["--force"]):
            code, _, err = call(tmp_path, "restore", str(made / "backup"), *words)
            assert (code, err) == (1, f"{tmp_path} is in use by a running soporte: end that first\n")
        assert stack.receive(ANA, text="hola") == 200
    with running_stack(tmp_path / "server", database_url=postgres_url):
        code, _, err = call(tmp_path / "server", "restore", str(made / "backup"), url=postgres_url)
        assert (code, "other connections to the database are open" in err) == (1, True)


def test_on_postgresql_too_data_gives_way_only_if_told_to(made: Path, tmp_path: Path, bare_postgres_url: str, call: Call) -> None:
    assert call(tmp_path, "restore", str(made / "backup"), url=bare_postgres_url)[0] == 0
    code, _, err = call(tmp_path, "restore", str(made / "backup"), url=bare_postgres_url)
    assert (code, err) == (1, "the database holds data: --force puts the backup in its place\n")
    assert call(tmp_path, "restore", str(made / "backup"), "--force", url=bare_postgres_url)[0] == 0
    assert look(tmp_path, bare_postgres_url) == look(made)


def changed(backup: Path, change: Callable[[list[Any]], None]) -> bytes:
    """A backup with other lines, and the right sum for them."""
    lines = [json.loads(line) for line in gzip.decompress(backup.read_bytes()).splitlines()][:-1]
    change(lines)
    file = io.BytesIO()
    writer = form.Writer(file)
    for line in lines:
        writer.write(line)
    writer.end()
    return file.getvalue()


def head(**values: Any) -> Callable[[list[Any]], None]:
    return lambda lines: lines[0].update(values)


def spoil(name: str) -> Callable[[list[Any]], None]:
    """Gives the first file another name."""
    return lambda lines: next(line for line in lines if isinstance(line, dict) and "file" in line).update(file=name)


BROKEN: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda file: b"", "its end is missing"),
    "something else": (lambda file: b"PK\x03\x04 hello", "it cannot be unpacked"),
    "cut": (lambda file: file.read_bytes()[:-300], "it cannot be unpacked"),
    "a bit turned": (lambda file: bytes([*(whole := file.read_bytes())[:900], whole[900] ^ 1, *whole[901:]]), "it"),
    "without its end": (lambda file: gzip.compress(gzip.decompress(file.read_bytes()).rsplit(b"\n", 2)[0]), "its end is missing"),
    "a line changed": (
        lambda file: gzip.compress(gzip.decompress(file.read_bytes()).replace(b"customer", b"customor")),
        "checksum",
    ),
    "of a later version": (lambda file: changed(file, head(schema="9999")), "it was made by a later version (step 9999)"),
    "of another form": (lambda file: changed(file, head(soporte=2)), "its form is 2"),
    "a row too many": (lambda file: changed(file, lambda lines: lines.insert(2, lines[2])), "does not fit together"),
    "a section too many": (lambda file: changed(file, lambda lines: lines.append({"other": 1})), "something unknown: other"),
    "a file with a path": (lambda file: changed(file, spoil("attachments/../../etc/passwd")), "a name that is none of ours"),
    "a key with a path": (lambda file: changed(file, spoil("keys/../x.key")), "a name that is none of ours"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_backup_is_refused_and_nothing_is_changed(how: str, made: Path, tmp_path: Path, call: Call) -> None:
    call(tmp_path / "here", "restore", str(made / "backup"))
    before = look(tmp_path / "here")
    make, why = BROKEN[how]
    (tmp_path / "broken").write_bytes(make(made / "backup"))
    code, out, err = call(tmp_path / "here", "restore", str(tmp_path / "broken"), "--force")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"{tmp_path}/broken is not a whole backup: ")
    assert why in err
    assert look(tmp_path / "here") == before


def test_a_backup_that_is_not_there_is_refused(tmp_path: Path, call: Call) -> None:
    code, _, err = call(tmp_path, "restore", str(tmp_path / "none"))
    assert (code, err) == (1, f"{tmp_path}/none cannot be restored: No such file or directory\n")
