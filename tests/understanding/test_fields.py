"""Fields. Each type in the registry has its cases in `fields/<type>.yaml` and its sentences in `flows/refusals.yaml`."""

import string
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.understanding.fields import FIELDS, SPANISH_NAMES, TOO_LONG, Accepted, Context, Refused, compile_fields
from tests.understanding.fields import CASES, FLOWS, load_vocabulary

READERS = compile_fields(load_vocabulary())
NOW = datetime(2027, 3, 10, 9, 30, tzinfo=ZoneInfo("America/Bogota"))
CONTEXT = Context(NOW, own_phone="+573001112233")
REFUSALS: dict[str, str] = yaml.safe_load((FLOWS / "refusals.yaml").read_text(encoding="utf-8"))["refusals"]


def cases(kind: str) -> list[tuple[str, dict[str, str]]]:
    files: dict[str, Any] = {field: yaml.safe_load((CASES / f"{field}.yaml").read_text(encoding="utf-8")) for field in FIELDS}
    return [(field, case) for field, data in files.items() for case in data[kind]]


@pytest.mark.parametrize(("field", "case"), cases("accepted"))
def test_answers_are_accepted_in_their_normal_form(field: str, case: dict[str, str]) -> None:
    assert READERS[field](case["text"], CONTEXT) == Accepted(case["value"], case.get("note", ""), case.get("suggestion", ""))


@pytest.mark.parametrize(("field", "case"), cases("refused"))
def test_answers_are_refused_with_their_reason(field: str, case: dict[str, str]) -> None:
    refused = READERS[field](case["text"], CONTEXT)
    assert isinstance(refused, Refused)
    assert refused.reason == case["reason"]
    assert refused.values.keys() == FIELDS[field].reasons[refused.reason]


@pytest.mark.parametrize("field", FIELDS)
def test_each_type_has_forty_cases_of_its_own(field: str) -> None:
    found = [case["text"] for kind in ("accepted", "refused") for name, case in cases(kind) if name == field]
    assert len(set(found)) == len(found) >= 40


@pytest.mark.parametrize("field", FIELDS)
def test_each_reason_of_a_type_is_shown_by_a_case(field: str) -> None:
    assert {case["reason"] for name, case in cases("refused") if name == field} == FIELDS[field].reasons.keys()


def test_each_reason_has_its_sentence_and_each_sentence_its_reason() -> None:
    reasons = [reason for field in FIELDS.values() for reason in field.reasons]
    assert len(set(reasons)) == len(reasons)
    assert {*reasons, TOO_LONG} == REFUSALS.keys()


