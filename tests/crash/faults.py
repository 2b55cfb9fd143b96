"""How badly the stand-in for Twilio behaves: a few characters that take turns. Listings lag by seconds of the fast clock."""

from dataclasses import replace
from random import Random

from bot.channels.fake_twilio import Faults

#: True seconds after which the product gives up waiting for an answer. A busy machine must not often be slower by itself.
TIME_LIMIT = 2.0

MOODS = (
    Faults(),
    Faults(too_many_requests=0.15, error_before=0.1, reset_before=0.05),
    Faults(error_after=0.15, reset_after=0.1, garbage_after=0.1, dropped_callbacks=0.5),
    Faults(slow=0.04, slow_seconds=TIME_LIMIT + 0.4, duplicated_callbacks=0.3, shuffled_callbacks=0.5, early_callbacks=0.2),
    Faults(error_after=0.2, stuck=0.5, listing_error=0.2, stale_listing=3.0),
)


def mood(luck: Random) -> Faults:
    """One of them, with luck of its own."""
    return replace(luck.choice(MOODS), seed=luck.randrange(1_000_000))
