"""Redaction never raises and its time is bounded, whatever comes."""

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.redaction import redact
from tests.understanding.test_redaction import SECRETS

_SIZE = 10_240
_HOSTILE = [
    "clave ", "clave es ", "clave:", "clave,", "clave/", "clave en ", "la clave de la ", "x es mi clave ", "a ",
    "a.", "a/", "a@", "a@b.", "1 ", "1-", "1", "4 2 ", "4242 ", "4242-", "4242424242424242 ", "codigo 123456 ",
    "A1-", "Ab1_ ", "aB3$", "uno dos ", "clave uno y ", "y o ", "de de ", "uno dos y a es la clave ",
    "usuario ab1_x y ", "://a:b@", "http://a:b", "c\u200bl\u200ba\u200bve ", "contrasen\u0303a a\u0301 ", "\u0301",
    "🐶 ", "漢1 ", "İ1 ", "\n", ".,;:!?", ": ", '"\'*_', "tarjeta 4 2 ", "clave mayuscula de a ", "[oculto] ",
]  # fmt: skip


#: Seconds of processor time. Ten kilobytes take about 0.005; rules that look through a text again and again take minutes.
_PATIENCE = 1.0


def _seconds(text: str, previous: str) -> float:
    start = time.process_time()
    redact(text, SECRETS, previous)
    return time.process_time() - start


@pytest.mark.parametrize("unit", _HOSTILE)
def test_ten_kilobytes_of_hostile_text_are_looked_through_a_bounded_number_of_times(unit: str) -> None:
    text = (unit * _SIZE)[:_SIZE]
    assert "failed" not in redact(text, SECRETS, text).reasons
    assert _seconds(text, "mi clave es:") < _PATIENCE
    assert _seconds("perro", text) < _PATIENCE


_RUNS = ("9", "a", "A", "9.", "9-", "a.", "a-", "a@", "9G", "aA", "./", "_", "'")
_BETWEEN = ("", "9", "a", "G", ".", "-", "@", "!")


@pytest.mark.parametrize("run", _RUNS)
def test_a_word_made_of_long_runs_is_told_at_once(run: str) -> None:
    """An expression that can divide a run in many ways tries them all when the word's end does not fit: for years."""
    half = run * (55 // len(run))
    for before, between, after in product(_BETWEEN, repeat=3):
        assert _seconds(f"{before}{half}{between}{half}{after}", "") < _PATIENCE


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_text_is_read_without_failing(text: str, previous: str) -> None:
    result = redact(text, SECRETS, previous)
    assert "failed" not in result.reasons
    assert result.masked == bool(result.reasons)
    assert result.masked or result.text == text


_WORDS = [
    "clave",
    "contraseña",
    "es",
    "de",
    "mi",
    "código",
    "pin",
    "usuario",
    ":",
    ",",
    "a",
    "y",
    "1",
    "4821",
    "Ab_1",
    "G-1",
    "tarjeta",
    "no",
]


@given(
    st.lists(st.sampled_from([*_WORDS, "esa", "uno", "eme", "\n", "\u200b", "*x*", "://a:b@", "4111111111111111"]), max_size=30)
)
def test_any_order_of_our_own_words_is_read_without_failing(words: list[str]) -> None:
    text = " ".join(words)
    assert "failed" not in redact(text, SECRETS, text).reasons
    assert "4111111111111111" not in redact(text, SECRETS).text
