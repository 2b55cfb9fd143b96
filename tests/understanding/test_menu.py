"""Menu choices. All of `menu/cases.yaml` is right; `menu/holdout.yaml` is only measured (`test_scores`)."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.commands import Command
from bot.understanding.menu import Choice, choose, compile_menu, path
from tests.understanding.fields import load_vocabulary

FOLDER = Path(__file__).parent / "menu"
WORDS = compile_menu(load_vocabulary())
LABELS = ("Olvidé mi usuario", "Olvidé mi contraseña", "Otra consulta")


def cases(file: str) -> list[tuple[list[str], str, int | str | None]]:
    data: dict[str, Any] = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    return [(data["menus"][menu], text, option) for menu, text, option in data["cases"]]


@pytest.mark.parametrize(("labels", "text", "option"), cases("cases.yaml"))
def test_messages_choose_what_the_cases_say(labels: list[str], text: str, option: int | str | None) -> None:
    assert choose(text, labels, WORDS).option == option


def test_there_are_enough_cases_of_both_kinds() -> None:
    everything = [option for file in ("cases.yaml", "holdout.yaml") for _, _, option in cases(file)]
    assert len(everything) >= 200
    assert sum(option is None for option in everything) >= 100


def test_each_choice_says_why() -> None:
    assert choose("la 2 porfa", LABELS, WORDS) == Choice(2, "a number")
    assert choose("7", LABELS, WORDS) == Choice(None, "there is no option 7")
    assert choose("llevo 2 días", LABELS, WORDS) == Choice(None, "a number among other words: llevo dias")
    assert choose("0", LABELS, WORDS) == Choice(Command.BACK, "a command")


def test_the_same_words_choose_by_the_labels_at_hand() -> None:
    assert choose("contraseña", LABELS, WORDS).option == 2
    assert choose("contraseña", ("Recordar contraseña", "Cambiar contraseña"), WORDS).option is None
    assert choose("facturación", LABELS, WORDS).option is None
    assert choose("facturación", ("Siigo Nube", "Siigo Facturación"), WORDS).option == 2


def test_a_whole_label_goes_before_a_command() -> None:
    labels = ("Ayuda", "Hablar con un asesor")
    assert choose("hablar con un asesor", labels, WORDS).option == 2
    assert choose("Ayuda", labels, WORDS).option == 1
    assert choose("asesor", labels, WORDS).option is Command.AGENT


def test_a_number_against_the_words_beside_it_chooses_nothing() -> None:
    assert choose("2 olvidé mi contraseña", LABELS, WORDS).option == 2
    assert choose("1 olvidé mi contraseña", LABELS, WORDS).option is None


def test_the_last_option_is_counted_from_the_end() -> None:
    assert choose("la última", LABELS, WORDS).option == 3
    assert choose("la última", LABELS[:2], WORDS).option == 2
    assert choose("la última", (), WORDS).option is None


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("1 3 1", (1, 3, 1)),
        ("1-3-1", (1, 3, 1)),
        ("1,3,1", (1, 3, 1)),
        ("1, 3, 1.", (1, 3, 1)),
        ("1>3>1", (1, 3, 1)),
        ("1 -> 3 -> 1", (1, 3, 1)),
        ("1 → 3 → 1", (1, 3, 1)),
        ("1.3.1", (1, 3, 1)),
        (" 1   3 ", (1, 3)),
        ("１－３", (1, 3)),
        ("1 3", (1, 3)),
        ("2 2", (2, 2)),
    ],
)
def test_a_path_is_single_digits_with_something_between(text: str, options: tuple[int, ...]) -> None:
    assert path(text) == options


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "13",
        "131",
        "1111",
        "1.3",
        "1/3/1",
        "1-3-26",
        "3 0 0 1 2 3 4 5 6 7",
        "1 3 1 2 1",
        "0 1",
        "1 0 1",
        "1 y 3",
        "opción 1 3 1",
        "1 3 1 gracias",
        "-1-3",
        "20 11 2026",
        "1 3 " * 500,
        "1 3 1" + " " * 150 + "gracias",
    ],
)
def test_what_only_looks_like_a_path_is_none(text: str) -> None:
    assert path(text) is None


@given(st.text(max_size=140), st.lists(st.text(max_size=30), max_size=6))
def test_any_text_chooses_an_option_that_is_there_a_command_or_nothing(text: str, labels: list[str]) -> None:
    option = choose(text, labels, WORDS).option
    assert option is None or isinstance(option, Command) or 1 <= option <= len(labels)


def test_hostile_messages_take_a_bounded_time() -> None:
    begin = time.process_time()
    for hostile in ("1 " * 5_000, "la " * 3_000, "a" * 10_000, "1" * 119, "dos " * 29, "no, " * 29, "opcio " * 19):
        choose(hostile, LABELS, WORDS)
        path(hostile)
    assert time.process_time() - begin < 5


def test_a_phrase_with_two_meanings_is_refused() -> None:
    vocabulary = load_vocabulary()
    vocabulary["menu"]["last"].append("dos")
    with pytest.raises(ValueError, match="stands under two meanings"):
        compile_menu(vocabulary)
