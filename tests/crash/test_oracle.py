"""The oracle's own test: it accepts a conversation as it must be, and names each way in which one can be otherwise."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import settings
from bot.engine.effects import TICKET, Say
from bot.engine.inputs import TimeRanOut
from bot.engine.step import step
from bot.engine.turn import Circumstances
from bot.flows import our_flow
from bot.runtime import rules_of
from tests.crash.oracle import Oracle, Verdict

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
#: Up to a ticket, then the same question twice.
WRITES = ("asesor", "acepto", "María Rodríguez", "no me abre el reporte de ventas del mes", "sí", "qwerty", "estado", "estado")


@pytest.fixture(scope="module")
def said() -> list[list[str]]:
    """What each of these is answered, the ticket being number seven."""
    oracle, answers = fresh(), []
    for text in WRITES:
        oracle.write(text, AT)
        answers.append([bubble.replace(TICKET, "SF-000007") for bubble in oracle.awaited()])
        for bubble in answers[-1]:
            oracle.hear(bubble, AT)
    assert oracle.is_answered
    return answers


def fresh() -> Oracle:
    return Oracle(rules_of(settings.read(overload={"burst_seconds": 0}), our_flow()), "+573005550142", {})


def judged(answers: list[list[str]], oracle: Oracle | None = None) -> Verdict:
    oracle = oracle or fresh()
    for text, bubbles in zip(WRITES, answers, strict=True):
        oracle.write(text, AT)
        for bubble in bubbles:
            oracle.hear(bubble, AT + timedelta(seconds=1))
    return oracle.verdict()


def test_a_conversation_as_it_must_be_is_clean(said: list[list[str]]) -> None:
    assert judged(said) == Verdict()
    assert any("SF-000007" in bubble for bubbles in said for bubble in bubbles)


@pytest.mark.parametrize("place", range(len(WRITES)))
def test_an_answer_that_does_not_come_is_lost(said: list[list[str]], place: int) -> None:
    assert judged([*said[:place], [], *said[place + 1 :]]) == Verdict(lost=1)


@pytest.mark.parametrize("place", range(len(WRITES)))
def test_an_answer_that_comes_twice_is_doubled(said: list[list[str]], place: int) -> None:
    assert judged([*said[:place], said[place] * 2, *said[place + 1 :]]) == Verdict(doubled=1)


def test_answers_that_change_places_are_out_of_order(said: list[list[str]]) -> None:
    assert judged([said[1], said[0], *said[2:]]).out_of_order == 1


def test_another_number_than_was_told_is_wrong(said: list[list[str]]) -> None:
    other = [bubble.replace("SF-000007", "SF-000008") for bubble in said[-1]]
    assert judged([*said[:-1], other]) == Verdict(wrong_number=1)


def test_a_number_that_somebody_else_was_told_is_wrong(said: list[list[str]]) -> None:
    oracle = fresh()
    oracle.told["SF-000007"] = "+573009999999"
    assert judged(said, oracle) == Verdict(wrong_number=1)


def test_a_reminder_that_comes_earlier_than_a_visit_can_be_slow_is_one_too_many() -> None:
    for slowness, doubled in ((timedelta(minutes=1), 0), (timedelta(), 1)):
        oracle = fresh()
        oracle.slowness = slowness
        oracle.write("asesor", AT)
        for bubble in oracle.awaited():
            oracle.hear(bubble, AT)
        later = Circumstances(AT + timedelta(hours=1))
        said = [effect for effect in step(our_flow(), oracle.state, TimeRanOut(), later).effects if isinstance(effect, Say)]
        oracle.hear(said[0].text, AT + oracle.rules.reminder_after - timedelta(seconds=30))
        assert oracle.verdict() == Verdict(doubled=doubled)


def test_pardon_may_be_asked_again_or_not_where_it_depends_on_the_moment_of_the_turn() -> None:
    pardon = our_flow().phrases["late"]
    for again in (pardon, ""):
        oracle = fresh()
        for text, at in (("hola", AT), ("menú", AT + timedelta(minutes=5))):
            oracle.write(text, at)
            [bubble] = oracle.awaited()
            oracle.hear(f"{pardon if text == 'hola' else again}\n\n{bubble}".strip(), at + timedelta(minutes=3))
        assert oracle.verdict() == Verdict()
