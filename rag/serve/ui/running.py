"""Which answers are being written, so that Stop, New chat and shutting down can end them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Run:
    """One answer on its way. `discarded` means that nothing of it may be shown any more."""

    stop: threading.Event = field(default_factory=threading.Event)
    discarded: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)


class Running:
    """The answers being written, at most one per browser tab. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._closed = False

    @contextmanager
    def begin(self, tab: str) -> Iterator[Run | None]:
        """The run of a tab for the length of the block; None when the tab has one already or all is closing."""
        run = Run()
        with self._lock:
            mine = tab not in self._runs and not self._closed
            if mine:
                self._runs[tab] = run
        try:
            yield run if mine else None
        finally:
            if mine:
                with self._lock:
                    del self._runs[tab]
                run.stop.set()
                run.finished.set()

    def stop(self, tab: str) -> None:
        """End the tab's answer and keep what is written. Does nothing when there is none."""
        run = self._of(tab)
        if run is not None:
            run.stop.set()

    def discard(self, tab: str, *, wait_s: float = 2.0) -> None:
        """End the tab's answer, show nothing more of it, and wait until it has ended or `wait_s` have passed."""
        run = self._of(tab)
        if run is not None:
            run.discarded.set()
            run.stop.set()
            run.finished.wait(wait_s)

    def close(self) -> None:
        """End every answer and begin no more."""
        with self._lock:
            self._closed = True
            runs = list(self._runs.values())
        for run in runs:
            run.stop.set()

    def count(self) -> int:
        """How many answers are being written."""
        with self._lock:
            return len(self._runs)

    def busy(self, tab: str) -> bool:
        """Whether the tab's answer is being written."""
        return self._of(tab) is not None

    def _of(self, tab: str) -> Run | None:
        with self._lock:
            return self._runs.get(tab)
