import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.text import bubbles, clean, utf16_units

FAMILY = "👨‍👩‍👧‍👦"
SCOTLAND = "🏴󠁧󠁢󠁳󠁣󠁴󠁿"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("línea uno\n\ttab", "línea uno\n\ttab"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\x00b\x07c\x1bd\x7fe\x9ff", "abcdef"),
        ("pa\u200bgo \u202egnp.exe\u2066x\u2069\ufeff\u00ad", "pago gnp.exex"),
        ("\ue000secreto\uf8ff\U000f0000", "secreto"),
        ("a\ud800b", "ab"),
        ("e\u0301 ñ 你好", "e\u0301 ñ 你好"),
        (f"{FAMILY} ❤️‍🔥 🏳️‍🌈 👩🏽‍💻 1️⃣ 🇨🇴 {SCOTLAND}", f"{FAMILY} ❤️‍🔥 🏳️‍🌈 👩🏽‍💻 1️⃣ 🇨🇴 {SCOTLAND}"),
        ("co\u200dn\u200dtraseña 👍\u200d", "contraseña 👍"),
        ("hola\U000e0068\U000e006f", "hola"),
    ],
)
def test_cleaning_keeps_what_can_be_seen(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\u200d\u200b\ufe0f👩🏽❤🏴\U000e0067\U000e007f\r\n"))))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("cabe entero\n\n", ["cabe entero\n\n"]),
        ("", []),
        (" \n ", []),
        ("Uno. Dos.\n\nTres cuatro\ncinco.", ["Uno. Dos.", "Tres cuatro\ncinco."]),
        ("Uno. Dos\ntres cuatro cinco seis", ["Uno. Dos", "tres cuatro cinco", "seis"]),
        ("Uno dos. Tres cuatro cinco", ["Uno dos.", "Tres cuatro cinco"]),
        ("uno dos tres cuatro cinco", ["uno dos tres cuatro", "cinco"]),
        ("ya en 120\u00a0horas\u00a0hábiles listo", ["ya en", "120\u00a0horas\u00a0hábiles", "listo"]),
        ("a" * 45, ["a" * 20, "a" * 20, "a" * 5]),
        ("x" * 19 + FAMILY, ["x" * 19, FAMILY]),
        ("🇨🇴" * 6, ["🇨🇴" * 5, "🇨🇴"]),
        (" " * 50 + "fin", ["fin"]),
    ],
)
def test_long_text_is_cut_where_a_reader_would_pause(text: str, parts: list[str]) -> None:
    assert bubbles(text, 20) == parts


def test_exactly_the_limit_is_one_bubble_and_one_more_unit_is_two() -> None:
    assert [utf16_units(part) for part in bubbles("😀" * 750)] == [1500]
    assert [utf16_units(part) for part in bubbles("😀" * 750 + "x")] == [1500, 1]


def test_a_character_longer_than_a_bubble_is_taken_apart_rather_than_refused() -> None:
    monster = "o" + "\u0301" * 50
    assert "".join(bubbles(monster, 20)) == monster
    with pytest.raises(ValueError, match="2 UTF-16 units"):
        bubbles("x", 1)


PIECES = [
    "hola",
    "adiós.",
    " ",
    "\n",
    "\n\n",
    "\t",
    FAMILY,
    "🇨🇴",
    "e\u0301",
    "👍🏽",
    "\u0301",
    "\u200d",
    "\r\n",
    "\u00a0",
    "¿x?",
    "a" * 30,
]


@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join),
    st.integers(min_value=2, max_value=60),
)
def test_cutting_loses_only_white_space_and_splits_no_character(text: str, limit: int) -> None:
    parts = bubbles(text, limit)
    assert all(0 < utf16_units(part) <= limit and part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    cuts, position = set(), 0
    for part in parts:
        start = text.index(part, position)
        assert not text[position:start].strip()
        position = start + len(part)
        cuts |= {start, position}
    inside = {i for m in regex.finditer(r"\X", text) for i in range(m.start() + 1, m.end()) if utf16_units(m[0]) <= limit}
    assert not cuts & inside
