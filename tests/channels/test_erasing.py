"""Letting the provider delete its copies of what was written."""

import asyncio

import pytest

from bot.channels.base import Outcome, SendError
from bot.channels.fake_twilio import Faults, File
from bot.channels.twilio import channel as channel_module
from tests.channels.line import CUSTOMER, START, Line, bubble

OTHER = "whatsapp:+573009998877"


def sids(line: Line, address: str) -> list[str]:
    return [record.sid for record in line.fake.conversation(address)]


def test_copies_of_both_directions_are_found_over_all_pages_and_of_nobody_else(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "_PAGE_SIZE", 2)
    for number in range(3):
        line.channel.send(bubble(f"respuesta {number}"))
        line.channel.send(bubble("a otra persona", to=OTHER))
    asyncio.run(line.fake.receive(OTHER, text="hola"))
    found = line.channel.copies(CUSTOMER)
    assert {copy.sid for copy in found} == set(sids(line, CUSTOMER))
    assert {copy.created_at for copy in found} == {START.replace(microsecond=0)}


def test_a_message_is_deleted_with_its_file_and_nothing_else_is(line: Line) -> None:
    asyncio.run(line.fake.receive(CUSTOMER, media=[File("image/png", b"de mi pantalla")]))
    kept, sid = sids(line, CUSTOMER)
    [medium] = line.fake.conversation(CUSTOMER)[1].media
    assert line.fake.file(medium.url.rpartition("/")[2]) is not None
    assert line.channel.erase_copy(sid)
    assert sids(line, CUSTOMER) == [kept]
    assert line.fake.file(medium.url.rpartition("/")[2]) is None


def test_what_is_not_there_any_more_is_erased(line: Line) -> None:
    [sid] = sids(line, CUSTOMER)
    assert line.channel.erase_copy(sid)
    assert line.channel.erase_copy(sid)


def test_a_message_on_its_way_can_be_deleted_only_later(line: Line) -> None:
    line.fake.faults = Faults(stuck=1)
    sid = line.channel.send(bubble("en cola"))
    assert not line.channel.erase_copy(sid)
    assert sid in sids(line, CUSTOMER)
    sent = line.channel.send(bubble("entregado"))
    asyncio.run(line.fake.settle())
    assert line.channel.erase_copy(sent)


def test_a_failed_deletion_is_told_and_deletes_nothing(line: Line) -> None:
    [sid] = sids(line, CUSTOMER)
    line.fake.faults = Faults(deletion_error=1)
    with pytest.raises(SendError) as failure:
        line.channel.erase_copy(sid)
    assert failure.value.outcome is Outcome.UNKNOWN
    assert sids(line, CUSTOMER) == [sid]
    assert line.channel.erase_copy(sid)
