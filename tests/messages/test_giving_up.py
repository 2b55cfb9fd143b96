"""When a message that Twilio is too busy for counts as failed."""

from datetime import timedelta

from bot.messages.outbox import Claimed
from bot.messages.sender import is_given_up
from tests.messages.outbox import ANA, NOW


def claimed(attempts: int) -> Claimed:
    return Claimed(
        id="m",
        address=ANA,
        body="hola",
        conversation_id="c",
        attempts=attempts,
        is_unknown=False,
        look_ups=0,
        position=1,
        answers_sid="",
        content_sid="",
        since=NOW,
    )


def test_a_few_bad_minutes_with_many_look_ups_do_not_use_up_the_tries() -> None:
    assert not is_given_up(claimed(20), 12, NOW + timedelta(minutes=3))
    assert is_given_up(claimed(20), 12, NOW + timedelta(minutes=20))


def test_a_message_that_was_rarely_tried_is_tried_again_however_old_it_is() -> None:
    assert not is_given_up(claimed(11), 12, NOW + timedelta(days=1))
    assert is_given_up(claimed(12), 12, NOW + timedelta(days=1))
