"""What the dialogues tell: what the bot solved alone, and where customers leave."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.conversations.reports import OUTCOMES, REPORTS, View
from bot.conversations.tables import dialogues
from bot.db import Database
from bot.engine.tree import branches
from bot.flows import our_flow
from bot.tickets.reports import Period, Table
from bot.tickets.service import move, open_ticket, rate
from tests.conversations.transcript import ZONE
from tests.empty import new_database
from tests.tickets.world import add_customer, asked

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
DAY, MENU = timedelta(days=1), ["inicio", "menu.principal"]
WEEK = Period(date(2026, 11, 23), date(2026, 11, 27), ZONE)
VIEW = View(our_flow(), NOW)


def dialogue(path: list[str], ago: timedelta = 2 * DAY, **ends: bool) -> dict[str, Any]:
    values = {"answered": False, "helped": False, "opened_ticket": False, "asked_agent": False, **ends}
    at = NOW - ago
    return {"conversation_id": "conversation-ana", "began_at": at, "last_at": at, "path": path, "node": path[-1], **values}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    made = new_database(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "")
    case = [*MENU, "olvide_clave", "ayudo"]
    rows = [
        dialogue([*case, "resuelto"], answered=True, helped=True),
        dialogue(case, answered=True),
        dialogue(case, timedelta(hours=23), answered=True),
        dialogue([*case, "acceso", "acceso.radicado"], answered=True, opened_ticket=True),
        dialogue([*case, "asesor"], answered=True, asked_agent=True),
        dialogue(MENU),
        dialogue([*MENU, "menu.producto"]),
        dialogue([*MENU, "menu.de_antes"]),
        dialogue(MENU, 5 * DAY),
    ]

    def job(connection: sa.Connection) -> None:
        add_customer(connection, "ana")
        connection.execute(sa.insert(dialogues), rows)
        number = open_ticket(connection, asked("ana", "SM1:0"), NOW - DAY)
        move(connection, number, "assign", "luis", NOW - DAY / 2)
        move(connection, number, "resolve", "luis", NOW - DAY / 4)
        rate(connection, number, 4, NOW)

    made.write_now(job)
    yield made
    made.close()


def made(database: Database, report: str, period: Period = WEEK) -> Table:
    return database.read_now(lambda connection: REPORTS[report](connection, period, VIEW))


def test_solved_by_the_bot_alone_is_what_came_to_no_ticket_and_no_agent_in_a_day(database: Database) -> None:
    table = made(database, "bot")
    assert {row[0]: row[1] for row in table.rows} == {"helped": 1, "silent": 1, "ticket": 1, "agent": 1, "none": 3, "open": 1}
    assert [row[0] for row in table.rows] == list(OUTCOMES)
    assert sum(row[2] for row in table.rows if isinstance(row[2], float)) == 100.0


def test_each_documented_answer_tells_what_came_of_it(database: Database) -> None:
    table = made(database, "bot-casos")
    assert table.columns == ("case", "given", "helped", "silent", "ticket", "agent", "open")
    assert table.rows == (("olvide_clave", 5, 1, 1, 1, 1, 1),)


def test_customers_leave_where_a_question_stays_unanswered_and_nothing_came_of_it(database: Database) -> None:
    rows = {row[0]: row[1:] for row in made(database, "abandono").rows}
    assert rows["inicio"] == (8, 0, 0.0, 0)
    assert rows["menu.principal"] == (8, 1, 12.5, 0)
    assert rows["menu.producto"] == (1, 1, 100.0, 0)
    assert rows["ayudo"] == (5, 1, 20.0, 0)
    assert rows["resuelto"] == (1, 0, 0.0, 1)
    assert rows["acceso.radicado"] == (1, 0, 0.0, 1)
    assert rows["menu.de_antes"] == (1, 0, 0.0, 1)
    assert list(rows)[-1] == "menu.de_antes"


def test_the_summary_stands_beside_as_many_days_before(database: Database) -> None:
    rows = {row[0]: row[1:] for row in made(database, "resumen").rows}
    assert rows["dialogues"] == (8, 1)
    assert rows["opened"] == (1, 0)
    assert rows["average_stars"] == (4.0, None)
    assert rows["bot_alone_percent"] == (28.6, 0.0)
    assert (WEEK.before.first, WEEK.before.last) == (date(2026, 11, 18), date(2026, 11, 22))
    assert len(WEEK.before.days) == len(WEEK.days)


def test_the_tree_has_every_node_once_and_forms_below_their_option() -> None:
    tree = branches(VIEW.flow)
    names = [branch.node for branch in tree]
    assert sorted(names) == sorted(VIEW.flow.nodes)
    by_name = {branch.node: branch for branch in tree}
    assert (tree[0].node, tree[1].node, tree[1].depth) == ("inicio", "menu.principal", 1)
    assert by_name["acceso"].label == "No puedo ingresar: usuario o contraseña"
    assert names[names.index("acceso") + 1] == "acceso.nombre"
    assert by_name["acceso.nombre"].depth == by_name["acceso"].depth + 1
    assert by_name["ayudo"].depth == 0
