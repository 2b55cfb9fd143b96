"""What the stand-in calls back about a message that it accepted, read by our channel as it would read Twilio's."""

import asyncio

import pytest

from bot.channels.base import DeliveryReport, DeliveryStatus
from bot.channels.fake_twilio import Change, Faults, Record
from tests.channels.line import CUSTOMER, Line, bubble

OTHER = "whatsapp:+573009998877"


def reports(line: Line) -> list[DeliveryReport | None]:
    return [line.channel.parse_status(post.parameters, post.query) for post in line.hooks.posts]


def settle(line: Line) -> None:
    asyncio.run(line.fake.settle())


def test_message_is_sent_then_delivered(line: Line) -> None:
    sid = line.channel.send(bubble(message_id="b7"))
    settle(line)
    assert reports(line) == [
        DeliveryReport(sid, "b7", DeliveryStatus.SENT),
        DeliveryReport(sid, "b7", DeliveryStatus.DELIVERED),
    ]
    assert line.fake.conversation(CUSTOMER)[-1].status == "delivered"


def test_message_is_read_when_the_customer_opens_the_chat_and_at_once_while_it_is_open(line: Line) -> None:
    line.channel.send(bubble())
    settle(line)
    asyncio.run(line.fake.open_chat(CUSTOMER))
    line.channel.send(bubble())
    settle(line)
    line.fake.close_chat(CUSTOMER)
    line.channel.send(bubble())
    settle(line)
    assert line.hooks.statuses() == ["sent", "delivered", "read", "sent", "delivered", "read", "sent", "delivered"]
    assert [record.status for record in line.fake.conversation(CUSTOMER)] == ["received", "read", "read", "delivered"]


@pytest.mark.parametrize(
    ("faults", "statuses"),
    [
        (Faults(dropped_callbacks=1), ["delivered"]),
        (Faults(dropped_callbacks=1.0), []),
        (Faults(duplicated_callbacks=1), ["sent", "sent", "delivered"]),
        (Faults(shuffled_callbacks=1), ["delivered", "sent"]),
        (Faults(undelivered=1), ["sent", "undelivered"]),
        (Faults(undelivered=1, shuffled_callbacks=1), ["undelivered", "sent"]),
    ],
    ids=["one dropped", "all dropped", "one doubled", "reversed", "undelivered", "undelivered reversed"],
)
def test_callbacks_go_wrong_as_told_and_the_message_ends_the_same(line: Line, faults: Faults, statuses: list[str]) -> None:
    line.fake.faults = faults
    line.channel.send(bubble())
    settle(line)
    assert line.hooks.statuses() == statuses
    record = line.fake.conversation(CUSTOMER)[-1]
    assert (record.status, record.error_code) == (("undelivered", 63010) if faults.undelivered else ("delivered", None))
    codes = {post.parameters["MessageStatus"]: post.parameters.get("ErrorCode") for post in line.hooks.posts}
    assert codes == {status: "63010" if status == "undelivered" else None for status in statuses}


def test_early_callbacks_come_before_the_send_returns(line: Line) -> None:
    line.fake.faults = Faults(early_callbacks=1)
    line.channel.send(bubble(message_id="early"))
    assert [(report.message_id, report.status.value) for report in reports(line) if report] == [
        ("early", "sent"),
        ("early", "delivered"),
    ]


def test_free_text_is_refused_later_when_the_customer_has_not_written_for_24_hours(line: Line) -> None:
    line.clock.forward(hours=24, seconds=-1)
    line.channel.send(bubble("justo a tiempo"))
    settle(line)
    line.clock.forward(seconds=1)
    line.channel.send(bubble("tarde"))
    line.channel.send(bubble("nunca escribió", to=OTHER))
    settle(line)
    assert line.hooks.statuses() == ["sent", "delivered", "undelivered", "undelivered"]
    assert [report.error_code for report in reports(line) if report] == [None, None, 63016, 63016]
    asyncio.run(line.fake.receive(CUSTOMER, text="aquí estoy"))
    line.channel.send(bubble("de nuevo"))
    settle(line)
    assert line.fake.conversation(CUSTOMER)[-1].status == "delivered"


def test_window_of_someone_with_two_addresses_is_one(line: Line) -> None:
    asyncio.run(line.fake.receive(OTHER, text="hola", external_id="CO.77"))
    line.channel.send(bubble("por el otro nombre", to="whatsapp:CO.77"))
    settle(line)
    talk = line.fake.conversation(OTHER)
    assert [(record.body, record.status) for record in talk] == [("hola", "received"), ("por el otro nombre", "delivered")]
    assert line.fake.conversation("whatsapp:CO.77") == talk


def test_settling_gives_up_after_its_bound(line: Line) -> None:
    line.hooks.delay = 0.5
    line.channel.send(bubble())
    with pytest.raises(TimeoutError):
        asyncio.run(line.fake.settle(bound=0.05))
    line.hooks.delay = 0
    settle(line)
    assert line.hooks.statuses() == ["sent", "delivered"]


def test_bad_luck_comes_back_with_its_seed(line: Line) -> None:
    def run(seed: int) -> list[str]:
        line.hooks.posts.clear()
        line.fake.faults = Faults(seed=seed, dropped_callbacks=0.5)
        for _ in range(6):
            line.channel.send(bubble())
            settle(line)
        return line.hooks.statuses()

    first = run(1)
    assert 0 < len(first) < 12
    assert run(1) == first
    assert run(2) != first


def test_an_interface_can_follow_along_from_another_thread(line: Line) -> None:
    async def follow() -> list[Change]:
        changes = line.fake.subscribe()
        await asyncio.to_thread(line.channel.show_typing, line.fake.conversation(CUSTOMER)[0].sid)
        await asyncio.to_thread(line.channel.send, bubble("respuesta"))
        seen: list[Change] = []
        async with asyncio.timeout(5):
            while not (seen and seen[-1].record and seen[-1].record.status == "delivered"):
                seen.append(await anext(changes))
        return seen

    def told(record: Record | None) -> tuple[str, str] | None:
        return (record.body, record.status) if record else None

    seen = asyncio.run(follow())
    assert {change.address for change in seen} == {CUSTOMER}
    assert [told(change.record) for change in seen] == [
        ("hola", "read"),
        None,
        ("respuesta", "queued"),
        ("respuesta", "sent"),
        ("respuesta", "delivered"),
    ]