def test_sentences_fill_only_what_their_reason_gives() -> None:
    given_values = {reason: names for field in FIELDS.values() for reason, names in field.reasons.items()}
    given_values[TOO_LONG] = frozenset({"longest"})
    for reason, sentence in REFUSALS.items():
        asked = {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
        assert asked <= given_values[reason], reason


def test_sentences_address_the_customer_as_tu_and_fit_a_message() -> None:
    for sentence in REFUSALS.values():
        assert len(sentence) <= 250
        assert not {"usted", "señor", "escriba", "envíe", "envíeme", "revise", "escríbame", "cuénteme", "responda"} & set(
            sentence.lower().replace(",", " ").split()
        )


@pytest.mark.parametrize(("field", "example"), [(name, example) for name, field in FIELDS.items() for example in field.examples])
def test_the_examples_of_a_type_are_accepted(field: str, example: str) -> None:
    assert isinstance(READERS[field](example, CONTEXT), Accepted)


@pytest.mark.parametrize(("field", "case"), [(field, case) for field, case in cases("accepted") if field != "phone"])
def test_a_normal_form_read_again_stays(field: str, case: dict[str, str]) -> None:
    again = READERS[field](case["value"], CONTEXT)
    assert isinstance(again, Accepted)
    assert again.value == case["value"]


def test_spanish_names_lead_to_every_type() -> None:
    assert set(SPANISH_NAMES.values()) == set(FIELDS)


def test_a_correction_names_only_types_that_there_are() -> None:
    assert load_vocabulary()["yes_no"]["fields"].keys() <= FIELDS.keys()


def test_the_day_is_that_of_the_customers_calendar() -> None:
    late_in_bogota = datetime(2027, 3, 11, 3, 0, tzinfo=UTC)  # ten in the evening of the 10th
    assert READERS["purchase_date"]("hoy", Context(late_in_bogota)) == Accepted("2027-03-10")


def test_a_hidden_own_phone_is_the_sender() -> None:
    assert READERS["phone"]("este mismo", Context(NOW)) == Accepted("@remitente", "own_phone")


def test_days_of_the_month_go_back_over_short_months() -> None:
    early_in_march = Context(datetime(2027, 3, 1, 12, 0, tzinfo=ZoneInfo("America/Bogota")))
    assert READERS["purchase_date"]("el 31", early_in_march) == Accepted("2027-01-31")
    assert READERS["purchase_date"]("hace un mes", Context(datetime(2027, 3, 31, 12, 0, tzinfo=UTC))) == Accepted(
        "2027-02-28", "about"
    )


DAY_WORDS = (
    "1",
    "2",
    "8",
    "15",
    "31",
    "2026",
    "de",
    "del",
    "el",
    "hace",
    "ayer",
    "lunes",
    "nov",
    "días",
    "mes",
    "semana",
    "pasado",
    "en",
    "/",
    "-",
    ",",
    "y",
    "o",
    "un",
)

HOSTILE = (
    "a" * 10_000,
    "1" * 10_000,
    "1 " * 5_000,
    "a@" * 5_000,
    "x@x." * 2_500,
    "j" * 9_999 + "x",
    "ja" * 5_000,
    "no " * 3_300,
    "(" * 10_000,
    "1/" * 5_000,
    ". " * 5_000,
    "dos mil " * 1_250,
    "\u0301" * 10_000,
    "ﷺ" * 10_000,
    "😀" * 10_000,
)


@pytest.mark.parametrize("field", FIELDS)
def test_hostile_answers_take_a_bounded_time(field: str) -> None:
    begin = time.process_time()
    for hostile in HOSTILE:
        for length in (len(hostile), FIELDS[field].longest, 150):
            READERS[field](hostile[:length], CONTEXT)
    assert time.process_time() - begin < 20  # a fraction of one; rules that go back and forth take minutes


@pytest.mark.parametrize("field", FIELDS)
def test_an_answer_beyond_its_length_is_refused_unread(field: str) -> None:
    longest = FIELDS[field].longest
    assert READERS[field]("a" * (longest + 1), CONTEXT) == Refused(TOO_LONG, {"longest": str(longest)})


@settings(max_examples=300)
@given(st.sampled_from(sorted(FIELDS)), st.text(max_size=120))
def test_any_text_is_accepted_or_refused_for_a_known_reason(field: str, text: str) -> None:
    outcome = READERS[field](text, CONTEXT)
    if isinstance(outcome, Refused):
        assert outcome.values.keys() == FIELDS[field].reasons[outcome.reason]
    else:
        assert outcome.value


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(DAY_WORDS),
        max_size=8,
    )
)
def test_any_words_about_days_give_no_day_to_come(words: list[str]) -> None:
    outcome = READERS["purchase_date"](" ".join(words), CONTEXT)
    assert isinstance(outcome, Refused) or outcome.value <= "2027-03-10"


@pytest.mark.parametrize("field", FIELDS)
def test_an_unknown_key_in_a_word_file_is_refused(field: str) -> None:
    vocabulary = load_vocabulary()
    vocabulary[field]["surprise"] = []
    with pytest.raises(ValidationError) as caught:
        compile_fields(vocabulary)
    assert caught.value.errors()[0]["loc"] == (f"{field}.yaml", "surprise")
