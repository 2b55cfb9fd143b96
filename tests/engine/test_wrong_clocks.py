"""A clock that was set back between two messages: what was noted before it is no longer "just now"."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.engine.conversation import Conversation
from bot.engine.effects import Say
from bot.engine.inputs import Kind, MessageReceived
from bot.engine.step import Step, begin, step
from bot.engine.turn import Circumstances
from tests.engine import world

FLOW = world.real_flow()
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
BURST = timedelta(seconds=2)


def hear(conversation: Conversation, text: str, at: datetime, waited: timedelta = timedelta()) -> Step:
    return step(FLOW, conversation, MessageReceived(Kind.TEXT, text), Circumstances(at, burst=BURST, waited=waited))


def said(outcome: Step) -> list[str]:
    return [effect.text for effect in outcome.effects if isinstance(effect, Say)]


@pytest.mark.parametrize("back", [timedelta(hours=3), timedelta(minutes=1), BURST])
def test_a_question_is_asked_again_though_it_seems_to_have_been_asked_in_the_future(back: timedelta) -> None:
    first = hear(hear(begin(FLOW), "hola", NOW).conversation, "menú", NOW + timedelta(seconds=30))
    assert said(hear(first.conversation, "menú", NOW + timedelta(seconds=31))) == []
    assert said(hear(first.conversation, "menú", NOW + timedelta(seconds=30) - back)) == said(first) != []


def test_a_machine_that_is_a_little_behind_still_knows_what_was_asked_just_now() -> None:
    first = hear(hear(begin(FLOW), "hola", NOW).conversation, "menú", NOW + timedelta(seconds=30))
    assert said(hear(first.conversation, "menú", NOW + timedelta(seconds=29.5))) == []


def test_who_waited_is_asked_for_pardon_though_the_last_time_seems_to_come_yet() -> None:
    told = replace(begin(FLOW), delay_told_at=NOW)
    minutes = timedelta(minutes=9)
    assert FLOW.phrases["late"] not in "".join(said(hear(told, "hola", NOW + minutes, minutes)))
    assert FLOW.phrases["late"] in "".join(said(hear(told, "hola", NOW - timedelta(hours=3), minutes)))


def test_nobody_is_kept_in_silence_for_longer_than_silences_last() -> None:
    silent = replace(begin(FLOW), silent_until=NOW + timedelta(hours=1))
    assert said(hear(silent, "hola", NOW - timedelta(seconds=5))) == []
    assert said(hear(silent, "hola", NOW - timedelta(hours=3))) != []
