import csv
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from bot.agents.tables import audit
from bot.commands import tickets
from bot.db import Database
from bot.tickets.service import move
from tests.commands.conftest import Run
from tests.tickets.world import NOW, open_many


@pytest.fixture
def three(database: Database) -> list[str]:
    numbers: list[str] = database.write_now(partial(open_many, name="ana", count=3))
    database.write_now(partial(move, number=numbers[1], trigger="assign", actor="luis", now=NOW))
    return numbers


def test_tickets_are_written_to_a_file_and_that_is_on_the_trail(
    run: Run, three: list[str], tmp_path: Path, database: Database
) -> None:
    path = tmp_path / "all.csv"
    outcome = run(tickets, "export", str(path))
    assert (outcome.code, outcome.out) == (0, f"3 tickets in {path}\n")
    assert "3 of 3 tickets" in outcome.err
    with path.open(encoding="utf-8-sig", newline="") as file:
        heads, *rows = csv.reader(file, delimiter=";")
    assert [row[0] for row in rows] == three
    assert (heads[0], heads[-1]) == ("number", "fecha_compra")
    assert database.read_now(lambda connection: connection.execute(audit.select()).one()).action == "ticket:exported"


@pytest.mark.parametrize(
    ("words", "places"),
    [
        (["--format", "xlsx"], [0, 1, 2]),
        (["--format", "xlsx", "--status", "assigned"], [1]),
        (["--format", "xlsx", "--from", "2026-11-23", "--to", "2026-11-23"], [0, 1, 2]),
        (["--format", "xlsx", "--from", "2026-11-24"], []),
        (["--format", "xlsx", "--search", "contraseña"], [2, 1, 0]),
    ],
)
def test_a_workbook_holds_what_was_asked_for(
    run: Run, three: list[str], tmp_path: Path, words: list[str], places: list[int]
) -> None:
    path = tmp_path / "some.xlsx"
    assert run(tickets, "export", str(path), *words).code == 0
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [three[place] for place in places]


@pytest.mark.usefixtures("three")
def test_what_cannot_be_written_is_told_in_a_line_and_nothing_is_lost(run: Run, tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("precious")
    for words in ([str(there)], [str(tmp_path / "no" / "x.csv")], [str(tmp_path / "x.csv"), "--from", "ayer"]):
        outcome = run(tickets, "export", *words)
        assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert there.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name or path.name == "x.csv"] == []
