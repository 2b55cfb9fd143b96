from typing import Any

import pytest
from pydantic import ValidationError

from bot.understanding.commands import Command, Commands, compile_commands, find_command
from tests.understanding.fields import load_vocabulary


@pytest.fixture(scope="module")
def commands() -> Commands:
    return compile_commands(load_vocabulary())


SAID = {
    Command.MENU: [
        "Menú",
        "MENU!!",
        "menuuu",
        "el menú por favor",
        "volver al menú",
        "llévame al inicio",
        "menú de opciones",
        "mneu",
    ],
    Command.BACK: [
        "volver",
        "Atrás",
        "quiero devolverme porfa",
        "regresar al menú anterior",
        "0",
        "0️⃣",
        "bolver",
        "regersar",
        "un paso atrás",
    ],
    Command.CANCEL: [
        "cancelar",
        "Cancelar todo, gracias",
        "me quiero salir",
        "ya no quiero seguir",
        "olvídelo",
        "cancelr",
        "terminar chat",
    ],
    Command.HELP: ["ayuda", "AYUDAAAA", "necesito ayuda porfa", "me puedes ayudar?", "auxilio", "cómo funciona esto", "ayuad"],
    Command.AGENT: [
        "asesor",
        "un asesorcito veci",
        "quiero hablar con una persona",
        "páseme con un humano por favor",
        "necesito que me atienda alguien",
        "me regala un agente",
        "aseosr",
        "no quiero hablar con un bot",
        "¿hay algún asesor disponible?",
    ],
    Command.STATUS: [
        "estado",
        "estado de mi solicitud",
        "cómo va mi caso?",
        "quiero saber en qué va mi ticket",
        "mis solicitudes",
    ],
    Command.MY_DATA: [
        "mis datos",
        "Mis datos personales por favor",
        "ver mis datos personales",
        "habeas data",
        "abeas data",
        "qué datos tienen míos",
        "quiero saber qué datos tienen de mí",
        "necesito una copia de mis datos",
        "envíenme mis datos",
    ],
    Command.CORRECT_DATA: [
        "corregir mis datos",
        "quiero corregir mis datos personales",
        "necesito que corrijan mis datos por favor",
        "mis datos están mal",
        "quiero actualizar mis datos",
        "rectificar mis datos",
        "correjir mis datos",
        "quedaron mal mis datos",
    ],
    Command.ERASE_DATA: [
        "eliminar mis datos",
        "quiero borrar mis datos",
        "quiero que eliminen mis datos de su base de datos",
        "borren mis datos ya",
        "por favor borren todos mis datos",
        "solicito la supresión de mis datos",
        "bórrenme de su base de datos",
        "quiero que me saquen de la base de datos",
        "eliminar mi informacion personal",
        "derecho al olvido",
        "sáquenme de su base de datos",
    ],
    Command.REVOKE: [
        "revocar",
        "no acepto",
        "ya no autorizo",
        "quiero revocar mi autorización",
        "revoco el consentimiento",
        "no autorizo el tratamiento de mis datos",
        "no usen más mis datos",
        "retiro mi autorizacion",
    ],
    Command.POLICY: [
        "política",
        "politica",
        "política de privacidad",
        "quiero ver la política de datos",
        "tratamiento de datos personales",
        "para qué usan mis datos",
        "qué hacen con mis datos?",
        "aviso de privacidad",
    ],
}


@pytest.mark.parametrize(("text", "command"), [(text, command) for command, texts in SAID.items() for text in texts])
def test_whole_messages_are_commands(text: str, command: Command, commands: Commands) -> None:
    assert find_command(text, commands) is command


@pytest.mark.parametrize(
    "text",
    [
        "el menú del restaurante",
        "no quiero volver a perder la clave",
        "no quiero cancelar",
        "quiero cancelar mi plan de facturación",
        "volver a ingresar",
        "cómo vuelvo a entrar a siigo",
        "inicio de sesión",
        "no puedo salir de la factura",
        "ayuda con la contraseña",
        "el asesor me dijo que esperara",
        "ya hablé con un asesor",
        "soy persona natural",
        "una persona me vendió el plan",
        "el estado civil",
        "mis datos de acceso no llegan",
        "mis datos de acceso no me llegan",
        "no me llegaron mis datos de ingreso",
        "perdí mis datos de acceso",
        "olvidé mis datos",
        "no puedo actualizar mis datos en siigo",
        "se borraron mis datos de facturación",
        "se me borraron los datos del programa",
        "cómo elimino un cliente",
        "eliminar una factura",
        "borrar mis facturas",
        "la página no acepta mi clave",
        "no acepta mi contraseña",
        "no me acepta los datos",
        "quiero actualizar mis datos de facturación electrónica",
        "corregir los datos de una factura",
        "cambiar los datos de un cliente",
        "la política de devoluciones",
        "me dicen que mis datos no coinciden",
        "mis datos no coinciden",
        "salió",
        "sali",
        "ingresar",
        "agenda",
        "gente",
        "pagar",
        "cancelado",
        "otras",
        "hola",
        "gracias",
        "chao",
        "sí",
        "no",
        "",
        "   ",
        "👍",
        "1",
        "00",
        "quiero",
        "por favor",
        "menú " * 13,
        "asesor" + " por favor" * 20,
    ],
)
def test_a_sentence_that_merely_holds_the_word_is_no_command(text: str, commands: Commands) -> None:
    assert find_command(text, commands) is None


def test_a_new_way_of_saying_a_command_is_one_line_of_data() -> None:
    vocabulary = load_vocabulary()
    assert find_command("páreme el trámite", compile_commands(vocabulary)) is None
    vocabulary["commands"]["commands"]["cancelar"]["says"].append("páreme el trámite")
    assert find_command("Pareme el tramite porfa", compile_commands(vocabulary)) is Command.CANCEL


def test_a_phrase_under_two_commands_is_refused() -> None:
    vocabulary = load_vocabulary()
    vocabulary["commands"]["commands"]["menu"]["says"].append("Cancelar")
    with pytest.raises(ValueError, match="stands under two meanings"):
        compile_commands(vocabulary)


def test_a_command_without_words_is_missed() -> None:
    vocabulary = load_vocabulary()
    del vocabulary["commands"]["commands"]["ayuda"]
    with pytest.raises(ValueError, match="says nothing for ayuda"):
        compile_commands(vocabulary)


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        ({"arround": []}, ("commands.yaml", "arround"), "Extra inputs"),
        ({"around": ["quiero", True]}, ("commands.yaml", "around", 1), "in quotes"),
        ({"around": ["quiero", ""]}, ("commands.yaml", "around", 1), "at least 1"),
        ({"commands": {"menuu": {}}}, ("commands.yaml", "commands", "menuu", "[key]"), "Input should be"),
    ],
)
def test_a_slip_in_the_file_is_told_with_its_place(change: dict[str, Any], place: tuple[str | int, ...], what: str) -> None:
    vocabulary = load_vocabulary()
    vocabulary["commands"] |= change
    with pytest.raises(ValidationError) as caught:
        compile_commands(vocabulary)
    [problem] = caught.value.errors()
    assert problem["loc"] == place
    assert what in problem["msg"]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ValueError, match=r"flows/vocabulary/commands\.yaml is missing"):
        compile_commands({})
