"""Files of tickets: which tickets, what stands in the cells, and that no program that opens them obeys a customer."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy.engine import Connection

from bot.db import Database
from bot.engine.effects import FieldValue
from bot.tickets import exporting
from bot.tickets.exporting import COLUMNS, Reader, Wanted, Words, takes
from bot.tickets.service import move, open_ticket
from bot.tickets.spreadsheets import FORMATS, MOST_LETTERS, Xlsx
from tests.conversations.transcript import ZONE
from tests.empty import new_database
from tests.tickets.world import MINUTE, NOW, add_customer, asked

DANGEROUS = [
    "=1+1", "+57300", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", '"=1', "'=1", " =1", "a\n=1+1",
    '=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0",
]  # fmt: skip
WORDS = Words({"number": "Número"}, {"status": {"resolved": "Resuelta"}}, {"nit": "NIT o cédula"}, "Solicitudes")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Seven tickets, a minute apart, the third resolved."""
    made = new_database(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")

    def job(connection: Connection) -> None:
        add_customer(connection, "ana")
        for n in range(7):
            open_ticket(connection, asked("ana", f"SM{n}", detail=f"asunto {'rojo' if n % 2 else 'azul'}"), NOW + n * MINUTE)
        move(connection, "SF-000003", "assign", "luis", NOW)
        move(connection, "SF-000003", "resolve", "luis", NOW)

    made.write_now(job)
    yield made
    made.close()


def exported(database: Database, wanted: Wanted) -> list[dict[str, Any]]:
    reader, after = Reader(wanted, NOW, ZONE), None
    rows: list[list[object]] = []
    while True:
        found, after = database.read_now(lambda connection, after=after: reader.batch(connection, after))  # type: ignore[misc]
        rows += reader.rows(found, WORDS)
        if after is None:
            return [dict(zip((*COLUMNS, *WORDS.fields), row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [1, 2, 3, 4, 5, 6, 7]),
        (Wanted(filters={"estado": "resolved"}), [3]),
        (Wanted("luis", filters={"mias": "si"}), []),
        (Wanted(words="rojo"), [6, 4, 2]),
        (Wanted(words="azul", filters={"estado": "open"}), [7, 5, 1]),
        (Wanted(first="2026-11-23", last="2026-11-23"), [1, 2, 3, 4, 5, 6, 7]),
        (Wanted(first="2026-11-24", last="2026-11-24"), []),
    ],
)
def test_what_the_list_shows_is_exported_once_each(
    database: Database, monkeypatch: pytest.MonkeyPatch, wanted: Wanted, numbers: list[int]
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    assert [row["number"] for row in exported(database, wanted)] == [f"SF-{number:06d}" for number in numbers]
    total = database.read_now(Reader(wanted, NOW, ZONE).total)
    assert total == (7 if wanted.words else len(numbers))


def test_a_row_has_names_local_times_and_the_answers_of_the_form(database: Database) -> None:
    third = exported(database, Wanted(filters={"estado": "resolved"}))[0]
    assert (third["status"], third["customer"], third["assignee"]) == ("Resuelta", "ana", "luis")
    assert (third["created_at"], third["nit"]) == ("2026-11-23 10:02", "900123456-8")
    assert WORDS.above()[0] == "Número"
    assert WORDS.above()[-1] == "NIT o cédula"


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(first="2026-11-24", last="2026-11-23"),
        Wanted(first="2026-11-24"),
        Wanted(first="ayer", last="hoy"),
        Wanted(filters={"estado": "nada"}),
        Wanted(filters={"nada": "si"}),
    ],
)
def test_what_makes_no_sense_is_refused(wanted: Wanted) -> None:
    assert not takes(wanted, ZONE)
    assert takes(Wanted(first="2026-11-23", last="2026-11-24", filters={"estado": "open"}), ZONE)


def written(folder: Path, kind: str, rows: list[list[object]]) -> Path:
    path = folder / f"file.{kind}"
    file = FORMATS[kind](path, ["Uno", "=Dos"], "Hoja")
    file.add(rows)
    file.close()
    return path


def test_every_cell_of_a_workbook_is_a_text_whatever_it_begins_with(tmp_path: Path) -> None:
    rows: list[list[object]] = [[text, 5] for text in DANGEROUS]
    sheet = openpyxl.load_workbook(written(tmp_path, "xlsx", rows)).active
    assert sheet is not None
    cells = list(sheet.iter_rows())
    assert [cell.value for cell in cells[0]] == ["Uno", "=Dos"]
    assert all(cell.data_type in ("s", "inlineStr") for row in cells for cell in row)
    # XML reads a carriage return as a new line unless it is written as a code.
    assert [row[0].value.replace("_x000D_", "\r") for row in cells[1:]] == DANGEROUS
    is_marked = {row[0].value: bool(row[0].quotePrefix) for row in cells[1:]}
    assert all(is_marked[text] for text in DANGEROUS if text.startswith(("=", "+", "-", "@", "＝")))


def test_no_field_of_a_csv_begins_a_formula(tmp_path: Path) -> None:
    path = written(tmp_path, "csv", [[text, None] for text in DANGEROUS])
    with path.open(encoding="utf-8-sig", newline="") as file:
        heads, *rows = csv.reader(file, delimiter=";")
    assert heads == ["Uno", "'=Dos"]
    assert [row[0] for row in rows] == [text if text == "a\n=1+1" else f"'{text}" for text in DANGEROUS]


def test_a_sheet_that_is_full_is_followed_by_another_with_the_heads_again(tmp_path: Path) -> None:
    file = Xlsx(tmp_path / "many.xlsx", ["Número"], "Solicitudes", most_rows=4)
    file.add([str(n)] for n in range(7))
    file.close()
    book = openpyxl.load_workbook(tmp_path / "many.xlsx")
    assert book.sheetnames == ["Solicitudes 1", "Solicitudes 2", "Solicitudes 3"]
    values = [[cell for (cell,) in sheet.iter_rows(values_only=True)] for sheet in book]
    assert values == [["Número", "0", "1", "2"], ["Número", "3", "4", "5"], ["Número", "6"]]


def test_a_text_longer_than_a_cell_is_cut_and_control_signs_do_no_harm(tmp_path: Path) -> None:
    path = written(tmp_path, "xlsx", [["x" * (MOST_LETTERS + 5), "a\0b\x01\x1f\ufffe😀"]])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    long, odd = (cell.value for cell in next(sheet.iter_rows(min_row=2)))
    assert (len(long), long[-1]) == (MOST_LETTERS, "…")
    assert odd.startswith("ab")
    assert odd.endswith("😀")


def test_a_customer_cannot_add_a_row_or_a_column(database: Database, tmp_path: Path) -> None:
    hostile = 'a";"b\r\nSF-000099;"x"\n=1'

    def job(connection: Connection) -> None:
        fields = (FieldValue("nombre", "Nombre", hostile), FieldValue("nit", "NIT", hostile))
        open_ticket(connection, asked("ana", "SM99", detail=hostile, category=hostile, fields=fields), NOW)

    database.write_now(job)
    rows = [list(row.values()) for row in exported(database, Wanted())]
    path = written(tmp_path, "csv", rows)
    with path.open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.reader(file, delimiter=";"))
    assert [row[0] for row in read[1:]] == [f"SF-{n:06d}" for n in range(1, 9)]
    assert {len(row) for row in read[1:]} == {len(COLUMNS) + 1}
    assert read[-1][COLUMNS.index("detail")] == hostile
