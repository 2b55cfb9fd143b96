import json
from functools import partial

import pytest

from bot.commands import tickets
from bot.db import Database
from bot.engine.effects import FieldValue
from bot.tickets.service import move, open_ticket
from tests.commands.conftest import Run
from tests.tickets.world import NOW, asked, open_many, say


@pytest.fixture
def two(database: Database) -> None:
    """A ticket of ana's that an agent has, and an open one of luis', who gave no name."""
    database.write_now(partial(open_ticket, ticket=asked("ana", "SM1:0"), now=NOW))
    database.write_now(partial(move, number="SF-000001", trigger="assign", actor="ana.gomez", now=NOW))
    fields = (FieldValue("nombre", "Nombre", "Luis \x1b[2J"),)
    database.write_now(partial(open_ticket, ticket=asked("luis", "SM2:0", fields=fields, detail="ñ" * 60, case=""), now=NOW))


def test_without_tickets_the_list_says_so(run: Run) -> None:
    assert run(tickets, "list").out == "There are no tickets yet.\n"
    assert run(tickets, "list", "--status", "waiting").out == "There are no waiting tickets.\n"
    assert json.loads(run(tickets, "list", "--json").out) == []


@pytest.mark.usefixtures("two")
def test_the_list_is_a_table_newest_first(run: Run) -> None:
    outcome = run(tickets, "list")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "NUMBER     STATUS    CATEGORY       CUSTOMER   OPENED            DETAIL",
        "SF-000002  open      Otra consulta  Luis �[2J  2026-11-23 10:00  ñññññññññññññññññññññññññññññññññññññññ…",
        "SF-000001  assigned  Otra consulta  ana        2026-11-23 10:00  No recuerdo la contraseña y el correo n…",
    ]


@pytest.mark.usefixtures("two")
def test_a_list_of_one_state_holds_only_that(run: Run) -> None:
    assert [line.split()[0] for line in run(tickets, "list", "--status", "open").out.splitlines()] == ["NUMBER", "SF-000002"]
    (only,) = json.loads(run(tickets, "list", "--status", "assigned", "--json").out)
    assert (only["number"], only["assignee"], only["created_at"]) == ("SF-000001", "ana.gomez", "2026-11-23T15:00:00+00:00")


def test_a_list_that_is_cut_says_how_many_there_are(run: Run, database: Database) -> None:
    database.write_now(partial(open_many, name="ana", count=5))
    assert run(tickets, "list", "--limit", "2").out.splitlines()[-1] == "2 of 5; --limit shows more."
    assert "of 5" not in run(tickets, "list", "--limit", "5").out


@pytest.mark.parametrize(
    "words", [["list", "--status", "closed"], ["list", "--limit", "0"], ["list", "--limit", "x"], ["show"], []]
)
def test_a_command_line_that_makes_no_sense_is_refused(run: Run, words: list[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        run(tickets, *words)
    assert refusal.value.code == 2


@pytest.mark.usefixtures("two")
def test_a_ticket_is_shown_with_its_history_and_its_conversation(run: Run, database: Database) -> None:
    database.write_now(partial(say, name="ana", position=0, body="Hola\nNo puedo \x1b[2J entrar"))
    database.write_now(partial(say, name="ana", position=1, body="Elige", status="failed", error_code=63016))
    outcome = run(tickets, "show", "sf-000001")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    for text in (
        "SF-000001  assigned  Otra consulta",
        "  phone     +573001234567",
        "  assignee  ana.gomez",
        "  NIT o cédula     900123456-8",
        "  2026-11-23 10:00  assigned  ana.gomez",
        "  2026-11-23 10:00  customer\n      Hola\n      No puedo \ufffd[2J entrar\n",
        "  2026-11-23 10:01  bot  [failed, error 63016]\n      Elige\n",
    ):
        assert text in outcome.out


@pytest.mark.usefixtures("two")
def test_a_ticket_as_json_holds_everything_by_name(run: Run, database: Database) -> None:
    database.write_now(partial(say, name="luis", position=0, body="Hola"))
    shown = json.loads(run(tickets, "show", "SF-000002", "--json").out)
    assert (shown["customer"], shown["phone"], shown["status"], shown["detail"]) == ("Luis \x1b[2J", "", "open", "ñ" * 60)
    assert shown["fields"] == [{"name": "nombre", "label": "Nombre", "value": "Luis \x1b[2J"}]
    assert [event["kind"] for event in shown["events"]] == ["opened"]
    assert [message["body"] for message in shown["transcript"]] == ["Hola"]


@pytest.mark.parametrize("words", [["show", "SF-000009"], ["show", "\x1b[2J"], ["show", "SF-000009", "--json"]])
def test_a_ticket_that_is_not_there_is_refused_in_one_line(run: Run, words: list[str]) -> None:
    outcome = run(tickets, *words)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("There is no ticket ")
    assert outcome.err.count("\n") == 1
    assert "\x1b" not in outcome.err
