"""Lines from standard input without holding up the event loop, be it a terminal, a pipe or a file."""

import asyncio
import codecs
import os
import threading

_CHUNK = 65536


def lines_from(descriptor: int) -> "asyncio.Queue[str | None]":
    """The lines as they come, without their ends; None after the last. To be called where a loop runs."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def tell(line: str | None) -> None:
        try:
            loop.call_soon_threadsafe(queue.put_nowait, line)
        except RuntimeError:  # the loop is closed: nobody listens any more
            raise SystemExit from None

    def read() -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        # The descriptor is read itself: a thread that waits inside `sys.stdin` would not let the process end.
        while chunk := os.read(descriptor, _CHUNK):
            *whole, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in whole:
                tell(line.removesuffix("\r"))
        if rest:
            tell(rest)
        tell(None)

    threading.Thread(target=read, name="keyboard", daemon=True).start()
    return queue
