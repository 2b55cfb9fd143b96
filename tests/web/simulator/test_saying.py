"""What a simulated customer sends arrives as a signed webhook, and the page shows what became of it."""

from typing import Any

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.engine.inputs import Kind
from tests.channels.line import AUTH_TOKEN
from tests.web.simulator.stage import CARLOS, MARIA, Stage


def test_a_text_arrives_signed_and_is_shown_as_delivered(stage: Stage) -> None:
    with stage.page() as page:
        answer = stage.say(text="No puedo entrar 😔")
        shown = page.until_status("delivered")
    [post] = stage.line.hooks.posts
    assert answer.json() == {"status": 200}
    assert RequestValidator(AUTH_TOKEN).validate(post.url, post.parameters, post.headers["x-twilio-signature"])
    assert post.parameters["From"] == MARIA
    assert post.parameters["Body"] == "No puedo entrar 😔"
    assert post.parameters["ProfileName"] == "María Rodríguez"
    assert post.parameters["ExternalUserId"].startswith("CO.")
    assert shown["id"] == post.parameters["MessageSid"]
    assert (shown["mine"], shown["kind"], shown["text"]) == (True, "text", "No puedo entrar 😔")


@pytest.mark.parametrize(
    ("said", "posted"),
    [
        ({"kind": "text", "text": ""}, {"MessageType": "text", "Body": "", "NumMedia": "0"}),
        ({"kind": "image", "media": "image", "text": "mira"}, {"MessageType": "image", "NumMedia": "1", "Body": "mira"}),
        ({"kind": "audio", "media": "audio"}, {"MessageType": "audio", "MediaContentType0": "audio/ogg"}),
        ({"kind": "reaction", "text": "👍"}, {"MessageType": "reaction", "Body": "👍"}),
        (
            {"kind": "button", "text": "Sí", "choice": "yes:7"},
            {"MessageType": "interactive", "ButtonText": "Sí", "ButtonPayload": "yes:7", "Body": "Sí"},
        ),
        (
            {"kind": "location", "location": {"latitude": 4.65, "longitude": -74.08, "label": "Parque"}},
            {"MessageType": "location", "Latitude": "4.65", "Longitude": "-74.08", "Label": "Parque", "Body": ""},
        ),
        ({"kind": "unknown"}, {"MessageType": "unsupported"}),
    ],
    ids=lambda value: value.get("kind", ""),
)
def test_each_kind_arrives_as_twilio_tells_it(stage: Stage, said: dict[str, Any], posted: dict[str, str]) -> None:
    stage.say(**said)
    with stage.page() as page:
        shown = page.last()
    [post] = stage.line.hooks.posts
    assert posted.items() <= dict(post.parameters).items()
    assert shown["kind"] == said["kind"]
    assert shown["choice"] == said.get("choice", "")
    assert [file["key"] for file in shown["media"]] == ([said["media"]] if "media" in said else [])
    assert bool(shown["location"]) == ("location" in said)


def test_a_message_is_drawn_as_what_it_is_while_it_is_still_on_its_way(stage: Stage) -> None:
    stage.line.hooks.delay = 0.3
    with stage.page() as page:
        with stage.client.stream("POST", "/simulador/messages", json={"address": MARIA, "kind": "audio", "media": "audio"}):
            on_its_way = page.until_status("sending")
        delivered = page.until_status("delivered")
    assert on_its_way["kind"] == delivered["kind"] == "audio"


def test_a_second_delivery_carries_the_same_sid_and_adds_no_bubble(stage: Stage) -> None:
    stage.say(text="hola", times=2)
    first, second = stage.line.hooks.posts
    assert first.parameters == second.parameters
    with stage.page() as page:
        [shown] = page.messages()
    assert shown["times"] == 2


@pytest.mark.parametrize(
    ("answers", "status", "why", "number"),
    [([503] * 3, "failed", "webhook", 503), ([503, 200], "delivered", "", 200), ([403] * 3, "failed", "webhook", 403)],
)
def test_a_refused_message_is_shown_with_the_answer(stage: Stage, answers: list[int], status: str, why: str, number: int) -> None:
    stage.line.hooks.answers = answers
    stage.say(text="hola")
    with stage.page() as page:
        shown = page.last()
    assert (shown["status"], shown["why"], shown["number"]) == (status, why, number)


def test_a_message_to_a_server_that_is_down_is_shown_as_unreachable(stage: Stage) -> None:
    stage.line.fake.webhook_url = "http://127.0.0.1:9/message"
    assert stage.say(text="hola").json() == {"status": 0}
    with stage.page() as page:
        assert (page.last()["status"], page.last()["why"]) == ("failed", "unreachable")


def test_each_customer_has_a_conversation_of_their_own(stage: Stage) -> None:
    stage.say(text="soy María")
    stage.say(address=CARLOS, text="soy Carlos")
    with stage.page() as page:
        assert [message["text"] for message in page.messages(MARIA)] == ["soy María"]
        assert [message["text"] for message in page.messages(CARLOS)] == ["soy Carlos"]


def test_a_customer_without_a_visible_number_writes_under_an_id(stage: Stage) -> None:
    with stage.page() as page:
        [address] = [phone["address"] for phone in page.phones.values() if not phone["number"]]
    stage.say(address=address, text="hola")
    [post] = stage.line.hooks.posts
    assert address.startswith("whatsapp:CO.")
    assert post.parameters["From"] == address
    assert post.parameters["ExternalUserId"] == address.removeprefix("whatsapp:")
    assert "WaId" not in post.parameters


@pytest.mark.parametrize(
    "message",
    [
        {"address": "whatsapp:+573009999999"},
        {"media": "no-such-file"},
        {"kind": "fax"},
        {"times": 99},
        {"text": "x" * 4097},
        {"location": {"latitude": 91, "longitude": 0}},
        {"surprise": True},
    ],
)
def test_an_impossible_message_is_refused_and_nothing_is_sent(stage: Stage, message: dict[str, Any]) -> None:
    assert stage.say(**message).status_code in {404, 422}
    assert stage.line.hooks.posts == []


def test_every_kind_of_message_has_a_word_on_the_page(stage: Stage) -> None:
    html = stage.client.get("/simulador").text
    assert [kind for kind in Kind if kind is not Kind.TEXT and f'value="kind.{kind}"' not in html] == []
