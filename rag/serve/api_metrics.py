"""`GET /metrics`: counts and seconds for Prometheus. No text of a question, a paper or an answer is in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import Overloaded
from rag.serve.api_guard import is_api
from rag.types import Done, Event, Turn

if TYPE_CHECKING:
    import threading

    from rag.wiring import Library

_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
_METHODS = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"}


class Metrics:
    """The figures of one application, in a registry of its own. `running` tells how many answers are being written."""

    def __init__(self, running: Callable[[], int]) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self._registry = CollectorRegistry()
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
        self._seconds = Histogram(
            "posterchat_answer_seconds", "Seconds from question to end of answer.", buckets=_SECONDS, **made
        )
        gauge = Gauge("posterchat_answers_running", "Answers being written or waiting for the model.", **made)
        gauge.set_function(running)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)

    def count_request(self, route: str, method: str, status: int) -> None:
        """One request was answered; `route` is a pattern, never a path that a client made up."""
        self._requests.labels(route, method if method in _METHODS else "other", str(status)).inc()

    def watched(self, events: Iterator[Event]) -> Iterator[Event]:
        """The same events; how they end is counted."""
        begun = time.perf_counter()
        kind, outcome = "none", "stopped"
        try:
            for event in events:
                if isinstance(event, Done):
                    answer = event.answer
                    kind = answer.route
                    outcome = "stopped" if answer.cancelled else "refused" if answer.refused else "answered"
                yield event
        except Overloaded:
            outcome = "overloaded"
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._answers.labels(kind, outcome).inc()
            self._seconds.observe(time.perf_counter() - begun)
            if hasattr(events, "close"):
                events.close()


class MeasuredAssistant:
    """An assistant whose answers are counted; all else is the assistant's."""

    def __init__(self, assistant: Any, metrics: Metrics) -> None:
        self._assistant = assistant
        self._metrics = metrics

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)

    def ask(
        self, question: str, history: Sequence[Turn] = (), *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """As `rag.answer.pipeline.Assistant.ask`."""
        return self._metrics.watched(self._assistant.ask(question, history, stop=stop))


class MeasuredLibrary:
    """A library whose answers are counted, whichever surface asks for them; all else is the library's."""

    def __init__(self, library: Library, metrics: Metrics) -> None:
        self._library = library
        self._metrics = metrics

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def assistant(self, name: str | None = None) -> MeasuredAssistant:
        """Who answers about a collection. Raises what `Library.assistant` does."""
        return MeasuredAssistant(self._library.assistant(name), self._metrics)


class CountRequests:
    """Counts every request with the pattern of its route."""

    def __init__(self, app: Any, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def watching(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watching)
        finally:
            route = getattr(scope.get("route"), "path", "other") if is_api(scope["path"]) else "page"
            self._metrics.count_request(route, scope["method"], status)
