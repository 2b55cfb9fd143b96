"""What can go wrong between us and Twilio, to be switched on and off. Deterministic: the same seed, the same bad luck."""

import random
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

#: How often a fault strikes: a whole number counts the next so many occasions, a fraction is a probability.
Often = int | float


@dataclass(frozen=True)
class Faults:
    """Faults switched on; `Faults()` is none. "Before" and "after" mean: before or after a message is accepted."""

    seed: int = 0
    too_many_requests: Often = 0  #: a send is answered 429, error 20429
    error_before: Often = 0  #: a send is answered 500 and forgotten
    error_after: Often = 0  #: a send is answered 500, yet accepted
    reset_before: Often = 0  #: the connection breaks and the message is forgotten
    reset_after: Often = 0  #: the connection breaks, yet the message is accepted
    garbage_after: Often = 0  #: a send is accepted and answered 201 with something that is no JSON
    slow: Often = 0  #: a send is accepted at once and answered after `slow_seconds`
    slow_seconds: float = 2.0
    listing_error: Often = 0  #: a listing of messages is answered 500
    listing_refused: Often = 0  #: a listing of messages is answered 401, as after a change of the token
    stale_listing: float = 0.0  #: a listing lacks the messages of the last so many seconds
    file_missing: Often = 0  #: a customer's file is answered 404, as if it were not there yet
    file_error: Often = 0  #: a customer's file is answered 500
    deletion_error: Often = 0  #: the deletion of a message is answered 500, and the message stays
    file_list_error: Often = 0  #: the list of a message's files is answered 500
    file_list_missing: Often = 0  #: the list of a message's files is answered 404
    webhook_lost: Often = 0  #: a customer's message is received, and no webhook tells of it
    stuck: Often = 0  #: an accepted message stays queued for ever and nothing is called back
    undelivered: Often = 0  #: an accepted message ends as undelivered with `undelivered_code`
    undelivered_code: int = 63010
    dropped_callbacks: Often = 0  #: a status callback is not sent
    duplicated_callbacks: Often = 0  #: a status callback is sent twice
    shuffled_callbacks: Often = 0  #: a message's callbacks come in the reverse order
    early_callbacks: Often = 0  #: a message's callbacks come before the answer to the send


class Dice:
    """Decides on each occasion whether a fault strikes. Each fault has its own luck. Safe between threads."""

    def __init__(self, faults: Faults) -> None:
        self._lock = threading.Lock()
        self.reset(faults)

    def reset(self, faults: Faults) -> None:
        """Switch to these faults, with counts and luck as at the start."""
        with self._lock:
            self.faults = faults
            self._occasions: Counter[str] = Counter()
            self._luck: dict[str, random.Random] = {}

    def strikes(self, fault: str) -> bool:
        """True if the fault of this name strikes now. A counted fault is used up by it."""
        often: Often = getattr(self.faults, fault)
        with self._lock:
            self._occasions[fault] += 1
            if isinstance(often, int):
                return self._occasions[fault] <= often
            # Luck for tests, not for secrets.
            luck = self._luck.setdefault(fault, random.Random(f"{self.faults.seed}:{fault}"))  # noqa: S311
            return luck.random() < often


class HangUp(Response):
    """Not an answer: the connection is torn down, and the caller never learns what became of the request.

    Raises ConnectionResetError where there is no connection to tear down (a server other than uvicorn, or none).
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Reset the connection that the request came on."""
        # ASGI has no word for this. uvicorn's `receive` belongs to the object that also holds the connection.
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise ConnectionResetError
        connection = transport.get_extra_info("socket")
        # Lingering for zero seconds makes the system send RST instead of a polite FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
