"""Shows customers "typing…" while an agent writes. Best effort: dropped rather than kept waiting, and it delays nothing else."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor

from bot.channels.base import Channel, SendError

_log = logging.getLogger(__name__)
#: The provider shows it for 25 seconds, or until an answer comes.
AGAIN_AFTER_SECONDS = 20.0
_AT_ONCE = 2


class Typing:
    """Threads of its own, so that a provider that is slow to show it is never waited for by a reply."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="typing")
        self._under_way: set[Future[None]] = set()

    def show(self, sid: str) -> bool:
        """Begin to show it below the customer's message `sid`; False if so much is under way that it was let be."""
        if len(self._under_way) >= _AT_ONCE:
            return False
        future = self._threads.submit(self._show, sid)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return True

    def _show(self, sid: str) -> None:
        try:
            self._channel.show_typing(sid)
        except SendError as error:
            _log.debug("typing could not be shown: %s", error)
