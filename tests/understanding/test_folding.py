import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.folding import fold, fold_with_offsets


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Contraseña   OLVIDADA ", "contrasena olvidada"),
        ("MAN\u0303ANA", "manana"),  # the tilde typed as a character of its own
        ("１２３ ＡＢ", "123 ab"),
        ("1\ufe0f\u20e3", "1"),  # the keycap emoji
        ("③ ❹ ² ٥", "3 4 2 5"),
        ("cla\u200bve\u00ad", "clave"),
        ("N° 2, Nº 3, 1ª", "no 2, no 3, 1a"),
        ("«hola» “qué” – ‘ya’…", '"hola" "que" - \'ya\'...'),
        ("a\tb\nc\u00a0d\u2028e", "a b c d e"),
        ("👍🏽 listo", "👍 listo"),
        ("a\x00b\x1fc", "ab c"),
        ("", ""),
    ],
)
def test_folding_brings_the_ways_of_typing_together(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_every_character_folds_to_something_that_stays() -> None:
    changing = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000 and fold(fold(chr(code))) != fold(chr(code))]
    assert changing == []


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_folding_leaves_no_capital_accent_or_double_space(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split(" ")).strip(" ")
    assert not any(unicodedata.combining(character) for character in folded)
    assert folded == folded.casefold()


@given(st.text())
def test_offsets_lead_back_to_the_character_each_came_from(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert len(offsets) == len(folded)
    assert list(offsets) == sorted(offsets)
    assert all(character in fold(f"x{text[offset]}x") for character, offset in zip(folded, offsets, strict=True))


def test_a_word_found_in_the_folded_text_is_cut_out_of_the_original() -> None:
    text = "Mi  CLÁVE\u200b es X"
    folded, offsets = fold_with_offsets(text)
    start = folded.index("clave")
    assert text[offsets[start] : offsets[start + 4] + 1] == "CLÁVE"


def test_hostile_text_takes_linear_time() -> None:
    begin = time.perf_counter()
    for hostile in ("\u0301\u0327" * 50_000, "ﷺ" * 20_000, " " * 100_000, "İ" * 100_000):
        fold(hostile)
        fold_with_offsets(hostile)
    assert time.perf_counter() - begin < 5
