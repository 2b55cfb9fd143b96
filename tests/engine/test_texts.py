"""Placeholders are filled once, with what customers wrote left as it is, and dates are spelled in the flow's words."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.texts import fill, has_stray_brace, placeholders
from tests.engine import world


def test_placeholders_are_filled_wherever_they_stand() -> None:
    assert fill("{a}, {b_c} y {a}", {"a": "1", "b_c": "2"}) == "1, 2 y 1"
    assert fill("sin nada", {}) == "sin nada"


@settings(max_examples=100, derandomize=True, database=None)
@given(value=st.text())
def test_what_is_filled_in_is_never_looked_at_again(value: str) -> None:
    assert fill("<{a}>{b}", {"a": value, "b": "."}) == f"<{value}>."


def test_a_value_that_is_missing_is_an_error_and_no_empty_space() -> None:
    with pytest.raises(KeyError, match="name"):
        fill("Hola {name}", {})


@pytest.mark.parametrize(
    ("text", "names", "is_stray"),
    [
        ("Hola {name}, son las {hour}", ["name", "hour"], False),
        ("nada", [], False),
        ("{}", [], True),
        ("{Name}", [], True),
        ("{a b}", [], True),
        ("{name", [], True),
        ("name}", [], True),
        ("{{name}}", ["name"], True),
        ("{ name }", [], True),
        ("{name}{", ["name"], True),
    ],
)
def test_a_placeholder_is_a_name_in_braces_and_any_other_brace_is_a_slip(text: str, names: list[str], is_stray: bool) -> None:
    assert placeholders(text) == names
    assert has_stray_brace(text) is is_stray


@pytest.mark.parametrize(
    ("day", "spelled"),
    [
        (date(2026, 11, 23), "lunes 23 de noviembre"),
        (date(2026, 1, 1), "jueves 1 de enero"),
        (date(2028, 2, 29), "martes 29 de febrero"),
        (date(2026, 12, 27), "domingo 27 de diciembre"),
    ],
)
def test_a_date_is_spelled_as_the_flow_words_it(day: date, spelled: str) -> None:
    assert world.real_flow().calendar.spell(day) == spelled
