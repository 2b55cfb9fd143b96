"""Which coordination an installation has: Redis if there is one, else this process alone."""

from bot.coordination.base import Coordination
from bot.coordination.in_process import InProcess


def coordination_of(redis_url: str) -> Coordination:
    """By Redis' address; empty is none."""
    if not redis_url:
        return InProcess()
    # Its library takes 20 MB, which whoever has no Redis need not have.
    from bot.coordination.redis import Redis  # noqa: PLC0415

    return Redis(redis_url)
