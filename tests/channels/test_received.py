"""Messages of customers that are looked up and not posted: all pages, their files, and nothing that is not theirs."""

import asyncio
from datetime import timedelta

import pytest

from bot.channels.base import Listed, SendError
from bot.channels.fake_twilio import Faults, File
from bot.channels.twilio import channel as channel_module
from tests.channels.line import CUSTOMER, START, Line


def test_a_list_of_files_that_fails_is_asked_for_again_and_one_that_is_gone_is_not(line: Line) -> None:
    line.fake.faults = Faults(webhook_lost=1.0)
    asyncio.run(line.fake.receive(CUSTOMER, media=[File("image/png", b"1"), File("application/pdf", b"2")]))
    [_, listed] = line.channel.received_since(START - timedelta(hours=1))
    assert (listed.files, listed.address) == (2, CUSTOMER)
    line.fake.faults = Faults(file_list_error=1)
    with pytest.raises(SendError):
        line.channel.look_up(listed)
    received = line.channel.look_up(listed)
    assert [medium.content_type for medium in received.message.media] == ["image/png", "application/pdf"]
    assert all(line.fake.file(medium.url.rpartition("/")[2]) for medium in received.message.media)
    line.fake.faults = Faults(file_list_missing=1)
    assert line.channel.look_up(listed).message.media == ()
    with pytest.raises(ValueError, match="WhatsApp address"):
        line.channel.look_up(Listed("SM1", "+573005550142", "hola", 0, START))


def test_only_what_customers_sent_since_then_is_listed_oldest_first(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_PAGE_SIZE", 2)
    monkeypatch.setattr(channel_module, "_SURELY_OLDER", 1)
    line.fake.faults = Faults(webhook_lost=1.0)
    for number in range(6):
        asyncio.run(line.fake.receive(CUSTOMER, text=str(number)))
        line.clock.forward(hours=1)
    listed = line.channel.received_since(START + timedelta(hours=2))
    assert [one.body for one in listed] == ["2", "3", "4", "5"]
