"""Answers for the HTTP API: each is made in a thread of its own and read by the server's event loop. A client that
goes away stops its answer; more answers than may be are refused at once."""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rag.errors import Overloaded, PosterchatError
from rag.serve.api.errors import ShuttingDown
from rag.serve.ui.running import Running
from rag.types import Answer, Compared, Done, Event, EvidenceFound, Routed, Searching, Token, Turn

if TYPE_CHECKING:
    from rag.wiring import Library

# Answers without the model (catalogue, refusals) need no place in its queue; this many more may be on their way.
BESIDE_THE_QUEUE = 8
# How long a response waits for the first event, and after the quotes for the model to say whether it has room, which it
# does at once unless it is being loaded: a status can only be chosen before anything is sent.
FIRST_EVENT_S = 10.0
AFTER_EVIDENCE_S = 2.0
LEFT_CHECK_S = 0.5

log = logging.getLogger(__name__)


class Answers:
    """Begins answers, at most `max_waiting + 1` (those that the model can have) and some more at once."""

    def __init__(self, library: Library, running: Running, wait_s: Callable[[], int]) -> None:
        """`wait_s` guesses in how many seconds it is worth asking again, for those who are turned away."""
        self._library = library
        self._wait_s = wait_s
        self._running = running
        self._places = threading.BoundedSemaphore(library.settings.max_waiting + 1 + BESIDE_THE_QUEUE)

    def begin(self, question: str, collection: str, history: Sequence[Turn]) -> AnswerStream:
        """A new answer, to be closed by the caller, who runs in an event loop. Raises Overloaded."""
        if not self._places.acquire(blocking=False):
            raise self._timed(Overloaded("Too many questions are being answered already."))
        stream = AnswerStream(self._running)
        name = f"answer-{stream.id[:8]}"
        threading.Thread(
            target=self._make, args=(stream, question, collection, history), name=name, daemon=True
        ).start()
        return stream

    def _timed(self, error: Overloaded) -> Overloaded:
        error.retry_after_s = self._wait_s()
        return error

    def _make(self, stream: AnswerStream, question: str, collection: str, history: Sequence[Turn]) -> None:
        events = None
        try:
            with self._running.begin(stream.id) as run:
                if run is None:
                    raise ShuttingDown("The server is shutting down.", hint="Ask again when it is back.")
                if stream.left.is_set():
                    return
                events = self._library.assistant(collection).ask(question, history, stop=run.stop)
                for event in events:
                    stream.put(event)
        except Overloaded as error:
            stream.put(self._timed(error))
        except PosterchatError as error:
            stream.put(error)
        except Exception:
            log.exception("an answer failed")
            text = "Something went wrong inside posterchat while it wrote this answer."
            stream.put(PosterchatError(text, hint="Ask again. Details are in the terminal that runs posterchat."))
        finally:
            if events is not None and hasattr(events, "close"):
                events.close()
            self._places.release()
            stream.put(None)


class AnswerStream:
    """One answer on its way: written by its thread, read in the event loop."""

    def __init__(self, running: Running) -> None:
        self.id = uuid.uuid4().hex
        self.left = threading.Event()
        self.first: list[Event] = []
        self._running = running
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event | PosterchatError | None] = asyncio.Queue()
        self._next: asyncio.Future[Any] | None = None
        self.over = False

    def put(self, item: Event | PosterchatError | None) -> None:
        """Called by the thread that writes; None says that it is over."""
        with suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)

    async def next(self, patience_s: float) -> Event | None:
        """The next event; None when there is none yet after `patience_s`, or never again (`over`). Raises the error
        that ended the answer."""
        if self.over:
            return None
        if self._next is None:
            self._next = asyncio.ensure_future(self._queue.get())
        done, _ = await asyncio.wait({self._next}, timeout=patience_s)
        if not done:
            return None
        item, self._next = self._next.result(), None
        self.over = item is None or isinstance(item, PosterchatError)
        if isinstance(item, PosterchatError):
            raise item
        event: Event | None = item
        return event

    async def settle(self) -> None:
        """Wait until the answer has truly begun, so that an error before that still gets a status of its own; the
        events meanwhile are in `first`. Raises that error."""
        patience = FIRST_EVENT_S
        while event := await self.next(patience):
            self.first.append(event)
            if not isinstance(event, Routed | Searching | EvidenceFound | Compared):
                return
            if isinstance(event, EvidenceFound | Compared):
                patience = AFTER_EVIDENCE_S

    async def all(self, keep_alive_s: float) -> AsyncIterator[Event | None]:
        """All events that show something; None about every `keep_alive_s` while none comes. Raises the error that
        ended the answer, also when that was the end of the server."""
        for event in self.first:
            yield event
        quiet_since = asyncio.get_running_loop().time()
        while not self.over:
            event_or_none = await self.next(keep_alive_s)
            now = asyncio.get_running_loop().time()
            shows = event_or_none is not None and event_or_none != Token("")
            if shows or (not self.over and now - quiet_since >= keep_alive_s):
                quiet_since = now
                yield event_or_none if shows else None

    async def whole(self, request: Any) -> Answer | None:
        """The answer when it is whole; None when it ended without one, or the client went away."""
        clock = asyncio.get_running_loop().time
        looked = clock()
        while not self.over:
            event = await self.next(LEFT_CHECK_S)
            if isinstance(event, Done):
                return event.answer
            if clock() - looked >= LEFT_CHECK_S:
                looked = clock()
                if await request.is_disconnected():
                    return None
        return None

    def close(self) -> None:
        """Stop the answer if it is not over. Never blocks."""
        self.left.set()
        self._running.stop(self.id)
        if self._next is not None:
            self._next.cancel()
