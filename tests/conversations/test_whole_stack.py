"""Every transcript once more, through signed webhook → worker → sender → stand-in for Twilio, with nothing left out."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.fake_twilio import File
from bot.contacts.tables import consents
from bot.engine.inputs import MessageReceived
from bot.tickets import search
from bot.tickets.tables import tickets
from tests.agent import DEEDS, Agent
from tests.conversations.transcript import Transcript, run, transcripts
from tests.stack import Stack, running_stack

_HIDDEN = "CO.4566546130240823"


class WholeStack:
    """Writes as a customer of the stand-in, and reads what arrived on the customer's phone."""

    def __init__(self, stack: Stack, transcript: Transcript) -> None:
        self.stack = stack
        self.address = f"whatsapp:{transcript.phone or _HIDDEN}"
        self.heard = 0
        self.agent: Agent | None = None

    def say(self, message: MessageReceived) -> str:
        self.stack.advance(20 / 3600)
        incoming: dict[str, Any] = {"text": message.text, "kind": message.kind, "profile_name": "Cliente"}
        if message.media:
            incoming["media"] = [File(media.content_type, b"content") for media in message.media]
        if message.location:
            incoming["location"] = message.location
        if message.choice:
            incoming["button"] = (message.choice, message.text)
        assert self.stack.receive(self.address, **incoming) == 200
        return self._new()

    def say_at_once(self, messages: list[MessageReceived]) -> str:
        self.stack.advance(20 / 3600)
        for message in messages:
            assert self.stack.receive(self.address, text=message.text) == 200
        return self._new()

    def act(self, deed: str, text: str) -> str:
        self.stack.advance(20 / 3600)
        if self.agent is None:
            self.agent = Agent(self.stack, "Ana Gómez")
        number = self.tickets()[-1]["number"]
        answer = self.agent.reply(number, text) if deed == "reply" else self.agent.move(number, DEEDS[deed])
        assert answer.status_code == 303, answer.text
        return self._new()

    def wait(self, by: timedelta) -> str:
        self.stack.advance(by.total_seconds() / 3600)
        return self._new()

    def tickets(self) -> list[dict[str, Any]]:
        rows = self.stack.runtime.database.read_now(
            lambda connection: connection.execute(sa.select(tickets).order_by(tickets.c.id)).all()
        )
        return [
            {
                "number": row.number,
                "category": row.category,
                "case": row.case,
                "fields": {field["name"]: field["value"] for field in row.fields},
                "detail": row.detail,
                "attachments": len(row.attachments),
                "rating": [row.rating, row.rating_comment],
            }
            for row in rows
        ]

    def _new(self) -> str:
        self.stack.settle()
        said = self.stack.said(self.address)
        new, self.heard = said[self.heard :], len(said)
        return "\n\n".join(new)


@pytest.fixture(params=transcripts(), ids=lambda transcript: transcript.name)
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Transcript, WholeStack]]:
    transcript: Transcript = request.param
    with running_stack(tmp_path, at=transcript.at) as stack:
        yield transcript, WholeStack(stack, transcript)


def test_the_product_answers_as_written(played: tuple[Transcript, WholeStack]) -> None:
    transcript, line = played
    run(transcript, line)
    for ticket in line.tickets():
        if ticket["category"].startswith("Habeas data"):
            continue  # whoever asks about their data need not agree to anything
        shown = line.stack.runtime.database.read_now(
            lambda connection: connection.execute(sa.select(consents.c.given)).scalars().all()
        )
        assert True in shown, f"{ticket['number']} was opened without consent"


def test_a_ticket_is_found_by_what_its_customer_says_before_and_after_it_and_is_then_unread(tmp_path: Path) -> None:
    transcript = next(one for one in transcripts() if one.ticket and one.talk[0]["customer"] == "hola")
    with running_stack(tmp_path, at=transcript.at) as stack:
        line = WholeStack(stack, transcript)
        run(transcript, line)
        stack.receive(line.address, text="La impresora es violeta")
        stack.settle()
        read = stack.runtime.database.read_now
        for query in ("hola", "impresora viol"):
            assert read(lambda connection, query=query: search.found(connection, query, below=None, most=9)) == [1]  # type: ignore[misc]
        assert read(lambda connection: connection.scalar(sa.select(tickets.c.unread))) is True


@pytest.mark.parametrize(
    "transcript", [one for one in transcripts() if one.name.startswith("acceso: ")][:4], ids=lambda one: one.name
)
def test_the_product_answers_the_same_on_postgresql_with_redis(
    transcript: Transcript, tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with running_stack(tmp_path, at=transcript.at, database_url=postgres_url, redis_url=redis_url) as stack:
        run(transcript, WholeStack(stack, transcript))
