"""What customers ask for: recorded floors over labelled sets, the contract of `understand`, bounded time."""

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import yaml

from bot.understanding.folding import fold
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
DEV = ROOT.parent / "shared" / "understanding" / "questions_dev.jsonl"

# What was measured when the rules were written, rounded down. A figure may rise; it may not fall unseen.
FLOORS = {
    "tuned": {"right": 0.98, "wrong": 0.01, "false": 0.01, "near": 0.01, "answered": 0.01, "asked": 0.98, "both": 0.93},
    "aside": {"right": 0.93, "wrong": 0.01, "false": 0.03, "near": 0.02, "answered": 0.01, "asked": 0.95, "both": 0.82},
    "dev": {"right": 0.97, "wrong": 0.01, "false": 0.02, "near": 0.02, "answered": 0.02, "asked": 0.95, "both": 0.87},
}
AT_LEAST = {"right", "asked", "both"}


def load_flows() -> dict[str, object]:
    folder = ROOT / "flows" / "understanding"
    return {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return compile_knowledge(load_flows())


def read(files: Iterable[Path]) -> list[dict[str, object]]:
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]


def accepted(row: Mapping[str, object]) -> set[str]:
    """Labels that a row's note allows beside the expected one: `alt=x,y`."""
    notes = [note.strip() for note in str(row.get("note", "")).split(";")]
    return {label for note in notes if note.startswith("alt=") for label in note[4:].split(",")}


def figures(rows: list[dict[str, object]], knowledge: Knowledge) -> dict[str, float]:
    """Shares of right, wrong, false… answers over the labelled rows."""
    marks: dict[str, list[bool]] = {name: [] for name in FLOORS["dev"]}
    for row in rows:
        got, want, also = set(understand(str(row["text"]), knowledge).intents), row["expected"], accepted(row)
        if isinstance(want, list):
            marks["both"].append(set(want) <= got)
        elif want == OUTSIDE:
            false = bool(got - {OUTSIDE, UNCLEAR} - also)
            marks["false"].append(false)
            if "near_miss" in str(row.get("note", "")):
                marks["near"].append(false)
        elif want == UNCLEAR:
            marks["answered"].append(bool(got & set(DOCUMENTED) - also))
            marks["asked"].append(got == {UNCLEAR} or got <= also)
        else:
            right = got == {want} or got <= also | {want}
            marks["right"].append(right)
            marks["wrong"].append(bool(got & set(DOCUMENTED)) and not right)
    return {name: sum(found) / len(found) for name, found in marks.items()}


def assert_holds(name: str, rows: list[dict[str, object]], knowledge: Knowledge) -> None:
    found = figures(rows, knowledge)
    fallen = {
        key: found[key] for key, floor in FLOORS[name].items() if (found[key] < floor if key in AT_LEAST else found[key] > floor)
    }
    assert not fallen, f"{name}: {fallen}"


@pytest.mark.parametrize("part", ["tuned", "aside"])
def test_labelled_cases_hold_their_recorded_figures(part: str, knowledge: Knowledge) -> None:
    assert_holds(part, read(sorted((CASES / part).glob("*.jsonl"))), knowledge)


def test_development_set_holds_its_recorded_figures(knowledge: Knowledge) -> None:
    if not DEV.exists():
        pytest.skip("the development set is not beside this repository")
    assert_holds("dev", read([DEV]), knowledge)


def test_cases_set_aside_stand_neither_among_the_tuned_ones_nor_among_the_examples() -> None:
    tuned, aside = ({fold(str(row["text"])) for row in read((CASES / part).glob("*.jsonl"))} for part in ("tuned", "aside"))
    files = [file for file in load_flows().values() if isinstance(file, dict)]
    examples = {fold(sentence) for file in files for sentence in file.get("examples", ())}
    assert len(tuned) + len(aside) >= 1_000
    assert len(aside) >= 300
    assert not aside & (tuned | examples)


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
    assert time.process_time() - started < 0.2
