"""What is known after a send: accepted, refused, busy or unknown. Against the stand-in, served over real sockets."""

import asyncio
import logging
import socket
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import Outcome, SendError
from bot.channels.fake_twilio import Faults
from bot.channels.twilio import is_retryable
from tests.channels.line import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, SENDER, START, Line, Waiting, bubble
from tests.channels.serving import served


def bodies(line: Line) -> list[str]:
    return [record.body for record in line.fake.conversation(CUSTOMER) if record.direction == "outbound-api"]


def test_accepted_message_has_the_sid_of_the_message_that_was_sent(line: Line) -> None:
    sid = line.channel.send(bubble("Hola 😀\n\n  1+1=2 & «más» 100%25 ;?#[]/ "))
    (record,) = [record for record in line.fake.conversation(CUSTOMER) if record.sid == sid]
    assert (record.body, record.from_, record.to) == ("Hola 😀\n\n  1+1=2 & «más» 100%25 ;?#[]/ ", SENDER, CUSTOMER)


@pytest.mark.parametrize(
    ("faults", "outcome", "code", "accepted"),
    [
        (Faults(too_many_requests=1), Outcome.BUSY, 20429, False),
        (Faults(error_before=1), Outcome.UNKNOWN, 20500, False),
        (Faults(error_after=1), Outcome.UNKNOWN, 20500, True),
        (Faults(reset_before=1), Outcome.UNKNOWN, None, False),
        (Faults(reset_after=1), Outcome.UNKNOWN, None, True),
        (Faults(garbage_after=1), Outcome.UNKNOWN, None, True),
        (Faults(slow=1, slow_seconds=1.0), Outcome.UNKNOWN, None, True),
    ],
    ids=lambda value: repr(value) if isinstance(value, Faults) else "",
)
def test_fault_on_the_way_tells_no_more_than_is_known(
    line: Line, faults: Faults, outcome: Outcome, code: int | None, accepted: bool
) -> None:
    channel = line.another_channel(timeout=0.4)
    line.fake.faults = faults
    with pytest.raises(SendError) as failure:
        channel.send(bubble("una vez"))
    assert (failure.value.outcome, failure.value.code) == (outcome, code)
    assert [sent.body for sent in channel.sent_since(CUSTOMER, START)] == (["una vez"] if accepted else [])
    assert channel.send(bubble("otra vez"))
    assert bodies(line) == ["una vez", "otra vez"] if accepted else ["otra vez"]
    channel.close()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_reset_tears_down_the_connection_without_a_byte(line: Line, loop: str, http: str) -> None:
    line.fake.faults = Faults(reset_before=1)
    with served(line.fake.app, loop=loop, http=http) as url:  # type: ignore[arg-type]
        host, port = url.removeprefix("http://").split(":")
        token = "QUMwYTFiMmMzZDBhMWIyYzNkMGExYjJjM2QwYTFiMmMzZDp0b2tlbi1vZi1hLXRlc3Q="
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(head.encode())
            with pytest.raises(ConnectionResetError):
                connection.recv(1)


@pytest.mark.parametrize(
    ("to", "body", "code"),
    [
        ("+573001112233", "sin prefijo", 21211),
        ("whatsapp:+57300", "muy corto", 21211),
        ("", "a nadie", 21604),
        (CUSTOMER, "", 21619),
        (CUSTOMER, "😀" * 800 + "x", 21617),
        (CUSTOMER, "half of an emoji: \ud83d", None),
    ],
)
def test_refused_message_stays_refused(line: Line, to: str, body: str, code: int | None) -> None:
    with pytest.raises(SendError) as failure:
        line.channel.send(bubble(body, to=to))
    assert (failure.value.outcome, failure.value.code) == (Outcome.REFUSED, code)
    assert bodies(line) == []


def test_the_longest_body_is_accepted(line: Line) -> None:
    assert line.channel.send(bubble("😀" * 800))


def test_wrong_token_and_unknown_sender_are_refused(line: Line) -> None:
    for channel, code in (
        (line.another_channel(auth_token="guessed"), 20003),
        (line.another_channel(sender="whatsapp:+15005550006"), 21606),
    ):
        with pytest.raises(SendError) as failure:
            channel.send(bubble())
        assert (failure.value.outcome, failure.value.code) == (Outcome.REFUSED, code)
        channel.close()


def channel_to(url: str) -> Waiting:
    return Waiting(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        sender=SENDER,
        status_callback_url="https://bot.example/status",
        api_base_url=url,
        timeout=2,
    )


def test_without_a_connection_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        channel = channel_to(url)
        with pytest.raises(SendError) as failure:
            channel.send(bubble())
        assert failure.value.outcome is Outcome.BUSY
        channel.close()


