"""Reading ahead: papers that a model reads while nobody waits for it, so that their blocks are there when asked about.

It is done by the thread that owns the model, between the questions, and gives way to everything else: to a question at
once, and to whoever else needs the cores (`stepping_aside`) until that is over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from rag.types import Embedder, Prompt

QUIET_S = 3.0  # without a question before reading ahead begins by itself
SETTLE_S = 0.3  # a search goes on after its last embedding, and a question follows it
_LONGEST_STEP_S = 0.3  # waiting for the model to step aside: on a CPU it takes some 10 ms, a GPU cannot be held up
SPARE_S = 86_400.0  # what was used within a day is not dropped for a paper that nobody asked about


@runtime_checkable
class ReadsAhead(Protocol):
    """A `rag.types.Generator` that can read ahead."""

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        """Read the stable parts of `prompts` soon, in order, whenever no question runs or waits. They take the place
        of those given before."""
        ...

    def read_ahead(self, prompts: Iterator[Prompt]) -> None:
        """Read the stable parts of `prompts` after some quiet seconds, until the room for blocks is used up. The
        iterator takes the place of the one given before; the model's thread draws from it as it goes."""
        ...

    def stepping_aside(self) -> AbstractContextManager[None]:
        """While the block runs, nothing is read ahead."""
        ...


@dataclass(slots=True, eq=False)
class Reading:
    """One paper being read ahead: a wish, or the next of `plan`, whose `prompt` is None until it has been drawn."""

    plan: Iterator[Prompt] | None = None
    prompt: Prompt | None = None
    stable: list[int] | None = None
    cancel: threading.Event = field(default_factory=threading.Event)


class Ahead:
    """What is to be read ahead, and when. Its methods take the lock of `changed`."""

    def __init__(self, changed: threading.Condition, quiet_s: float) -> None:
        self._changed = changed
        self._quiet_s = quiet_s
        self._soon: list[tuple[Prompt, list[int]]] = []
        self._plan: Iterator[Prompt] | None = None
        self._left_off: Prompt | None = None  # of the plan, broken off by a question
        self._running: Reading | None = None
        self._parked = False  # the model's thread stands still inside a reading
        self._aside = 0
        self._resume_at = 0.0
        self._quiet_since = time.monotonic()

    def wish(self, read: Sequence[tuple[Prompt, list[int]]]) -> None:
        """These are to be read next; what runs goes on if it is one of them."""
        with self._changed:
            running = self._running
            self._soon = [pair for pair in read if running is None or pair[1] != running.stable]
            if running is not None and len(self._soon) == len(read):
                running.cancel.set()
            self._resume_at = 0.0
            self._changed.notify_all()

    def plan(self, prompts: Iterator[Prompt]) -> None:
        """These are to be read when it is quiet."""
        with self._changed:
            self._plan, self._left_off = prompts, None
            self._changed.notify_all()

    def give_way(self, stable: list[int] | None = None) -> None:
        """A question has come: end what runs, unless it reads just what the question needs."""
        with self._changed:
            if self._running is not None and (stable is None or self._running.stable != stable):
                self._running.cancel.set()
            self._resume_at = 0.0
            self._changed.notify_all()

    def be_quiet(self) -> None:
        """The quiet time begins anew."""
        with self._changed:
            self._quiet_since = time.monotonic()

    @contextmanager
    def stepping_aside(self) -> Iterator[None]:
        """See `ReadsAhead.stepping_aside`."""
        with self._changed:
            self._aside += 1
            self._changed.wait_for(lambda: self._running is None or self._parked, _LONGEST_STEP_S)
        try:
            yield
        finally:
            with self._changed:
                self._aside -= 1
                self._quiet_since = time.monotonic()
                self._resume_at = self._quiet_since + SETTLE_S
                self._changed.notify_all()

    # --- called by the model's thread ---

    def begin(self) -> tuple[Reading | None, float | None]:
        """What to read now, nobody else having work; else None, and after how many seconds to ask again (None: when
        `changed` is notified)."""
        if self._aside:
            return None, None
        if self._soon:
            prompt, stable = self._soon.pop(0)
            self._running = Reading(None, prompt, stable)
        elif self._plan is None:
            return None, None
        elif (wait := self._quiet_since + self._quiet_s - time.monotonic()) > 0:
            return None, wait
        else:
            self._running = Reading(self._plan, self._left_off)
            self._left_off = None
        return self._running, None

    def end(self, reading: Reading, *, go_on: bool) -> None:
        """A reading is over; without `go_on`, so is the plan it came from."""
        with self._changed:
            self._running = None
            if reading.plan is not None and reading.plan is self._plan:
                self._left_off = reading.prompt if reading.cancel.is_set() else None
                self._plan = self._plan if go_on else None
            self._changed.notify_all()

    def stopped(self) -> bool:
        """Whether the reading that runs must end. Stands still as long as it has to step aside. Without a lock where
        there is nothing to do: it is asked a thousand times a second."""
        reading = self._running
        if reading is None or not (self._aside or self._resume_at):
            return reading is not None and reading.cancel.is_set()
        with self._changed:
            self._parked = True
            self._changed.notify_all()
            while not reading.cancel.is_set() and (self._aside or self._resume_at):
                left = self._resume_at - time.monotonic()
                if not self._aside and left <= 0:
                    self._resume_at = 0.0
                else:
                    self._changed.wait(None if self._aside else left)
            self._parked = False
        return reading.cancel.is_set()


class PoliteEmbedder:
    """An `rag.types.Embedder` that lets the language model step aside before it uses the cores."""

    def __init__(self, embedder: Embedder, stepping_aside: Any) -> None:
        self._embedder = embedder
        self._stepping_aside = stepping_aside

    @property
    def name(self) -> str:
        """The name of the embedder behind it."""
        return self._embedder.name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._embedder.dimension

    @property
    def max_tokens(self) -> int:
        """As the embedder behind it."""
        return self._embedder.max_tokens

    def count_tokens(self, text: str) -> int:
        """As the embedder behind it."""
        return self._embedder.count_tokens(text)

    def embed(self, texts: list[str]) -> Any:
        """Array (len(texts), dimension), float32, rows of length 1."""
        with self._stepping_aside():
            return self._embedder.embed(texts)
