"""Who may call our webhooks. The judge is Twilio's own validator; signatures are made as Twilio's page describes them."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels.base import Parameters
from bot.channels.fake_twilio import Faults, File
from bot.channels.twilio import TwilioChannel
from bot.engine.inputs import Location
from tests.channels.line import AUTH_TOKEN, CUSTOMER, Line, Post, bubble

URL = "https://bot.example/twilio/message"
POSTED = [
    ("MessageSid", "SM1"),
    ("Body", "  ¿Qué tal? 😀 1+1 "),
    ("ProfileName", ""),
    ("Tag", "b"),
    ("Tag", "a"),
    ("aZ", "1"),
    ("B", "2"),
]
CHANNEL = TwilioChannel(
    account_sid="AC1", auth_token=AUTH_TOKEN, sender="whatsapp:+573184114466", status_callback_url="https://bot.example/s"
)


def sign(url: str, posted: list[tuple[str, str]], token: str = AUTH_TOKEN) -> str:
    """From the description: the address, then all names and values sorted, with nothing between; SHA-1; base64."""
    text = url + "".join(name + value for name, value in sorted(set(posted)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def without(name: str) -> list[tuple[str, str]]:
    return [pair for pair in POSTED if pair[0] != name]


def changed(name: str, change: Callable[[str], str]) -> list[tuple[str, str]]:
    return [(n, change(value) if n == name else value) for n, value in POSTED]


GOOD = sign(URL, POSTED)


@pytest.mark.parametrize(
    ("case", "url", "posted", "signature", "is_valid"),
    [
        ("good", URL, POSTED, GOOD, True),
        ("parameters in another order", URL, POSTED[::-1], GOOD, True),
        ("a repeated pair", URL, [*POSTED, ("Tag", "a")], GOOD, True),
        ("missing", URL, POSTED, "", False),
        ("wrong", URL, POSTED, GOOD[:-3] + "AA=", False),
        ("not ASCII", URL, POSTED, "ñ" * len(GOOD), False),
        ("of another token", URL, POSTED, sign(URL, POSTED, "another"), False),
        ("http for https", URL.replace("https", "http"), POSTED, GOOD, False),
        ("port added by a proxy", URL.replace("example", "example:443"), POSTED, GOOD, True),
        ("signed with the port", URL, POSTED, sign(URL.replace("example", "example:443"), POSTED), True),
        ("another host", URL.replace("example", "test"), POSTED, GOOD, False),
        ("a slash too many", URL + "/", POSTED, GOOD, False),
        ("a query that was not signed", URL + "?m=1", POSTED, GOOD, False),
        ("a query that was signed", URL + "?m=1", POSTED, sign(URL + "?m=1", POSTED), True),
        ("trimmed value", URL, changed("Body", str.strip), GOOD, False),
        ("changed value", URL, changed("MessageSid", lambda _: "SM2"), GOOD, False),
        ("extra field", URL, [*POSTED, ("New", "x")], GOOD, False),
        ("blank dropped", URL, without("ProfileName"), GOOD, False),
        ("one of a repeated name dropped", URL, [pair for pair in POSTED if pair != ("Tag", "b")], GOOD, False),
        ("empty post", URL, [], GOOD, False),
        ("empty post that was signed", URL, [], sign(URL, []), True),
        ("body hash in the query", URL + "?bodySHA256=00", POSTED, GOOD, False),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_only_what_twilio_signed_is_let_in(
    case: str, url: str, posted: list[tuple[str, str]], signature: str, is_valid: bool
) -> None:
    assert CHANNEL.verify(url, Parameters(posted), signature) is is_valid
    assert RequestValidator(AUTH_TOKEN).validate(url, Parameters(posted), signature) is is_valid, case


def test_example_of_twilios_own_page_is_let_in() -> None:
    posted = {
        "Digits": "1234",
        "To": "+18005551212",
        "From": "+14158675310",
        "Caller": "+14158675310",
        "CallSid": "CA1234567890ABCDE",
    }
    channel = TwilioChannel(account_sid="AC1", auth_token="12345", sender="", status_callback_url="")
    assert channel.verify("https://example.com/myapp.php?foo=1&bar=2", Parameters(posted), "L/OH5YylLD5NRKLltdqwSvS0BnU=")


def is_signed(post: Post) -> bool:
    return bool(RequestValidator(AUTH_TOKEN).validate(post.url, post.parameters, post.headers.get("x-twilio-signature", "")))


def test_webhooks_of_the_stand_in_are_signed_over_the_address_without_its_fragment(line: Line) -> None:
    async def converse() -> None:
        await line.fake.receive(CUSTOMER, text="  hola 😀 1+1 & más ", profile_name="")
        await line.fake.receive(CUSTOMER, media=[File("image/png", b"x")], external_id="CO.1", extra={"New": "ñ"})
        await line.fake.receive(CUSTOMER, location=Location(4.6, -74.1))
        await line.fake.receive("CO.4566", button=("a:1", "Sí"))

    asyncio.run(converse())
    assert line.fake.webhook_url.endswith("#rc=2&rp=all")
    assert [post.path for post in line.hooks.posts] == ["/message"] * 4
    for post in line.hooks.posts:
        assert is_signed(post)
        assert line.channel.verify(post.url, post.parameters, post.headers["x-twilio-signature"])


def test_status_callbacks_of_the_stand_in_are_signed_with_their_query(line: Line) -> None:
    line.channel.send(bubble(message_id="a b&c=d"))
    line.fake.faults = Faults(undelivered=1)
    line.channel.send(bubble(message_id="second"))
    asyncio.run(line.fake.settle())
    assert [post.query["m"] for post in line.hooks.posts if post.parameters["MessageStatus"] == "sent"] == ["a b&c=d", "second"]
    for post in line.hooks.posts:
        assert is_signed(post)
        unsigned = post.url.partition("?")[0]
        assert not line.channel.verify(unsigned, post.parameters, post.headers["x-twilio-signature"])
