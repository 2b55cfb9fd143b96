"""Webhooks as they arrive, in payloads/*.txt, and what the channel reads from them, beside them in *.yaml."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import DeliveryReport, DeliveryStatus, Parameters
from bot.channels.twilio import TwilioChannel
from bot.engine.inputs import Kind, Location, Media, MessageReceived

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.txt"))
CHANNEL = TwilioChannel(
    account_sid="AC" + "0" * 32, auth_token="unused", sender="whatsapp:+573184114466", status_callback_url="https://bot.example/s"
)


def parameters_of(path: Path) -> Parameters:
    return Parameters(parse_qsl(path.read_text(encoding="utf-8").strip(), keep_blank_values=True, strict_parsing=True))


def message_from(expected: dict[str, Any]) -> MessageReceived:
    return MessageReceived(
        kind=Kind(expected["kind"]),
        text=expected["text"],
        choice=expected.get("choice", ""),
        media=tuple(Media(**medium) for medium in expected.get("media", [])),
        location=Location(**expected["location"]) if "location" in expected else None,
    )


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_payload_is_read_as_the_file_beside_it_says(path: Path) -> None:
    expected = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    received = CHANNEL.parse_message(parameters_of(path))
    assert received.message == message_from(expected.pop("message"))
    assert {name: getattr(received, name) for name in expected} == expected


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_no_parameter_of_a_payload_is_lost(path: Path) -> None:
    posted = parameters_of(path)
    kept = CHANNEL.parse_message(posted).parameters
    assert kept == {name: [v.replace("\x00", "\ufffd") for v in posted.getlist(name)] for name in posted}


def test_payloads_show_every_kind() -> None:
    expected = [yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8")) for path in PAYLOADS]
    assert {Kind(each["message"]["kind"]) for each in expected} == set(Kind)


@pytest.mark.parametrize(
    "changes",
    [
        {"MessageSid": ""},
        {"MessageSid": "SM\x00"},
        {"MessageSid": "S" * 65},
        {"From": ""},
        {"From": "+573001112233"},
        {"From": "whatsapp:573001112233"},
        {"From": "whatsapp:+0573001112233"},
        {"From": "whatsapp:+573001112233\n"},
        {"From": "whatsapp:+٥٧٣٠٠١١١٢٢٣٣"},
        {"From": "whatsapp:co.123"},
        {"From": "whatsapp:CO." + "1" * 129},
        {"From": "messenger:123"},
    ],
    ids=lambda changes: ascii(next(iter(changes.items())))[:40],
)
def test_message_from_nobody_in_particular_is_an_error(changes: dict[str, str]) -> None:
    good = {"MessageSid": "SM1", "From": "whatsapp:+573001112233"}
    assert CHANNEL.parse_message(Parameters(good)).phone == "+573001112233"
    with pytest.raises(ValueError, match="a message webhook without"):
        CHANNEL.parse_message(Parameters(good | changes))


def test_phone_comes_from_the_other_field_when_the_address_hides_it() -> None:
    posted = {"MessageSid": "SM1", "From": "whatsapp:CO.1", "WaId": "573001112233", "ExternalUserId": "whatsapp:CO.2"}
    received = CHANNEL.parse_message(Parameters(posted))
    assert (received.phone, received.external_id) == ("+573001112233", "CO.2")
    received = CHANNEL.parse_message(Parameters(posted | {"WaId": "nobody", "ExternalUserId": "someone"}))
    assert (received.phone, received.external_id) == ("", "CO.1")


def test_absurdly_long_values_are_cut_in_what_is_read_and_kept_in_what_was_posted() -> None:
    long = "x" * 1_000_000
    names = ["Body", "ProfileName", "ButtonPayload", "ButtonText", "InteractiveData", "MediaUrl0", "WaId", "ExternalUserId"]
    received = CHANNEL.parse_message(
        Parameters(dict.fromkeys(names, long) | {"MessageSid": "SM1", "From": "whatsapp:+573001112233"})
    )
    assert (len(received.profile_name), len(received.message.choice), len(received.message.text)) == (200, 256, 4096)
    assert received.external_id == ""
    assert received.parameters["Body"] == [long]


NAMES = [
    "MessageSid", "From", "Body", "WaId", "ExternalUserId", "ProfileName", "MessageType", "NumMedia", "MediaUrl0", "MediaUrl00",
    "MediaUrl999", "MediaContentType0", "Latitude", "Longitude", "Address", "ButtonText", "ButtonPayload", "ListId", "ListTitle",
    "InteractiveData", "ChannelMetadata", "MessageStatus", "ErrorCode",
]  # fmt: skip
VALUES = [
    "SM1", "whatsapp:+573001112233", "whatsapp:CO.1", "", "interactive", "location", "image/png", "4.5", "-74", "1e999", "nan",
    "[" * 9_999, '{"interactive": {"list_reply": {"id": 5, "title": []}}}', '{"id": "a", "title": "b"}', "[1]", "null",
    "9" * 5_000, "sent", "\x00", "\ud800",
]  # fmt: skip
PARAMETERS = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text()), st.one_of(st.sampled_from(VALUES), st.text()))).map(
    lambda pairs: Parameters([*pairs])
)
ADDRESSED = PARAMETERS.map(lambda p: Parameters([*p.multi_items(), ("MessageSid", "SM1"), ("From", "whatsapp:+573001112233")]))


@given(PARAMETERS)
def test_reading_raises_nothing_but_value_error(parameters: Parameters) -> None:
    CHANNEL.parse_status(parameters, parameters)
    try:
        received = CHANNEL.parse_message(parameters)
    except ValueError:
        return
    assert received.sid == parameters["MessageSid"]


@given(ADDRESSED)
def test_whatever_else_an_addressed_message_holds_it_is_read_and_can_be_stored(parameters: Parameters) -> None:
    received = CHANNEL.parse_message(parameters)
    message = received.message
    told = [message.text, message.choice, received.profile_name, *(medium.url for medium in message.media)]
    for text in [*told, *(value for values in received.parameters.values() for value in values)]:
        assert "\x00" not in text
        text.encode()
    assert not message.masked


@pytest.mark.parametrize(
    ("posted", "status", "error_code"),
    [
        ({"MessageStatus": "accepted"}, DeliveryStatus.QUEUED, None),
        ({"MessageStatus": "scheduled"}, DeliveryStatus.QUEUED, None),
        ({"MessageStatus": "queued"}, DeliveryStatus.QUEUED, None),
        ({"MessageStatus": "sending"}, DeliveryStatus.QUEUED, None),
        ({"MessageStatus": "sent"}, DeliveryStatus.SENT, None),
        ({"SmsStatus": "sent"}, DeliveryStatus.SENT, None),
        ({"MessageStatus": "delivered"}, DeliveryStatus.DELIVERED, None),
        ({"MessageStatus": "partially_delivered"}, DeliveryStatus.DELIVERED, None),
        ({"MessageStatus": "read", "EventType": "READ"}, DeliveryStatus.READ, None),
        ({"MessageStatus": "failed", "ErrorCode": "63016"}, DeliveryStatus.FAILED, 63016),
        ({"MessageStatus": "undelivered", "ErrorCode": "63024"}, DeliveryStatus.FAILED, 63024),
        ({"MessageStatus": "undelivered", "ErrorCode": "soon"}, DeliveryStatus.FAILED, None),
        ({"MessageStatus": "undelivered", "ErrorCode": "9" * 5000}, DeliveryStatus.FAILED, None),
        ({"MessageStatus": "canceled"}, DeliveryStatus.FAILED, None),
    ],
)
def test_status_callback_tells_how_far_a_message_got(
    posted: dict[str, str], status: DeliveryStatus, error_code: int | None
) -> None:
    report = CHANNEL.parse_status(Parameters({"MessageSid": "SM1"} | posted), Parameters({"m": "bubble-1"}))
    assert report == DeliveryReport("SM1", "bubble-1", status, error_code)


@pytest.mark.parametrize(
    ("status", "error_code", "retryable"),
    [
        ("undelivered", "63010", True),
        ("failed", "63018", True),
        ("undelivered", "63016", False),
        ("failed", "", False),
        ("sent", "63010", False),
    ],
)
def test_only_a_failure_that_passes_by_itself_may_be_tried_again(status: str, error_code: str, retryable: bool) -> None:
    posted = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": error_code}
    report = CHANNEL.parse_status(Parameters(posted), Parameters({"m": "bubble-1"}))
    assert report is not None
    assert report.retryable is retryable


@pytest.mark.parametrize(
    "posted",
    [
        {"MessageSid": "SM1", "MessageStatus": "received"},
        {"MessageSid": "SM1", "MessageStatus": "receiving"},
        {"MessageSid": "SM1", "MessageStatus": "of next year"},
        {"MessageSid": "SM1"},
        {"MessageStatus": "sent"},
    ],
)
def test_status_that_moves_nothing_is_none(posted: dict[str, str]) -> None:
    assert CHANNEL.parse_status(Parameters(posted), Parameters({"m": "bubble-1"})) is None
