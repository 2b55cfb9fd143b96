"""Programs that answer ours: the bot notices, calls a person, and falls silent; people who repeat themselves are answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.engine.conversation import Conversation
from bot.engine.effects import OpenTicket, Say
from bot.engine.flow import Flow
from bot.engine.inputs import Kind, MessageReceived
from bot.engine.step import Step, begin, step
from bot.engine.turn import Circumstances
from bot.flows import our_flow

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
OUT_OF_OFFICE = "Gracias por escribirnos. En este momento no hay nadie."


@pytest.fixture(scope="module")
def flow() -> Flow:
    return our_flow()


class Talk:
    """A customer at a clock, and the bot."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.conversation: Conversation = begin(flow)
        self.at = NOW
        self.said: list[str] = []

    def hear(self, text: str, after: float = 3) -> Step:
        self.at += timedelta(seconds=after)
        circumstances = Circumstances(self.at, said=lambda: self.said[::-1][:3])
        outcome = step(self.flow, self.conversation, MessageReceived(Kind.TEXT, text), circumstances)
        self.conversation = outcome.conversation
        self.said += [effect.text for effect in outcome.effects if isinstance(effect, Say)]
        return outcome


def tickets(outcome: Step) -> list[OpenTicket]:
    return [effect for effect in outcome.effects if isinstance(effect, OpenTicket)]


def test_our_own_words_coming_back_twice_call_a_person_and_then_there_is_silence(flow: Flow) -> None:
    talk = Talk(flow)
    talk.hear("hola")
    first = talk.hear(talk.said[-1].replace("*", "").upper())
    assert (tickets(first), bool(first.effects)) == ([], True)
    second = talk.hear(talk.said[-1])
    assert [ticket.category for ticket in tickets(second)] == [flow.phrases["loop_category"]]
    assert "dejo de responder" in talk.said[-1]
    assert [talk.hear(talk.said[-1]).effects for _ in range(5)] == [()] * 5
    assert talk.hear("otra cosa").reasons[-2:] == ("happened silent", f"to {talk.conversation.node}")


def test_an_automatic_answer_again_and_again_is_answered_four_times(flow: Flow) -> None:
    talk = Talk(flow)
    answered = [bool(talk.hear(OUT_OF_OFFICE).effects) for _ in range(8)]
    assert answered == [True] * 5 + [False] * 3  # the fifth answer is the farewell
    assert sum("dejo de responder" in text for text in talk.said) == 1
    # After the silence it goes on: neither a second ticket nor a second sentence on the same day.
    talk.at += timedelta(hours=2)
    later = [talk.hear(OUT_OF_OFFICE) for _ in range(6)]
    assert [bool(outcome.effects) for outcome in later] == [True] * 4 + [False] * 2
    assert not any(map(tickets, later))


def test_a_person_who_repeats_themselves_slowly_or_presses_a_number_often_is_answered(flow: Flow) -> None:
    talk = Talk(flow)
    assert all(talk.hear(OUT_OF_OFFICE, after=90).effects for _ in range(8))
    talk = Talk(flow)
    assert all(talk.hear("ayuda").effects for _ in range(12))
    talk = Talk(flow)
    talk.hear("hola")
    quoted = talk.hear(talk.said[-1])  # once is a quotation
    assert quoted.effects
    assert talk.hear("ayuda").effects
    assert talk.hear(talk.said[0]).effects


def test_an_agent_hears_whatever_is_said(flow: Flow) -> None:
    talk = Talk(flow)
    talk.conversation = replace(talk.conversation, agent="ana.gomez", ticket="SF-000001")
    assert not any(tickets(talk.hear(OUT_OF_OFFICE)) for _ in range(8))
    assert talk.conversation.silent_until is None
