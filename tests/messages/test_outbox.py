"""Claims, leases, doubts and expiry, row by row, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.channels.base import DeliveryReport, DeliveryStatus, Sent
from bot.db import Database
from bot.messages import delivery, outbox
from bot.messages.looking import match
from tests.messages.outbox import ANA, NOW, change, claim, opened, say, statuses

LATER = NOW + timedelta(hours=3)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else "") as made:
        yield made


def test_a_claimed_message_is_nobody_elses_until_its_lease_is_over_whatever_our_clock_says(database: Database) -> None:
    say(database, 1)
    [first] = claim(database)
    assert claim(database, LATER) == []  # hours later by our clock, but not by the database's
    change(database, lease_until=datetime.now(UTC) - timedelta(seconds=1))
    [second] = claim(database)
    assert (first.is_unknown, second.is_unknown, second.attempts) == (False, True, 2)
    assert database.write_now(partial(outbox.settle_accepted, claimed=first, sid="SM1", now=NOW)) is False
    assert database.write_now(partial(outbox.settle_accepted, claimed=second, sid="SM1", now=NOW)) is True
    assert statuses(database) == ["accepted"]


def test_what_was_under_way_when_an_agent_took_over_is_not_sent_again(database: Database) -> None:
    for place in (1, 2, 3):
        say(database, place)
    [busy] = claim(database)
    assert database.write_now(partial(outbox.withdraw, conversation_id="c", now=NOW)) == 2
    assert database.write_now(partial(outbox.settle_later, claimed=busy, due_at=NOW, code=20429, now=NOW))
    assert statuses(database) == ["withdrawn"] * 3
    assert claim(database, LATER) == []


def test_what_is_in_doubt_when_an_agent_takes_over_is_looked_up_but_not_sent_again(database: Database) -> None:
    say(database, 1)
    [sent] = claim(database)
    database.write_now(partial(outbox.settle_unknown, claimed=sent, look_up_at=NOW, look_ups=2, now=NOW))
    database.write_now(partial(outbox.withdraw, conversation_id="c", now=NOW))
    assert statuses(database) == ["unknown"]
    [looked] = claim(database)
    database.write_now(partial(outbox.settle_later, claimed=looked, due_at=NOW, code=None, now=NOW))
    assert statuses(database) == ["withdrawn"]


def test_what_fails_on_its_way_after_an_agent_took_over_is_not_sent_again(database: Database) -> None:
    failed = DeliveryReport("SM1", "", DeliveryStatus.FAILED, 63010, retryable=True)
    for place, is_taken in ((1, False), (2, True)):
        say(database, place)
        change(database, place, status="sent", sid="SM1", attempts=1, due_at=None)
        if is_taken:
            database.write_now(partial(outbox.withdraw, conversation_id="c", now=NOW))
        database.write_now(partial(delivery.record, report=failed, now=NOW))
        change(database, place, sid=None)
    assert statuses(database) == ["withdrawn", "failed"]  # the first was queued again, and then withdrawn


def test_an_attempt_that_failed_settles_no_later_one(database: Database) -> None:
    say(database, 1)
    [first] = claim(database)
    identity = first.id
    failed = DeliveryReport("SM1", identity, DeliveryStatus.FAILED, 63010, retryable=True)
    assert database.write_now(partial(delivery.record, report=failed, now=NOW)) == "c"
    assert database.write_now(partial(outbox.settle_accepted, claimed=first, sid="SM1", now=NOW)) is False
    late = DeliveryReport("SM1", identity, DeliveryStatus.SENT)
    assert database.write_now(partial(delivery.record, report=late, now=NOW)) is None
    assert statuses(database) == ["queued"]
    [second] = claim(database, LATER)
    known = database.read_now(partial(outbox.known_sids, conversation_id="c"))
    assert match(second, [Sent("SM1", "hola", NOW, DeliveryStatus.FAILED, 63010)], known) is None
    assert database.write_now(partial(outbox.settle_accepted, claimed=second, sid="SM2", now=NOW)) is True


def test_identical_texts_are_told_apart_by_their_place_and_their_number(database: Database) -> None:
    for place in (1, 2, 3):
        say(database, place)
    for place, sid in ((1, "SM1"), (2, "SM2")):
        change(database, place, status="delivered", sid=sid, due_at=None)
    change(database, 3, status="unknown", look_ups=0)
    [third] = claim(database)
    known = database.read_now(partial(outbox.known_sids, conversation_id="c"))
    stray = Sent("SM0", "hola", NOW - timedelta(minutes=9), DeliveryStatus.SENT)
    listed = [stray, *(Sent(sid, "hola", NOW, DeliveryStatus.SENT) for sid in ("SM1", "SM2"))]
    assert match(third, listed, known) is None
    newest = Sent("SM3", " hola\r\n", NOW, DeliveryStatus.SENT)
    assert match(third, [*listed, newest], known) == newest


def test_a_stale_question_gives_way_to_newer_words_and_confirmations_never_do(database: Database) -> None:
    say(database, 1, "¿Con qué producto?", expires_at=NOW + timedelta(minutes=30))
    say(database, 2, "Tu solicitud es la SF-000001.")
    say(database, 3, "¿En qué te ayudo?", expires_at=NOW + timedelta(minutes=30))
    assert claim(database, LATER) == []  # the first is put aside, and the next is there for the next claim
    [confirmation] = claim(database, LATER)
    assert confirmation.body == "Tu solicitud es la SF-000001."
    database.write_now(partial(outbox.settle_accepted, claimed=confirmation, sid="SM1", now=LATER))
    [newest] = claim(database, LATER)  # stale too, but nothing newer waits: better than no answer
    assert newest.body == "¿En qué te ayudo?"
    assert statuses(database) == ["expired", "accepted", "sending"]


def test_a_question_that_is_still_fresh_goes_out_before_newer_words(database: Database) -> None:
    say(database, 1, expires_at=NOW + timedelta(minutes=30))
    say(database, 2)
    [first] = claim(database, NOW + timedelta(minutes=29))
    assert first.position == 1


def test_what_may_have_been_sent_in_a_life_that_was_forgotten_is_looked_up_first(database: Database) -> None:
    say(database, 1, look_up_from=NOW - timedelta(hours=9))
    [found] = claim(database)
    assert (found.is_unknown, found.since, found.look_ups) == (True, NOW - timedelta(hours=9), outbox.MOST_LOOK_UPS - 1)


def test_words_of_somebody_else_are_not_taken_for_ours(database: Database) -> None:
    say(database, 1, "hola")
    change(database, 1, status="unknown")
    [claimed] = claim(database)
    assert claimed.address == ANA
    assert match(claimed, [Sent("SM1", "hola, Ana", NOW, DeliveryStatus.SENT)], {}) is None
