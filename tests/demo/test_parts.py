"""The parts of the demo that need no product: what was typed, the keyboard, the account, the port."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from bot.demo.account import kept_account
from bot.demo.keyboard import lines_from
from bot.demo.typed import COMMANDS, HELP, Attachment, MoveClock, Place, Quit, Remark, Tap, Text, Typed, read
from bot.engine.inputs import Location
from bot.web.serving import PortTakenError, address_of, listen


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("hola", Text("hola")),
        ("", Remark("")),
        ("  ", Remark("")),
        (" 1 ", Text(" 1 ")),
        ("es /ayuda?", Text("es /ayuda?")),
        ("/vacio", Text("")),
        ("/imagen", Attachment("image", None)),
        ("/imagen mi foto.jpg", Attachment("image", Path("mi foto.jpg"))),
        ('/documento "mi factura.pdf"', Attachment("document", Path("mi factura.pdf"))),
        ("/audio", Attachment("audio", None)),
        ("/ubicacion 4.5 -74", Place(Location(4.5, -74))),
        ("/boton si:1 Sí, seguir", Tap("si:1", "Sí, seguir")),
        ("/reloj 0.5", MoveClock(0.5)),
        ("/salir", Quit()),
        ("/ayuda", Remark(HELP)),
    ],
)
def test_a_line_means(line: str, meaning: Typed) -> None:
    assert read(line) == meaning


@pytest.mark.parametrize(
    "line",
    [
        *["/", "/hola", "/boton", "/boton 1", "/boton 'sin", "/documento", "/audio x", '/imagen "sin cerrar'],
        *["/ubicacion 91 0", "/ubicacion 1", "/ubicacion a b", "/reloj", "/reloj -1", "/reloj nan", "/reloj 9999999"],
    ],
)
def test_a_wrong_command_explains_itself_or_names_a_file(line: str) -> None:
    meaning = read(line)
    if isinstance(meaning, Attachment):
        assert meaning.path == Path('"sin cerrar')
    else:
        assert isinstance(meaning, Remark)
        assert HELP in meaning.text


def test_every_command_is_in_the_help() -> None:
    assert [name for name in COMMANDS if f"  {name} " not in HELP] == []


def test_lines_come_whole_however_they_are_cut() -> None:
    async def scenario() -> list[str | None]:
        reading, writing = os.pipe()
        lines = lines_from(reading)
        whole = "año\r\n\n😀 fin".encode()

        def type_slowly() -> None:
            for byte in whole:
                os.write(writing, bytes([byte]))
            os.close(writing)

        threading.Thread(target=type_slowly).start()
        read_lines = [await asyncio.wait_for(lines.get(), 5) for _ in range(4)]
        os.close(reading)
        return read_lines

    assert asyncio.run(scenario()) == ["año", "", "😀 fin", None]


def test_the_account_is_made_up_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    first = kept_account(folder)
    assert kept_account(folder) == first
    assert kept_account(tmp_path / "other").auth_token != first.auth_token
    assert (folder / "demo-account.json").stat().st_mode & 0o777 == 0o600
    assert first.auth_token not in repr(first)


@pytest.mark.parametrize("content", ["", "[]", '{"account_sid": "AC1"}', '{"surprise": 1}', "null"])
def test_a_damaged_account_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "demo-account.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"demo-account\.json is damaged"):
        kept_account(tmp_path)
    assert file.read_text(encoding="utf-8") == content


def test_a_port_is_listened_on_once() -> None:
    with listen(0) as first:
        port = int(address_of(first).rpartition(":")[2])
        with pytest.raises(PortTakenError, match=f"port {port} is taken"):
            listen(port)
    with listen(port) as again:
        assert address_of(again) == f"http://127.0.0.1:{port}"


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PortTakenError, match="port 99999 cannot be used"):
        listen(99999)
