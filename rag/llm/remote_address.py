"""Where a model server is, and how to hang up on it."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from rag.errors import UsageError


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is. `base` ends in `/v1` or what stands for it, `root` is where its own paths begin. `model`: the
    server's name for it, None for its only one. `read_s` is the longest silence, in seconds."""

    base: str
    model: str | None = None
    key: str = field(default="", repr=False)
    read_s: float = 120.0
    connect_s: float = 5.0
    attempts: int = 3
    wait_s: float = 0.5

    def __post_init__(self) -> None:
        """Raises UsageError for an address or a key that cannot be one."""
        parts = urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
            raise UsageError(
                "The address of the model server is not usable: it must look like http://127.0.0.1:8080/v1.",
                hint="Correct POSTERCHAT_LLM_URL; a key belongs into POSTERCHAT_LLM_API_KEY.",
            )
        if self.key and not (self.key.isascii() and self.key.isprintable() and " " not in self.key):
            raise UsageError(
                "The key of the model server holds characters that no key can have.",
                hint="Correct POSTERCHAT_LLM_API_KEY or the file that POSTERCHAT_LLM_API_KEY_FILE names.",
            )
        base = self.base.rstrip("/")
        object.__setattr__(self, "base", base if urlsplit(base).path.strip("/") else f"{base}/v1")

    @property
    def root(self) -> str:
        """The address without `/v1`."""
        return self.base.removesuffix("/v1")

    @property
    def place(self) -> str:
        """Host and port, as shown to people."""
        return urlsplit(self.base).netloc


class Hangup:
    """Ends a request from another thread, also while it waits for the first byte."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._socket: socket.socket | None = None
        self._mutex = threading.Lock()

    def now(self) -> None:
        """Cut the connection, if there is one."""
        with self._mutex:
            self.asked.set()
            self._cut()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Given to httpx, which tells the connections that it makes."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._mutex:
                self._socket = info["return_value"].get_extra_info("socket")
                if self.asked.is_set():
                    self._cut()

    def _cut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
