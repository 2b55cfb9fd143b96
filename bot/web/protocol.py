"""How long and how large a request may be before any of our code sees it: uvicorn's own protocol sets no limit to either.

A client that sends its headers letter by letter, or never ends them, holds a connection and memory. Here it is cut off without
a word; whoever sends more headers than any of our clients does is told 431. Bodies are capped where they are read.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: From the first byte of a request, or the beginning of a connection, until its headers are there.
HEADER_SECONDS = 10.0
#: From the headers to the end of the body: agents send files of 16 MB from a phone.
BODY_SECONDS = 120.0
#: A browser's headers with our cookies take two kilobytes, Twilio's less.
LARGEST_HEAD = 32 * 1024
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a deadline for headers, one for bodies, and a cap on headers."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._is_in_body = False
        self._head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connects."""
        super().connection_made(transport)
        self._allow(HEADER_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._allow(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came: of a head that grows and grows no more is read."""
        if not self._is_in_body:
            self._head += len(data)
            if self._deadline is None:  # the first bytes of another request on this connection
                self._allow(HEADER_SECONDS)
        was_in_body = self._is_in_body
        super().data_received(data)
        if not was_in_body and not self._is_in_body and self._head > LARGEST_HEAD:
            self._refuse()

    def on_headers_complete(self) -> None:
        """The headers are there."""
        self._is_in_body = True
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > LARGEST_HEAD:
            self._refuse()  # nothing of it is handed on, and what comes after it meets a closed door
            return
        self._allow(BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; its answer may take as long as it takes."""
        if self.transport.is_closing():
            return
        self._is_in_body = False
        self._head = 0
        self._allow(None)
        super().on_message_complete()

    def _allow(self, seconds: float | None) -> None:
        """Cut the connection off after so long, unless this is called again before."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._cut_off)

    def _refuse(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def _cut_off(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.abort()
