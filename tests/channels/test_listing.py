"""Finding again what may have been sent."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.base import DeliveryStatus, Outcome, SendError
from bot.channels.fake_twilio import Faults
from bot.channels.twilio import channel as channel_module
from tests.channels.line import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, SENDER, START, Line, Waiting, bubble
from tests.channels.serving import served

OTHER = "whatsapp:+573009998877"


def test_only_our_messages_to_this_customer_since_then_are_listed_oldest_first(line: Line) -> None:
    line.channel.send(bubble("antes"))
    line.clock.forward(seconds=1)
    since = line.clock()
    sids = [line.channel.send(bubble("primero"))]
    asyncio.run(line.fake.receive(CUSTOMER, text="¿y?"))
    line.channel.send(bubble("a otra persona", to=OTHER))
    sids.append(line.channel.send(bubble("segundo")))
    line.clock.forward(hours=30)
    sids.append(line.channel.send(bubble("tercero")))
    found = line.channel.sent_since(CUSTOMER, since)
    assert [(sent.sid, sent.body) for sent in found] == list(zip(sids, ["primero", "segundo", "tercero"], strict=True))
    assert [sent.created_at for sent in found] == [
        (START + timedelta(seconds=late)).replace(microsecond=0) for late in (1, 1, 30 * 3600 + 1)
    ]


def test_a_message_of_the_same_second_is_listed_although_twilio_drops_the_fraction(line: Line) -> None:
    line.channel.send(bubble())
    assert line.clock().microsecond
    assert len(line.channel.sent_since(CUSTOMER, line.clock())) == 1
    assert line.channel.sent_since(CUSTOMER, line.clock() + timedelta(seconds=1)) == []


def test_twilio_is_asked_for_all_messages_of_this_pair_whatever_their_day() -> None:
    asked: list[dict[str, str]] = []

    async def answer(request: Request) -> Response:
        asked.append(dict(request.query_params))
        return JSONResponse({"messages": [], "next_page_uri": None})

    with served(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        channel = Waiting(
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            sender=SENDER,
            status_callback_url="https://b.example",
            api_base_url=url,
        )
        assert channel.sent_since(CUSTOMER, START) == []
        channel.close()
    assert asked == [{"To": CUSTOMER, "From": SENDER, "PageSize": "1000"}]


def test_all_pages_are_read(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_PAGE_SIZE", 2)
    texts = [f"mensaje {number}" for number in range(7)]
    for text in texts:
        line.channel.send(bubble(text))
    assert [sent.body for sent in line.channel.sent_since(CUSTOMER, START)] == texts


def test_listing_tells_how_far_each_message_got(line: Line) -> None:
    line.channel.send(bubble("llega"))
    asyncio.run(line.fake.settle())
    line.fake.faults = Faults(undelivered=1, undelivered_code=63003)
    line.channel.send(bubble("no llega"))
    asyncio.run(line.fake.settle())
    line.fake.faults = Faults(stuck=1)
    line.channel.send(bubble("en camino", to=OTHER))
    found = [*line.channel.sent_since(CUSTOMER, START), *line.channel.sent_since(OTHER, START)]
    assert [(sent.status, sent.error_code) for sent in found] == [
        (DeliveryStatus.DELIVERED, None),
        (DeliveryStatus.FAILED, 63003),
        (DeliveryStatus.QUEUED, None),
    ]


def test_a_stale_listing_shows_the_message_later(line: Line) -> None:
    line.fake.faults = Faults(error_after=1, stale_listing=5)
    with pytest.raises(SendError):
        line.channel.send(bubble())
    assert line.channel.sent_since(CUSTOMER, START) == []
    line.clock.forward(seconds=5)
    assert len(line.channel.sent_since(CUSTOMER, START)) == 1


def test_a_listing_that_fails_says_so(line: Line) -> None:
    line.fake.faults = Faults(listing_error=1)
    with pytest.raises(SendError) as failure:
        line.channel.sent_since(CUSTOMER, START)
    assert (failure.value.outcome, failure.value.code) == (Outcome.UNKNOWN, 20500)
    assert line.channel.sent_since(CUSTOMER, START) == []


def page(line: Line, path: str = "Messages.json", **query: str) -> httpx.Response:
    url = f"{line.api_url}/2010-04-01/Accounts/{ACCOUNT_SID}/{path}"
    return httpx.get(url, params=query, auth=(ACCOUNT_SID, AUTH_TOKEN), trust_env=False)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 4),
        ({"To": CUSTOMER}, 2),
        ({"From": CUSTOMER}, 1),
        ({"To": CUSTOMER, "From": SENDER}, 2),
        ({"From": OTHER}, 0),
        ({"DateSent": "2026-11-23"}, 2),
        ({"DateSent": "2026-11-24"}, 1),
        ({"DateSent": "2026-11-25"}, 0),
        ({"DateSent<": "2026-11-23"}, 2),
        ({"DateSent>": "2026-11-24T00:00:00Z"}, 1),
        ({"DateSent>": "2026-11-23", "DateSent<": "2026-11-24"}, 3),
    ],
)
def test_stand_in_filters_as_twilio_does_by_day(line: Line, query: dict[str, str], found: int) -> None:
    line.channel.send(bubble("hoy"))
    asyncio.run(line.fake.settle())
    line.clock.forward(hours=12)
    line.channel.send(bubble("mañana"))
    asyncio.run(line.fake.settle())
    line.fake.faults = Faults(stuck=1)
    line.channel.send(bubble("aún sin fecha", to=OTHER))
    assert len(page(line, **query).json()["messages"]) == found


def test_stand_in_pages_hold_still_while_messages_arrive(line: Line) -> None:
    sids = [line.channel.send(bubble(str(number))) for number in range(4)]
    first = page(line, To=CUSTOMER, PageSize="3").json()
    line.channel.send(bubble("nuevo"))
    second = httpx.get(f"{line.api_url}{first['next_page_uri']}", auth=(ACCOUNT_SID, AUTH_TOKEN), trust_env=False).json()
    assert [message["sid"] for message in first["messages"] + second["messages"]] == sids[::-1]
    assert second["next_page_uri"] is None


def test_stand_in_answers_errors_as_twilio_does(line: Line) -> None:
    sid = line.channel.send(bubble())
    assert page(line, f"Messages/{sid}.json").json()["sid"] == sid
    for path, query, status, code in (
        ("Messages/SM0.json", {}, 404, 20404),
        ("Nothing.json", {}, 404, 20404),
        ("Messages.json", {"PageSize": "all"}, 400, 20001),
    ):
        answer = page(line, path, **query)
        assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (status, code, status)
    for auth in (None, (ACCOUNT_SID, "guessed"), ("AC1", AUTH_TOKEN)):
        url = f"{line.api_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        answer = httpx.get(url, auth=auth, trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
