"""What customers ask for: the contract of `understand`, and bounded time. How often it is right is in `test_scores`."""

import json
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from bot.understanding.questions import (
    DOCUMENTED,
    LABELS,
    OUTSIDE,
    UNCLEAR,
    Knowledge,
    KnowledgeError,
    compile_knowledge,
    understand,
)

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "questions"


def load_flows() -> dict[str, object]:
    folder = ROOT / "flows" / "understanding"
    return {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return compile_knowledge(load_flows())


def read(files: Iterable[Path]) -> list[dict[str, object]]:
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def test_every_answer_is_a_known_label_with_a_reason(knowledge: Knowledge) -> None:
    for row in read(sorted((CASES / "tuned").glob("*.jsonl"))):
        understood = understand(str(row["text"]), knowledge)
        assert 1 <= len(understood.intents) <= 2
        assert set(understood.intents) <= set(LABELS)
        if understood.intents != (OUTSIDE,):
            assert understood.reasons
            assert all(str(reason) for reason in understood.reasons)
        assert bool(understood.candidates) == (understood.intents == (UNCLEAR,))
        assert set(understood.candidates) <= set(DOCUMENTED)


def test_reasons_tell_the_rule_and_the_words_that_fired(knowledge: Knowledge) -> None:
    understood = understand("buenas, se me olvidó la clave", knowledge)
    assert understood.intents == ("olvide_clave",)
    assert any("olvid" in word for reason in understood.reasons for word in reason.words)


def test_what_the_document_leaves_open_is_named(knowledge: Knowledge) -> None:
    understood = understand("le di en recordar y no me llegó el correo con la nueva contraseña", knowledge)
    assert (understood.intents, understood.gap) == (("olvide_clave",), "correo_no_llego")
    assert not understand("olvidé la clave", knowledge).gap


@pytest.mark.parametrize(
    ("text", "label", "gap"),
    [
        ("en qué menú del programa cambio la contraseña", "cambiar_clave", "ruta_menu"),
        ("¿las 48 horas son hábiles?", "espera_activacion", "horas_habiles"),
        ("soy nuevo, ensayé la clave 1111 y no me funcionó", "usuario_nuevo_sin_credenciales", "generica_no_sirve"),
        ("olvidé la clave y ya no tengo acceso a ese correo", "olvide_clave", "sin_acceso_al_correo"),
    ],
)
def test_gaps_name_the_open_detail(text: str, label: str, gap: str, knowledge: Knowledge) -> None:
    understood = understand(text, knowledge)
    assert (understood.intents, understood.gap) == ((label,), gap)


def test_an_unclear_message_offers_what_it_may_have_meant(knowledge: Knowledge) -> None:
    understood = understand("no me deja entrar", knowledge)
    assert understood.intents == (UNCLEAR,)
    assert {"olvide_usuario", "olvide_clave"} <= set(understood.candidates)


def test_two_requests_give_two_labels_and_one_request_told_twice_gives_one(knowledge: Knowledge) -> None:
    both = understand("olvidé el usuario y de paso la clave", knowledge).intents
    assert set(both) == {"olvide_usuario", "olvide_clave"}
    assert understand("no puedo entrar porque olvidé la clave", knowledge).intents == ("olvide_clave",)


def test_negation_reaches_only_what_it_denies(knowledge: Knowledge) -> None:
    assert understand("tengo la clave pero no el usuario", knowledge).intents == ("olvide_usuario",)
    assert understand("tengo el usuario pero no la clave", knowledge).intents == ("olvide_clave",)


def test_the_same_words_about_another_service_get_no_documented_answer(knowledge: Knowledge) -> None:
    assert understand("olvidé la contraseña de siigo", knowledge).intents == ("olvide_clave",)
    for other in ("gmail", "la dian", "bancolombia", "mi correo"):
        assert not set(understand(f"olvidé la contraseña de {other}", knowledge).intents) & set(DOCUMENTED)


def test_nothing_to_read_is_out_of_scope(knowledge: Knowledge) -> None:
    for text in ("", "   ", "\n\n", "😀😀", "...", "\x00", "\ud800"):
        assert understand(text, knowledge).intents == (OUTSIDE,)


def test_a_phrase_added_to_the_data_is_understood_without_code() -> None:
    data = load_flows()
    label = data["olvide_clave.yaml"]
    assert isinstance(label, dict)
    sentence = "mi llavecita mágica voló como las golondrinas"
    assert understand(sentence, compile_knowledge(data)).intents == (OUTSIDE,)
    data["olvide_clave.yaml"] = {**label, "examples": [*label["examples"], sentence]}
    assert understand(sentence, compile_knowledge(data)).intents == ("olvide_clave",)


def test_a_label_without_examples_still_has_its_rules() -> None:
    data = load_flows()
    label = data["olvide_clave.yaml"]
    assert isinstance(label, dict)
    data["olvide_clave.yaml"] = {**label, "examples": []}
    assert understand("no recuerdo la clave del programa", compile_knowledge(data)).intents == ("olvide_clave",)


def test_problems_in_the_data_are_named_by_their_file() -> None:
    data = load_flows()
    data["saludo.yaml"] = {"rules": [{"name": "x", "points": 3, "all": "nosuchconcept"}]}
    data["menu.yaml"] = {"rules": [], "colour": "red"}
    del data["volver.yaml"]
    with pytest.raises(KnowledgeError) as refused:
        compile_knowledge(data)
    told = str(refused.value)
    assert "menu.yaml" in told
    assert "volver.yaml" in told


HOSTILE = {
    "one long word": "a" * 10_000,
    "no spaces but marks": "clave." * 1_700,
    "many unknown words": " ".join(f"xq{i}zrtw" for i in range(1_200)),
    "near misspellings": "contrasenaz klabezita uzuarioo " * 330,
    "only negators": "no " * 3_300,
    "only connectors": "y ademas " * 1_100,
    "beginnings of phrases": "no me la con que correo de " * 370,
    "stars": "*" * 10_000,
    "ats": "@" * 10_000,
    "marks over letters": "e\u0301" * 5_000,
    "lines": "\n" * 10_000,
    "wide digits": "１" * 10_000,
    "ligatures": "\ufdfa" * 3_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_takes_bounded_time(text: str, knowledge: Knowledge) -> None:
    started = time.process_time()
    assert understand(text, knowledge).intents
    assert time.process_time() - started < 2  # it takes some 0.003
