"""What the stand-in delivers to our webhook, read by our channel; and how often it tries."""

import asyncio
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Received
from bot.channels.fake_twilio import File, Incoming, Receipt
from bot.channels.fake_twilio.wire import wishes
from bot.engine.inputs import Kind, Location
from tests.channels.line import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, Line, bubble
from tests.channels.serving import served


def receive(line: Line, address: str = CUSTOMER, **incoming: object) -> tuple[Receipt, Received]:
    receipt = asyncio.run(line.fake.receive(address, **incoming))  # type: ignore[arg-type]
    return receipt, line.channel.parse_message(line.hooks.posts[-1].parameters)


@pytest.mark.parametrize(
    ("incoming", "kind", "text"),
    [
        (Incoming(text="hola"), Kind.TEXT, "hola"),
        (Incoming(), Kind.TEXT, ""),
        (Incoming(button=("a:1", "Sí")), Kind.BUTTON, "Sí"),
        (Incoming(media=[File("image/png", b"1")], text="mira"), Kind.IMAGE, "mira"),
        (Incoming(media=[File("audio/ogg", b"1")]), Kind.AUDIO, ""),
        (Incoming(media=[File("video/mp4", b"1")]), Kind.VIDEO, ""),
        (Incoming(media=[File("application/pdf", b"1")]), Kind.DOCUMENT, ""),
        (Incoming(media=[File("image/webp", b"1")], kind=Kind.STICKER), Kind.STICKER, ""),
        (Incoming(media=[File("text/vcard", b"1")], kind=Kind.CONTACTS), Kind.CONTACTS, ""),
        (Incoming(location=Location(4.6, -74.1, "Cra. 7", "Oficina")), Kind.LOCATION, ""),
        (Incoming(text="👍", kind=Kind.REACTION), Kind.REACTION, "👍"),
        (Incoming(kind=Kind.UNKNOWN), Kind.UNKNOWN, ""),
    ],
    ids=lambda value: value.value if isinstance(value, Kind) else "",
)
def test_every_kind_of_message_arrives_as_what_it_is(line: Line, incoming: Incoming, kind: Kind, text: str) -> None:
    receipt, received = receive(line, **incoming)
    assert receipt == (received.sid, 200)
    assert (received.address, received.phone, received.external_id) == (CUSTOMER, "+573001112233", "")
    assert (received.message.kind, received.message.text) == (kind, text)
    assert received.message.location == incoming.get("location")
    assert len(received.message.media) == len(incoming.get("media", []))
    assert line.fake.conversation(CUSTOMER)[-1].sid == received.sid


def test_tap_names_the_button_and_the_message_it_stood_under(line: Line) -> None:
    asked = line.channel.send(bubble("¿Seguimos?"))
    asyncio.run(line.fake.settle())  # its status callbacks are posts, too
    _, received = receive(line, button=("go:v2", "Sí, seguir"))
    assert received.message.choice == "go:v2"
    assert received.parameters["OriginalRepliedMessageSid"] == [asked]


def test_person_is_known_by_phone_or_by_scoped_id_or_by_both(line: Line) -> None:
    _, both = receive(line, "+573001112233", external_id="CO.9", profile_name="Ana 😀")
    assert (both.address, both.phone, both.external_id, both.profile_name) == (CUSTOMER, "+573001112233", "CO.9", "Ana 😀")
    _, hidden = receive(line, "CO.10")
    assert (hidden.address, hidden.phone, hidden.external_id) == ("whatsapp:CO.10", "", "CO.10")
    assert "WaId" not in hidden.parameters


def test_file_of_the_customer_is_handed_out_against_the_token_only(line: Line) -> None:
    _, received = receive(line, media=[File("image/png", b"\x89PNG one"), File("application/pdf", b"%PDF two")])
    contents = []
    for medium in received.message.media:
        assert httpx.get(medium.url, trust_env=False).status_code == 401
        answer = httpx.get(medium.url, auth=(ACCOUNT_SID, AUTH_TOKEN), trust_env=False)
        assert answer.status_code == 307
        answer = httpx.get(answer.headers["location"], trust_env=False)
        contents.append((answer.headers["content-type"], answer.content))
    assert contents == [("image/png", b"\x89PNG one"), ("application/pdf", b"%PDF two")]
    unknown = received.message.media[0].url[:-1] + "x"
    assert httpx.get(unknown, auth=(ACCOUNT_SID, AUTH_TOKEN), trust_env=False).json()["code"] == 20404


def test_repeated_delivery_carries_the_same_sid_and_token(line: Line) -> None:
    receipt, _ = receive(line, text="hola", repeat=3)
    assert {post.parameters["MessageSid"] for post in line.hooks.posts} == {receipt.sid}
    assert len({post.headers["i-twilio-idempotency-token"] for post in line.hooks.posts}) == 1
    assert len(line.hooks.posts) == 3
    assert [record.body for record in line.fake.conversation(CUSTOMER)] == ["hola", "hola"]


@pytest.mark.parametrize(
    ("fragment", "answers", "status", "attempts"),
    [
        ("#rc=2&rp=all", [500, 503], 200, 3),
        ("#rc=2&rp=all", [500, 500, 500, 200], 500, 3),
        ("#rc=2&rp=5xx", [500, 403], 403, 2),
        ("#rc=2&rp=ct,4xx", [403], 200, 2),
        ("#rc=0&rp=all", [500], 500, 1),
        ("", [500], 500, 1),
        ("#rc=many&rp=all", [500, 500], 500, 2),
    ],
)
def test_failed_delivery_is_tried_again_as_the_address_asks(
    line: Line, fragment: str, answers: list[int], status: int, attempts: int
) -> None:
    line.fake.webhook_url = f"{line.hooks_url}/message{fragment}"
    line.hooks.answers = list(answers)
    receipt = asyncio.run(line.fake.receive(CUSTOMER, text="hola"))
    assert receipt.status == status
    assert len(line.hooks.posts) == attempts
    assert len({post.headers["i-twilio-idempotency-token"] for post in line.hooks.posts}) == 1


def test_nobody_listening_is_status_0(line: Line) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    line.fake.webhook_url = f"http://127.0.0.1:{port}/message#rc=5&rp=all"
    receipt = asyncio.run(line.fake.receive(CUSTOMER, text="hola"))
    assert receipt.status == 0


def test_slow_webhook_is_given_up_within_the_limits_of_its_address(line: Line) -> None:
    calls = []

    async def dawdle(_request: Request) -> Response:
        calls.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1)
        return Response()

    with served(Starlette(routes=[Route("/message", dawdle, methods=["POST"])])) as url:
        line.fake.webhook_url = f"{url}/message#rt=200&rc=5&rp=rt&tt=500"
        assert asyncio.run(line.fake.receive(CUSTOMER, text="hola")).status == 0
    assert len(calls) == 3


def test_wishes_are_kept_in_twilios_ranges() -> None:
    asked = wishes("ct=1&rt=99999&tt=99999&rc=9&rp=ct,rt,5xx")
    assert (asked.connect, asked.read, asked.total, asked.retries) == (0.1, 15.0, 15.0, 5)
    assert asked.retry_on == {"ct", "rt", "5xx"}
    usual = wishes("")
    assert (usual.connect, usual.read, usual.total, usual.retries, usual.retry_on) == (5.0, 15.0, 15.0, 1, frozenset({"ct"}))
