import json
from datetime import UTC, datetime

import pytest

from bot.commands.listing import clock, columns, line, lines, to_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (" dos\n líneas\t", "dos líneas"),
        ("\x1b[2Jborrado\x07", "\ufffd[2Jborrado\ufffd"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("ñandú 👍", "ñandú 👍"),
    ],
)
def test_a_text_stays_on_its_line_and_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert line(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("doce letras!", "doce letras!"),
        ("trece letras!", "trece letra…"),
        ("日本語日本語日", "日本語日本…"),
        ("a" * 4000, "a" * 11 + "…"),
    ],
)
def test_a_long_text_is_cut_to_the_columns_it_may_take(text: str, shown: str) -> None:
    assert line(text, 12) == shown


def test_lines_stay_lines_and_each_is_safe() -> None:
    assert lines("uno\r\ndos\x1b\n\ntres") == ["uno", "dos\ufffd", "", "tres"]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert columns(("A", "B"), [("corta", "x"), ("日本", "y")]) == "A      B\ncorta  x\n日本   y"


def test_times_are_those_of_colombias_clocks() -> None:
    assert clock(datetime(2026, 11, 23, 3, 30, tzinfo=UTC)) == "2026-11-22 22:30"


def test_json_is_readable_complete_and_safe_for_a_terminal() -> None:
    value = {"ñ": "\x1b[2J\x9b\u202e", "at": datetime(2026, 11, 23, 3, 30, tzinfo=UTC)}
    text = to_json(value)
    assert "ñ" in text
    assert not set(text) & set("\x1b\x9b\u202e")
    assert json.loads(text) == {"ñ": "\x1b[2J\x9b\u202e", "at": "2026-11-23T03:30:00+00:00"}
    with pytest.raises(TypeError):
        to_json({1, 2})
