"""The way of one message, from its arrival to the last tick of the answer."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from bot.channels.fake_twilio import Direction
from bot.commands import trace
from tests.agent import Agent
from tests.conversations.test_verify import DIALOGUE
from tests.stack import running_stack

ANA = "whatsapp:+573005550142"


def test_a_message_is_followed_from_arrival_to_the_last_tick(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> tuple[int, str, str]:
        parser = ArgumentParser()
        trace.add_arguments(parser)
        code = trace.run(parser.parse_args(words), stack.runtime.settings)
        said = capsys.readouterr()
        return code, said.out, said.err

    with running_stack(tmp_path) as stack:
        assert stack.receive(ANA, text="menú") == 200
        stack.settle()
        came, answer = stack.fake.conversation(ANA)
        assert (came.direction, answer.direction) == (Direction.INBOUND, Direction.OUTBOUND)
        code, out, _ = run(came.sid, "--json")
        assert code == 0
        told = json.loads(out)
        assert [event["what"] for event in told["events"]] == ["received", "handled"]
        (reply,) = [way for way in told["ways"] if way["direction"] == "out"]
        assert [event["what"] for event in reply["events"]][:2] == ["queued", "accepted"]
        assert {"sent", "delivered"} <= {event["what"] for event in reply["events"]}
        assert (reply["sid"], reply["attempts"]) == (answer.sid, 1)
        assert all(event["after"] is None or event["after"] >= 0 for event in [*told["events"], *reply["events"]])
        for name in (came.sid, answer.sid, reply["message"]):
            code, out, _ = run(name)
            assert code == 0
            assert f"({came.sid})" in out
            assert f"reply {reply['message']} ({answer.sid})" in out
            assert "menú" not in out
            assert "3005550142" not in out
        assert run("SMnone") == (1, "", "Nothing is known of SMnone.\n")


def test_the_ticket_page_tells_it_beside_each_message(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        for text in DIALOGUE:
            stack.receive(ANA, text=text)
            stack.settle()
        agent = Agent(stack, "Ana Gómez")
        page = agent.page("SF-000001")
        assert agent.says("SF-000001", r"Detalles .*Llegó .*Procesado \+\d+ ms")
        assert agent.says("SF-000001", r"Detalles .*En cola .*En camino .*Enviado .*Entregado")
        details = [tag for tag in page.tags("details") if "trace" in tag.get("class", "")]
        assert len(details) == 2 * len(DIALOGUE)
        assert all("open" not in tag for tag in details)
