import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from bot.db import Database
from bot.tickets import export
from bot.tickets.promises import Due
from bot.tickets.ratings import RATINGS
from bot.tickets.reports import REPORTS, Period, Table
from bot.tickets.service import comment, mark_answered, move, open_ticket, rate
from tests.conversations.transcript import ZONE
from tests.empty import new_database
from tests.tickets.world import MINUTE, add_customer, asked

HOUR = 60 * MINUTE
MONDAY = date(2026, 11, 23)
WEEK = Period(MONDAY, MONDAY + timedelta(days=6), ZONE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZONE)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Five tickets: one of the week before, one just before the week and one in its last minute, two in between."""
    made = new_database(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")

    def job(connection: Connection) -> None:
        for name in ("ana", "luis"):
            add_customer(connection, name)
        _open(connection, "ana", "16 09:00", case="olvide_clave")
        _open(connection, "ana", "22 23:59")
        one = _open(connection, "luis", "23 00:00", category="Ventas")
        two = _open(connection, "luis", "24 10:00")
        _open(connection, "ana", "29 23:59", case="")
        mark_answered(connection, "conversation-luis", at("24 11:00"))
        move(connection, one, "assign", "luis.paz", at("24 11:00"))
        move(connection, one, "resolve", "luis.paz", at("24 12:00"))
        move(connection, two, "resolve", "luis.paz", at("25 12:00"))

    made.write_now(job)
    yield made
    made.close()


def _open(connection: Connection, name: str, opened: str, **changes: str) -> str:
    due = Due(at(opened) + 2 * HOUR, at(opened) + 30 * HOUR)
    return open_ticket(connection, asked(name, f"{name}:{opened}", **changes), at(opened), due)


def made(database: Database, report: str, period: Period = WEEK) -> Table:
    return database.read_now(lambda connection: REPORTS[report](connection, period))


def test_day_by_day_what_came_what_was_solved_and_what_was_left(database: Database) -> None:
    table = made(database, "movimiento")
    assert table.columns == ("day", "opened", "resolved", "backlog")
    assert [row[1:] for row in table.rows] == [(1, 0, 3), (1, 1, 3), (0, 1, 2), (0, 0, 2), (0, 0, 2), (0, 0, 2), (1, 0, 3)]
    assert [row[0] for row in table.rows] == WEEK.days


def test_tickets_are_counted_by_category_case_and_agent_with_promises_kept(database: Database) -> None:
    assert made(database, "categorias").rows == (("Otra consulta", 2, 1, 1, 1), ("Ventas", 1, 1, 0, 0))
    assert made(database, "casos").rows == (("olvide_clave", 2, 2, 1, 1), ("", 1, 0, 0, 0))
    assert {row[0]: row[1] for row in made(database, "asesores").rows} == {"": 2, "luis.paz": 1}


def test_times_are_the_middle_one_and_nine_of_ten(database: Database) -> None:
    assert made(database, "tiempos").rows == (("first_response", 2, 1.0, 35.0), ("resolution", 2, 26.0, 36.0))


def test_ratings_are_counted_and_averaged_and_comments_come_newest_first(database: Database) -> None:
    def job(connection: Connection) -> None:
        for n, (agent, stars, said) in enumerate([("ana.gomez", 5, "¡Gracias!"), ("luis.paz", 1, ""), ("luis.paz", 4, "Bien")]):
            number = _open(connection, "ana", f"26 1{n}:00")
            move(connection, number, "assign", agent, at("27 08:00"))
            move(connection, number, "resolve", agent, at(f"28 0{n}:00"))
            rate(connection, number, stars, at("28 12:00"))
            comment(connection, number, said, at("28 12:00"))

    database.write_now(job)
    read = database.read_now(lambda connection: {name: RATINGS[name](connection, WEEK).rows for name in RATINGS})
    assert read["calificaciones"] == ((5, 1, 33.3), (4, 1, 33.3), (3, 0, 0.0), (2, 0, 0.0), (1, 1, 33.3))
    assert read["calificaciones-asesores"] == (("luis.paz", 2, 2.5, 1), ("ana.gomez", 1, 5.0, 0))
    assert read["calificaciones-casos"] == (("olvide_clave", 3, 3.33, 1),)
    assert [row[1:] for row in read["comentarios"]] == [
        (date(2026, 11, 28), 4, "luis.paz", "Bien"),
        (date(2026, 11, 28), 5, "ana.gomez", "¡Gracias!"),
    ]


@pytest.mark.parametrize("report", list(REPORTS))
def test_a_period_without_tickets_gives_a_table_without_numbers(database: Database, report: str) -> None:
    table = made(database, report, Period(date(2020, 2, 29), date(2020, 2, 29), ZONE))
    assert all(value in (0, None) for row in table.rows for value in row[1:])
    assert table.columns


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+573001234567", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", " =1", "\u200b=1",
        "'=1", '"=1', "\u00a0\ufeff@x", "|calc", "%0A=1", '=HYPERLINK("http://evil.example")', "\0=1",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_obey_is_put_down_as_text(text: str) -> None:
    shown = export.cell(text)
    assert shown == "'" + text.replace("\0", "")


@pytest.mark.parametrize("text", ["", "Ana", "1=1", "a@b.co", "3 - 2", "¿=?", "SF-000001"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert export.cell(text) == text


def test_a_file_is_read_back_field_by_field_whatever_stands_in_it() -> None:
    rows = [["a;b", 'say "hi"', "two\nlines", None, 3, 1.5]]
    text = export.lines(["one", "=two", "3", "4", "5", "6"], rows)
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert read == [["one", "'=two", "3", "4", "5", "6"], *[["a;b", 'say "hi"', "two\nlines", "", "3", "1.5"]]]
