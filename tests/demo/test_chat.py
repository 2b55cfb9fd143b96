"""`soporte chat` fed by a pipe: the whole product in one process, and its answers in order."""

import subprocess
from pathlib import Path

import pytest

from tests.demo.process import command, environment

Chat = list[str]


def chat(folder: Path, *lines: str) -> Chat:
    """What was printed after each line, the greeting first. Each run is a process of its own on the same data."""
    done = subprocess.run(
        command("chat"),
        input="".join(f"{line}\n" for line in lines),
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("you | ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chat")


@pytest.fixture(scope="module")
def first(folder: Path) -> Chat:
    return chat(folder, "/boton", "/documento /no/such/file", "/ayuda", "hola", "1", "3")


@pytest.fixture(scope="module")
def second(folder: Path, first: Chat) -> Chat:
    """Another day, the same customer."""
    file = folder / "nota.txt"
    file.write_text("hola", encoding="utf-8")
    kinds = ("/imagen", "/audio", "/ubicacion 4.6 -74.1", "/boton 1 Soporte", f"/documento {file}", "/vacio")
    return chat(folder, "1", *kinds, "/reloj 30", "hola", "/salir", "no")


def test_mistakes_are_explained_and_send_nothing(first: Chat) -> None:
    _, wrong_form, no_file, help_, *_ = first
    assert "not a command, or not in this form" in wrong_form
    assert "cannot be sent" in no_file
    assert "/ubicacion [LATITUDE LONGITUDE]" in help_
    assert "bot | " not in wrong_form + no_file + help_


def test_every_line_is_answered_before_the_next_is_sent(first: Chat) -> None:
    after_hello, after_one, after_three = first[-3:]
    assert "bot | " in after_hello
    assert "Soporte de mi producto" in after_hello
    assert "Siigo Facturación" in after_one
    assert "No puedo ingresar" in after_three


def test_it_goes_on_where_it_was_left(second: Chat) -> None:
    assert "¿Autorizas" in second[1]


def test_whatever_a_phone_can_send_is_answered(second: Chat) -> None:
    assert [turn for turn in second[2:8] if "bot | " not in turn] == []


def test_the_clock_moves_and_what_came_too_late_is_told(second: Chat) -> None:
    moved, again = second[8:10]
    assert "it is now" in moved
    assert "(not delivered: error 63016)" in moved
    assert "bot | " in again
    assert "not delivered" not in again


def test_it_ends_where_it_is_told_to(second: Chat) -> None:
    assert second[-1] == "/salir\n"