def test_environment_of_the_machine_leads_the_real_channel_but_not_the_one_to_a_stand_in(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # the discard port: nobody listens
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    to_stand_in = line.another_channel()
    assert to_stand_in.send(bubble())
    real = Waiting(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, sender=SENDER, status_callback_url="https://bot.example/s")
    with pytest.raises(SendError) as failure:
        real.send(bubble())
    assert (failure.value.outcome, str(failure.value)) == (Outcome.BUSY, "busy (None) ProxyError")
    to_stand_in.close()
    real.close()


GOOD = '{"sid": "SM1", "status": "queued"}'


@pytest.mark.parametrize(
    ("status", "text", "outcome", "code"),
    [
        (201, "", Outcome.UNKNOWN, None),
        (201, GOOD[:-5], Outcome.UNKNOWN, None),
        (201, "[]", Outcome.UNKNOWN, None),
        (201, "[" * 100_000, Outcome.UNKNOWN, None),
        (201, "{}", Outcome.UNKNOWN, None),
        (201, '{"sid": 5}', Outcome.UNKNOWN, None),
        (201, '{"sid": "SM1", "date_created": 5}', Outcome.UNKNOWN, None),
        (302, GOOD, Outcome.UNKNOWN, None),
        (408, "<html>", Outcome.UNKNOWN, None),
        (503, "<html>", Outcome.UNKNOWN, None),
        (500, '{"code": 63017, "message": "m", "status": 500}', Outcome.BUSY, 63017),
        (429, "<html>", Outcome.BUSY, None),
        (400, '{"code": 21611, "message": "m", "status": 400}', Outcome.BUSY, 21611),
        (400, '{"code": 63018, "message": "m", "status": 400}', Outcome.BUSY, 63018),
        (429, '{"type": "t", "title": "t", "status": 429, "code": 20429}', Outcome.BUSY, 20429),
        (400, '{"type": "t", "title": "t", "status": 400, "code": 63003}', Outcome.REFUSED, 63003),
        (400, '{"code": "soon"}', Outcome.REFUSED, None),
        (404, "<html>", Outcome.REFUSED, None),
    ],
)
def test_any_answer_ends_in_an_outcome(status: int, text: str, outcome: Outcome, code: int | None) -> None:
    async def answer(_request: Request) -> Response:
        return Response(text, status, media_type="application/json", headers={"Location": "/elsewhere"})

    with served(Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])) as url:
        channel = channel_to(url)
        with pytest.raises(SendError) as failure:
            channel.send(bubble())
        channel.close()
    assert (failure.value.outcome, failure.value.code) == (outcome, code)


def test_later_failure_is_worth_another_try_only_if_it_passes_by_itself() -> None:
    assert all(is_retryable(code) for code in (20429, 21611, 30001, 63009, 63010, 63012, 63017, 63018, 63038, 30500))
    assert not any(is_retryable(code) for code in (None, 0, 21211, 21610, 63003, 63014, 63016, 63024))


def test_threads_never_get_the_answer_to_another_threads_message(line: Line) -> None:
    texts = [f"mensaje {number}" for number in range(120)]
    with ThreadPoolExecutor(12) as pool:
        sids = list(pool.map(lambda text: line.channel.send(bubble(text)), texts))
    assert {record.sid: record.body for record in line.fake.conversation(CUSTOMER)[1:]} == dict(zip(sids, texts, strict=True))


def test_no_log_line_and_no_traceback_names_the_account_or_the_customer(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "vive en la calle 8"
    told = [ACCOUNT_SID, AUTH_TOKEN, "3001112233", secret]
    line.fake.faults = Faults(error_before=1)
    with pytest.raises(SendError) as refused:
        line.channel.send(bubble(secret))
    with pytest.raises(SendError) as unconnected:
        channel_to("http://127.0.0.1:9").send(bubble(secret))  # the discard port: nobody listens
    line.channel.send(bubble(secret))
    line.channel.sent_since(CUSTOMER, START)
    traces = "".join("".join(traceback.format_exception(error.value)) for error in (refused, unconnected))
    # The stand-in's own server, in this same process, does log what it is asked.
    lines = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    assert not [word for word in told if word in lines + traces]
    # The same calls with the library's own level do name them, so the check can fail.
    caplog.set_level(logging.DEBUG, logger="urllib3.connectionpool")
    line.channel.sent_since(CUSTOMER, START)
    assert any(ACCOUNT_SID in record.getMessage() for record in caplog.records if record.name.startswith("urllib3"))


def test_typing_is_shown_until_the_answer_or_for_25_seconds(line: Line) -> None:
    (asked,) = line.fake.conversation(CUSTOMER)
    line.channel.show_typing(asked.sid)
    until = line.fake.typing(CUSTOMER)
    assert until is not None
    assert (until - line.clock()).total_seconds() == 25
    assert line.fake.conversation(CUSTOMER)[0].status == "read"
    line.clock.forward(seconds=25)
    assert line.fake.typing(CUSTOMER) is None
    line.channel.show_typing(asked.sid)
    line.channel.send(bubble())
    assert line.fake.typing(CUSTOMER) is None


def test_typing_below_an_unknown_message_is_refused(line: Line) -> None:
    ours = line.channel.send(bubble())
    for sid in ("SM" + "0" * 32, ours):
        with pytest.raises(SendError) as failure:
            line.channel.show_typing(sid)
        assert (failure.value.outcome, failure.value.code) == (Outcome.REFUSED, 20404)
    asyncio.run(line.fake.settle())


def test_a_template_that_was_approved_goes_out_after_24_hours_and_another_is_refused(line: Line) -> None:
    template = f"HX{'0' * 32}"
    line.fake.templates[template] = "Escribe *abrir*."
    line.clock.forward(hours=25)
    sid = line.channel.send(replace(bubble(), content_sid=template))
    asyncio.run(line.fake.settle())
    (record,) = [record for record in line.fake.conversation(CUSTOMER) if record.sid == sid]
    assert (record.body, record.status) == ("Escribe *abrir*.", "delivered")
    with pytest.raises(SendError) as failure:
        line.channel.send(replace(bubble(), content_sid=f"HX{'1' * 32}"))
    assert (failure.value.outcome, failure.value.code) == (Outcome.REFUSED, 21655)
    free = line.channel.send(bubble("libre"))
    asyncio.run(line.fake.settle())
    assert [record.error_code for record in line.fake.conversation(CUSTOMER) if record.sid == free] == [63016]
