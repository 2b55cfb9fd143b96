"""What gets covered in a message, what stays readable, and what happens when a rule breaks."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import yaml
from pydantic import ValidationError

from bot.understanding.redaction import compile_secrets, redact

_VOCABULARY = Path(__file__).parents[2] / "flows" / "vocabulary" / "secrets.yaml"
DATA = yaml.safe_load(_VOCABULARY.read_text(encoding="utf-8"))
SECRETS = compile_secrets(DATA)


def _covered(text: str, previous: str = "") -> str:
    return redact(text, SECRETS, previous).text


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("mi clave es Tinto2024* y no me deja", "mi clave es [oculto] y no me deja"),
        ("Usuario: ana@x.co\nContraseña: Lulo.9", "Usuario: ana@x.co\nContraseña: [oculto]"),
        ("la contraseña es guayaba, ayuda", "la contraseña es [oculto], ayuda"),
        ("clave: 1 2 3 4.", "clave: [oculto]."),
        ("su código de verificación es 449 201", "su código de verificación es [oculto]"),
        ("pague con la 4111-1111-1111-1111 ya", "pague con la [oculto] ya"),
        ("https://ana:Secreto9@servidor.local/x", "https://ana:[oculto]@servidor.local/x"),
        ("la clave es *telenovela*", "la clave es *[oculto]*"),
        ("contraseña: ñ4ñ1t0", "contraseña: [oculto]"),
        ("clave: perro🐶gato", "clave: [oculto]"),
        ("MI CLAVE ES NAZARENO", "MI CLAVE ES [oculto]"),
    ],
)
def test_only_the_value_is_covered(text: str, covered: str) -> None:
    assert _covered(text) == covered


@pytest.mark.parametrize(
    "text",
    [
        "La clave genérica 1111 sirve para todos",
        "mi clave es que no me llega",
        "la clave es ser paciente",
        "contraseña incorrecta error 401",
        "estoy en contra de pagar dos veces",
        "la palabra clave del mes",
        "código de error 1603 en Outlook 2019",
        "nit 900.123.456-7, cédula 52123456, celular 3104567890 y no recuerdo la clave",
        "la clave no llega a lina.2020@gmail.com desde el 15/03/2026 y pagué $89.900",
        "el caso SF-004512 era por la clave",
        "1",
        "3 gracias",
        "",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    result = redact(text, SECRETS)
    assert (result.text, result.masked, result.reasons) == (text, False, ())


def test_announced_secret_is_covered_in_the_next_message() -> None:
    announcement = redact("mi clave es:", SECRETS)
    assert (announcement.awaits, announcement.masked) == (True, False)
    assert _covered("mandarina", announcement.text) == "[oculto]"


def test_next_message_about_something_else_stays_readable() -> None:
    assert _covered("gracias, ya entré", "mi clave es:") == "gracias, ya entré"
    assert _covered("mandarina", "no recuerdo la clave") == "mandarina"
    assert _covered("52123456", "olvidé mi clave") == "52123456"


def test_message_that_already_holds_the_secret_awaits_nothing() -> None:
    result = redact("mi clave es Tinto2024", SECRETS)
    assert (result.masked, result.awaits) == (True, False)
    assert not redact(result.text, SECRETS).awaits
    assert _covered("mandarina", result.text) == "mandarina"


def test_covering_twice_changes_nothing_more() -> None:
    once = _covered("usuario ana clave Perro_1 y pin 4821")
    assert once == "usuario ana clave [oculto] y pin [oculto]"
    assert _covered(once) == once


@pytest.mark.parametrize("hidden", ["cl\u200bave", "c\u00adlave", "ｃｌａｖｅ", "CLA\u200dVE", "clav\u0301e"])
def test_disguised_letters_do_not_hide_a_secret(hidden: str) -> None:
    assert _covered(f"mi {hidden} es tibu\u200bron") == f"mi {hidden} es [oculto]"


def test_decomposed_accents_are_read_like_composed_ones() -> None:
    assert _covered("contrasen\u0303a: pin\u0303ata ya") == "contrasen\u0303a: [oculto] ya"


def test_number_that_fails_the_card_check_is_left_alone() -> None:
    assert _covered("guía 4111 1111 1111 1112") == "guía 4111 1111 1111 1112"
    assert _covered("guía 4111 1111 1111 1111") == "guía [oculto]"


def test_broken_rule_covers_every_word_with_digits_or_symbols() -> None:
    broken = replace(SECRETS, roles=cast("dict[str, int]", {"clave": "no number"}))
    result = redact("hola, mi clave rara es Tinto2024* o co!ibri (4821).", broken)
    assert result.text == "hola, mi clave rara es [oculto] o [oculto] ([oculto])."
    assert set(result.reasons) == {"failed"}
    assert result.masked


def test_message_beyond_any_real_length_is_covered_roughly_at_its_end() -> None:
    text = "hola buenas " * 400 + "mi clave es Tinto2024"
    assert _covered(text) == "hola buenas " * 400 + "mi clave es [oculto]"


def test_every_cover_has_its_reason() -> None:
    result = redact("mi clave es Perro_1 y la tarjeta 4111111111111111", SECRETS)
    assert result.text.count("[oculto]") == len(result.reasons) == 2
    assert "card" in result.reasons


def test_vocabulary_with_an_unknown_or_missing_list_is_refused() -> None:
    with pytest.raises(ValidationError, match="pasword"):
        compile_secrets({**DATA, "pasword": "clave"})
    with pytest.raises(ValidationError, match="password"):
        compile_secrets({key: value for key, value in DATA.items() if key != "password"})


def test_word_added_to_the_vocabulary_is_obeyed() -> None:
    assert _covered("mi santoysena es turpial") == "mi santoysena es turpial"
    wider = compile_secrets({**DATA, "password": DATA["password"] + " santoyseña"})
    assert redact("mi santoyseña es turpial", wider).text == "mi santoyseña es [oculto]"
