"""What a customer is promised when a ticket is opened, told in the chat by the running product."""

from pathlib import Path

from bot.engine.inputs import Kind, MessageReceived
from bot.tickets.queries import ticket
from tests.conversations.test_whole_stack import WholeStack
from tests.conversations.transcript import run, transcripts
from tests.stack import running_stack


def test_a_customer_who_asks_is_told_until_when_and_when_that_is_over(tmp_path: Path) -> None:
    transcript = next(one for one in transcripts() if one.name.endswith("de hola al número de solicitud por 1, 3, 1"))
    with running_stack(tmp_path, at=transcript.at, promises={"first_response_hours": 2, "resolution_hours": 10}) as stack:
        line = WholeStack(stack, transcript)
        run(transcript, line)
        # A Monday after 10:00: two business hours later is soon after 12:00, ten are soon after 10:00 of Tuesday.
        assert "Te escribe un asesor a más tardar el lunes 23 de noviembre a las 12:0" in "\n".join(stack.said(line.address))
        opened = stack.runtime.database.read_now(lambda connection: ticket(connection, "SF-000001"))
        assert opened is not None
        assert opened.first_response_due_at is not None
        assert opened.resolution_due_at is not None
        assert (opened.resolution_due_at - opened.first_response_due_at).total_seconds() == 22 * 3600
        stack.advance(3)
        assert "debió escribirte a más tardar el lunes 23 de noviembre a las 12:0" in line.say(
            MessageReceived(Kind.TEXT, "estado")
        )
