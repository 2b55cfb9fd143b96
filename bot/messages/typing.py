"""Shows customers "typing…" while an agent writes. Best effort: dropped rather than kept waiting, and it delays nothing else."""

import asyncio
import logging

from bot.channels.base import Channel, SendError

_log = logging.getLogger(__name__)
#: The provider shows it for 25 seconds, or until an answer comes.
AGAIN_AFTER_SECONDS = 20.0
_LONGEST_SECONDS = 5.0
_AT_ONCE = 8


class Typing:
    """Beside everything else: nobody waits for it, and of a provider that is slow no more is asked."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._under_way: set[asyncio.Task[None]] = set()

    def show(self, sid: str) -> bool:
        """Begin to show it below the customer's message `sid`; False if so much is under way that it was let be."""
        if len(self._under_way) >= _AT_ONCE:
            return False
        task = asyncio.create_task(self._show(sid), name=f"typing {sid}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    async def _show(self, sid: str) -> None:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._channel.show_typing(sid)
        except (SendError, TimeoutError) as error:
            _log.debug("typing could not be shown: %s", error)
