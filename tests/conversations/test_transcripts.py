"""Every transcript, through `step` alone: no database, no network, the state as JSON between turns."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from bot.engine import conversation as snapshot
from bot.engine.conversation import Conversation
from bot.engine.effects import TICKET, Invite, MoveTicket, OpenCase, OpenTicket, RecordComment, RecordRating, Say, WakeAt
from bot.engine.flow import Flow
from bot.engine.inputs import (
    AgentReleased,
    AgentReplied,
    AgentTookOver,
    Input,
    MessageReceived,
    TicketResolved,
    TimeRanOut,
)
from bot.engine.step import Step, begin, step
from bot.engine.terms import term_of
from bot.engine.turn import Circumstances, PendingCase, TicketSummary
from bot.flows import our_flow
from bot.understanding.redaction import redact
from tests.conversations.transcript import Transcript, run, transcripts
from tests.stack import TEMPLATE


@cache
def flow() -> Flow:
    return our_flow()


class StepAlone:
    """Plays both ends of `step`: keeps the state, opens tickets, lets time run out."""

    def __init__(self, transcript: Transcript) -> None:
        self.now = transcript.at
        self.phone = transcript.phone
        self.state = snapshot.to_json(begin(flow()))
        self.opened: list[OpenTicket] = []
        self.wake_at: datetime | None = None
        self.before = ""
        self.resolved_at: dict[str, datetime | None] = {}
        self.ratings: dict[str, list[Any]] = {}
        self.cases: list[PendingCase] = []

    def say(self, message: MessageReceived) -> str:
        self.now += timedelta(seconds=20)
        redacted = redact(message.text, flow().vocabulary.secrets, self.before)
        self.before = redacted.text
        masked = MessageReceived(**{**vars(message), "text": redacted.text, "masked": redacted.masked})
        return self._step(masked)

    def say_at_once(self, messages: list[MessageReceived]) -> str:
        self.now += timedelta(seconds=20)
        return "\n\n".join(text for message in messages if (text := self._step(message)))

    def act(self, deed: str, text: str) -> str:
        number = f"SF-{len(self.opened):06d}"
        self.now += timedelta(seconds=20)
        if deed == "resolve":
            self.resolved_at[number] = self.now
        happened: dict[str, Input] = {
            "take": AgentTookOver(number, "ana.gomez", "Ana Gómez"),
            "release": AgentReleased(number, "ana.gomez"),
            "resolve": TicketResolved(number, "ana.gomez"),
            "reply": AgentReplied(number, "ana.gomez", text),
        }
        return self._step(happened[deed])

    def wait(self, by: timedelta) -> str:
        until = self.now + by
        said = ""
        if self.wake_at is not None and self.wake_at <= until:
            self.now = self.wake_at
            said = self._step(TimeRanOut())
        self.now = until
        return said

    def tickets(self) -> list[dict[str, Any]]:
        return [
            {
                "number": f"SF-{number:06d}",
                "category": ticket.category,
                "case": ticket.case,
                "fields": {field.name: field.value for field in ticket.fields},
                "detail": ticket.detail,
                "attachments": len(ticket.attachments),
                "rating": self.ratings.get(f"SF-{number:06d}", [None, ""]),
            }
            for number, ticket in enumerate(self.opened, 1)
        ]

    def _step(self, happened: Input) -> str:
        before: Conversation = snapshot.from_json(json.loads(json.dumps(self.state)))
        result: Step = step(flow(), before, happened, self._circumstances())
        self.state = snapshot.to_json(result.conversation)
        self.wake_at = None
        texts = []
        for effect in result.effects:
            if isinstance(effect, OpenTicket):
                self.opened.append(effect)
            elif isinstance(effect, OpenCase):
                self.opened.append(OpenTicket(effect.category, "", (), effect.detail, ()))
                self.cases.append(PendingCase(effect.right, f"SF-{len(self.opened):06d}", term_of(effect.right).due(self.now)))
            elif isinstance(effect, WakeAt):
                self.wake_at = effect.at
            elif isinstance(effect, MoveTicket) and effect.trigger == "reopen":
                self.resolved_at[effect.ticket] = None
            elif isinstance(effect, RecordRating):
                self.ratings[effect.ticket] = [effect.stars, ""]
            elif isinstance(effect, RecordComment):
                self.ratings[effect.ticket][1] = effect.text
            elif isinstance(effect, Say | Invite):
                texts.append(effect.text.replace(TICKET, f"SF-{len(self.opened):06d}"))
        return "\n\n".join(texts)

    def _circumstances(self) -> Circumstances:
        return Circumstances(
            now=self.now,
            phone=self.phone,
            tickets=self._summaries,
            cases=self._pending,
            template=TEMPLATE,
            burst=timedelta(seconds=2),
        )

    def _pending(self) -> list[PendingCase]:
        return [case for case in self.cases if not self.resolved_at.get(case.number)]

    def _summaries(self) -> list[TicketSummary]:
        numbered = [(f"SF-{n:06d}", ticket) for n, ticket in enumerate(self.opened, 1)][::-1]
        ends = self.resolved_at
        return [
            TicketSummary(number, ticket.category, "resolved" if ends.get(number) else "open", self.now, ends.get(number))
            for number, ticket in numbered
        ]


@pytest.mark.parametrize("transcript", transcripts(), ids=lambda transcript: transcript.name)
def test_the_rules_answer_as_written(transcript: Transcript) -> None:
    run(transcript, StepAlone(transcript))
