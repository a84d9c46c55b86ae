"""The server's HTTP protocol with a limit on how long the head of a request may take. uvicorn limits only how long a
connection may be idle: a client that sends a header a minute would keep its connection for ever."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_TIMEOUT_S = 20.0


class PunctualHttp(H11Protocol):
    """Closes a connection whose next request has no complete head within `HEAD_TIMEOUT_S` of the connection, or of the
    response before it."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Called by asyncio."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        super().data_received(data)
        if self._has_request():
            self._stop_waiting()
        else:
            self._expect_head()

    def on_response_complete(self) -> None:
        """Called when a response is sent; what is left of the client's bytes may be a request already."""
        super().on_response_complete()
        if not self._has_request():
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _has_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_TIMEOUT_S, self._too_late)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        self._late = None
        if not self._has_request() and not self.transport.is_closing():
            self.transport.close()
