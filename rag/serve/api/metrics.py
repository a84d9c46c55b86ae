"""`GET /metrics`: counts and seconds for Prometheus. No text of a question, a paper or an answer is in them. The same
things are told to the log."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import Overloaded
from rag.serve.api.guard import is_api
from rag.types import Answer, Done, Event, Turn, Waiting

if TYPE_CHECKING:
    from rag.wiring import Library

_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
_FIRST_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
_USUAL_S = 5.0  # what an answer takes, until some were made
_NEWEST = 0.2  # weight of the newest answer in the running mean
_METHODS = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"}

log = logging.getLogger(__name__)


class Metrics:
    """The figures of one application, in a registry of its own. `running` tells how many answers are being written."""

    def __init__(self, running: Callable[[], int]) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

        self._registry = CollectorRegistry()
        self._running = running
        self._lock = threading.Lock()
        self._waiting: set[int] = set()
        self._answer_s = _USUAL_S
        made: dict[str, Any] = {"registry": self._registry}
        self._requests = Counter(
            "posterchat_requests", "Requests by route, method and status.", ["route", "method", "status"], **made
        )
        self._answers = Counter(
            "posterchat_answers",
            "Answers by kind of question and outcome: answered, refused, stopped, failed or overloaded.",
            ["kind", "outcome"],
            **made,
        )
        self._tokens = Counter("posterchat_tokens", "Tokens of the language model: read or written.", ["what"], **made)
        self._seconds = Histogram(
            "posterchat_answer_seconds", "Seconds from question to end of answer.", buckets=_SECONDS, **made
        )
        self._first = Histogram(
            "posterchat_first_seconds",
            "Seconds from question to the first quotes (evidence) or to the first written word (token).",
            ["what"],
            buckets=_FIRST_SECONDS,
            **made,
        )
        for counter, names in ((self._tokens, ("read", "written")), (self._first, ("evidence", "token"))):
            for name in names:
                counter.labels(name)  # shown from the start, with 0
        gauge = Gauge("posterchat_answers_running", "Answers being written or waiting for the model.", **made)
        gauge.set_function(running)
        queue = Gauge("posterchat_answers_waiting", "Answers that wait because the model writes another one.", **made)
        queue.set_function(lambda: len(self._waiting))
        ProcessCollector(registry=self._registry)  # memory, processor time and open files, on Linux

    def wait_s(self) -> int:
        """A guess at how many seconds it takes until the answers that are being made are done: their number times what
        an answer of the model took lately. From 1 to 600."""
        with self._lock:
            return int(min(600.0, max(1.0, self._answer_s * max(1, self._running()))))

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)

    def count_request(self, route: str, method: str, status: int) -> None:
        """One request was answered; `route` is a pattern, never a path that a client made up."""
        self._requests.labels(route, method if method in _METHODS else "other", str(status)).inc()

    def watched(self, events: Iterator[Event], **about: Any) -> Iterator[Event]:
        """The same events; how they end is counted and logged, with the fields `about`."""
        begun = time.perf_counter()
        kind, outcome, number = "none", "stopped", id(events)
        try:
            for event in events:
                if isinstance(event, Waiting):
                    self._waiting.add(number)
                elif number in self._waiting:
                    self._waiting.discard(number)
                if isinstance(event, Done):
                    kind, outcome = self._done(event.answer)
                yield event
        except Overloaded:
            outcome = "overloaded"
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._waiting.discard(number)
            seconds = time.perf_counter() - begun
            self._answers.labels(kind, outcome).inc()
            self._seconds.observe(seconds)
            log.info("answer", extra={"kind": kind, "outcome": outcome, "seconds": round(seconds, 3), **about})
            if hasattr(events, "close"):
                events.close()

    def _done(self, answer: Answer) -> tuple[str, str]:
        """Count what an answer took; returns its kind and outcome."""
        timings = answer.timings
        self._tokens.labels("read").inc(timings.prompt_tokens)
        self._tokens.labels("written").inc(timings.answer_tokens)
        for what, seconds in (("evidence", timings.first_evidence_s), ("token", timings.first_token_s)):
            if seconds is not None:
                self._first.labels(what).observe(seconds)
        if answer.cancelled:
            return answer.route, "stopped"
        if timings.prompt_tokens:
            own_s = max(0.0, (timings.total_s or 0.0) - (timings.first_token_s or 0.0))
            with self._lock:
                self._answer_s += _NEWEST * (own_s - self._answer_s)
        return answer.route, "refused" if answer.refused else "answered"


class MeasuredAssistant:
    """An assistant whose answers are counted; all else is the assistant's."""

    def __init__(self, assistant: Any, metrics: Metrics, *, collection: str, questions: bool) -> None:
        self._assistant = assistant
        self._metrics = metrics
        self._collection = collection
        self._questions = questions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)

    def ask(
        self, question: str, history: Sequence[Turn] = (), *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """As `rag.answer.pipeline.Assistant.ask`."""
        events = self._assistant.ask(question, history, stop=stop)
        return self._metrics.watched(events, collection=self._collection, **self._told(question))

    def _told(self, question: str) -> dict[str, str]:
        return {"question": question} if self._questions else {}


class MeasuredLibrary:
    """A library whose answers are counted, whichever surface asks for them; all else is the library's."""

    def __init__(self, library: Library, metrics: Metrics) -> None:
        self._library = library
        self._metrics = metrics

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def assistant(self, name: str | None = None, *, only: frozenset[str] | None = None) -> MeasuredAssistant:
        """Who answers about a collection, or some papers of it. Raises what `Library.assistant` does."""
        settings = self._library.settings
        limit: dict[str, Any] = {} if only is None else {"only": only}
        return MeasuredAssistant(
            self._library.assistant(name, **limit),
            self._metrics,
            collection=name or settings.collection,
            questions=settings.log_questions,
        )


class CountRequests:
    """Counts and logs every request with the pattern of its route, and gives its response a number
    (`x-request-id`) by which the log knows it."""

    def __init__(self, app: Any, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun, number = 500, time.perf_counter(), uuid.uuid4().hex[:16]

        async def watching(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", []), (b"x-request-id", number.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            route = getattr(scope.get("route"), "path", "other") if is_api(scope["path"]) else "page"
            self._metrics.count_request(route, scope["method"], status)
            fields = {"request": number, "route": route, "method": scope["method"], "status": status}
            log.info("request", extra={**fields, "seconds": round(time.perf_counter() - begun, 3)})
