"""A made-up OpenAI-compatible server on loopback: it answers what a test tells it to, and records what it was sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler", dict[str, Any]], None]


@dataclass
class World:
    """What the server has and what it saw. Each chat request takes the next of `replies`; the last one stays."""

    replies: list[Reply]
    models: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "tiny", "object": "model"}])
    paths: dict[str, Any] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    world: World
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.world.asked.append(self.path)
        if self.path == "/v1/models":
            self.give({"data": self.world.models})
        elif self.path in self.world.paths:
            self.give(self.world.paths[self.path])
        else:
            self.give({"error": {"message": "no such path"}}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.world.asked.append(self.path)
        if self.path == "/v1/chat/completions":
            self.world.bodies.append(body)
            self.world.headers.append(dict(self.headers))
            replies = self.world.replies
            (replies.pop(0) if len(replies) > 1 else replies[0])(self, body)
        elif self.path in self.world.paths:
            made = self.world.paths[self.path]
            self.give(made(body) if callable(made) else made)
        else:
            self.give({"detail": "Not Found"}, 404)

    def give(self, value: Any, status: int = 200, **headers: str) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        self.wfile.write(data)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def event(self, value: Any) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def chunk(finish: str | None = None, logprob: float | None = None, **delta: str) -> dict[str, Any]:
    """One event of a stream."""
    logprobs = None if logprob is None else {"content": [{"token": "x", "logprob": logprob}]}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logprobs}]}


def writes(*events: Any, end: str | None = "stop") -> Reply:
    """Streams texts (or whole events), then the end; without `end`, breaks off."""

    def reply(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for event in events:
            handler.event(chunk(content=event) if isinstance(event, str) else event)
        if end:
            handler.event(chunk(end))
            handler.event("[DONE]")

    return reply


def fails(status: int, message: str = "made up", **headers: str) -> Reply:
    """Answers with an error."""
    return lambda handler, body: handler.give({"error": {"message": message}}, status, **headers)


def refuses_extras(reply: Reply) -> Reply:
    """Answers 400 while the request holds anything that not every server understands."""
    plain = {"model", "messages", "max_tokens", "temperature", "top_p", "seed", "stream"}
    no = fails(400, "unknown field")
    return lambda handler, body: (reply if set(body) <= plain else no)(handler, body)


def hangs(*events: Any) -> Reply:
    """Streams `events`, or not even headers where there are none, and then nothing until the client hangs up."""

    def reply(handler: Handler, body: dict[str, Any]) -> None:
        if events:
            handler.begin()
            for event in events:
                handler.event(chunk(content=event))
        handler.connection.settimeout(0.05)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                if handler.connection.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        handler.world.hung_up.set()
        handler.close_connection = True

    return reply


@contextmanager
def serving(world: World, port: int = 0) -> Iterator[World]:
    """The server on a free port, or on `port`."""
    handler = type("ThisHandler", (Handler,), {"world": world})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
