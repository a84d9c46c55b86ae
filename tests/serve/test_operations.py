"""Running the server: what it logs and counts, when it is well, and how it starts, is slowed down and stops."""

from __future__ import annotations

import io
import json
import logging
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from api_world import ApiLibrary, wait_for
from serving import served

from rag.serve.api.log import set_up_logs, take_down_logs

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import sys
import rag.serve.api.http
from rag.serve.app import serve
from rag.testing_library import FakeLibrary
rag.serve.api.http.HEAD_TIMEOUT_S = 0.5
library = FakeLibrary(delay_s=0.02)
library.settings = library.settings.model_copy(update={"log_format": "json"})
serve(library, host="127.0.0.1", port=0, ready=lambda url: print(url, flush=True))
print("left", flush=True)
"""


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("questions", [False, True])
def test_the_log_has_no_question_unless_it_may(tmp_path: Path, form: str, questions: bool) -> None:
    stream = io.StringIO()
    handler = set_up_logs(form=form, questions=questions, stream=stream)
    try:
        with ApiLibrary(tmp_path, log_questions=questions) as library, served(library) as site:
            for text in ("do zebramaps fade?", "bug of zebramaps"):
                httpx.post(f"{site.url}/api/ask", json={"question": text, "stream": False}, timeout=30)
            httpx.get(f"{site.url}/api/papers/zebraid", params={"q": "zebraquery"}, timeout=30)
    finally:
        take_down_logs(handler)
    text = stream.getvalue()
    assert ("zebramaps" in text) == (questions and form == "json")  # the text form has no lines for answers
    assert "zebraid" not in text and "zebraquery" not in text
    assert "RuntimeError" in text and ("a made-up bug" in text) == questions
    if form == "json":
        lines = [json.loads(line) for line in text.splitlines()]
        asked = [line for line in lines if line["event"] == "answer"]
        assert [line["outcome"] for line in asked] == ["answered", "failed"]
        requests = [line for line in lines if line["event"] == "request"]
        assert {(line["route"], line["status"]) for line in requests} == {
            ("/api/ask", 200),
            ("/api/ask", 500),
            ("/api/papers/{paper_id}", 404),
        }
        assert all(line["seconds"] >= 0 and len(line["request"]) == 16 for line in requests)
    assert logging.getLogger("rag").handlers == []


def test_metrics_tell_queue_tokens_latencies_and_memory(tmp_path: Path) -> None:
    with ApiLibrary(tmp_path, delay_s=0.3) as library, served(library) as site:
        with httpx.stream("POST", f"{site.url}/api/ask", json={"question": "wait endless"}, timeout=30) as reply:
            assert next(reply.iter_bytes())
            assert wait_for(lambda: "posterchat_answers_waiting 1.0" in httpx.get(f"{site.url}/metrics").text)
            assert "posterchat_answers_running 1.0" in httpx.get(f"{site.url}/metrics").text
        assert wait_for(lambda: "posterchat_answers_running 0.0" in httpx.get(f"{site.url}/metrics").text)
        figures = httpx.get(f"{site.url}/metrics").text
    for name in ("answers_waiting 0.0", "tokens_total", "first_seconds_count", "requests_total"):
        assert f"posterchat_{name}" in figures
    if sys.platform == "linux":
        assert "process_resident_memory_bytes" in figures


def test_health_notices_an_index_that_has_gone(tmp_path: Path) -> None:
    with ApiLibrary(tmp_path) as library, served(library) as site:
        reply = httpx.get(f"{site.url}/health", timeout=30)
        assert (reply.status_code, reply.json()["status"], reply.json()["index_open"]) == (200, "ok", True)
        for generation in (tmp_path / "collections" / "made-up").glob("gen-*"):
            shutil.rmtree(generation)
        reply = httpx.get(f"{site.url}/health", timeout=30)
        assert (reply.status_code, reply.json()["status"], reply.json()["index_open"]) == (503, "error", False)
        assert "made-up" in reply.json()["problem"]
        assert httpx.get(f"{site.url}/health", params={"always_200": "true"}, timeout=30).status_code == 200


def test_health_is_503_while_the_models_are_loaded(tmp_path: Path) -> None:
    class Loading(ApiLibrary):
        def loaded(self) -> tuple[bool, bool]:
            return True, False

    with Loading(tmp_path) as library, served(library) as site:
        reply = httpx.get(f"{site.url}/health", timeout=30)
        assert (reply.status_code, reply.json()["status"]) == (503, "loading")


def test_who_is_turned_away_is_told_when_to_come_back(tmp_path: Path) -> None:
    with ApiLibrary(tmp_path) as library, served(library) as site:
        reply = httpx.post(f"{site.url}/api/ask", json={"question": "overloaded"}, timeout=30)
    assert reply.status_code == 429
    seconds = int(reply.headers["retry-after"])
    assert 1 <= seconds <= 600
    assert reply.json()["error"]["hint"] == f"Ask again in about {seconds} seconds."


# --- a real process ---


class Server:
    """The server in a process of its own, with short limits."""

    def __enter__(self) -> Server:
        command = [sys.executable, "-c", SERVE]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()
        return self

    def __exit__(self, *error: Any) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def server() -> Any:
    with Server() as running:
        yield running


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /health HTTP/1.1\r\nHo"]
)
def test_a_client_that_never_finishes_its_head_is_cut_off(server: Server, sent: bytes) -> None:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as line:
        line.sendall(sent)
        seen = b""
        while part := line.recv(65536):
            seen += part
    assert (b'"status":"ok"' in seen) == (b"health" in sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /view/paper?collection=%ff&id=%00%fe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xc0\xaf\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_do_no_harm(server: Server, sent: bytes) -> None:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as line:
        try:
            line.sendall(sent)
            seen = b""
            while part := line.recv(65536):
                seen += part
        except ConnectionError:
            seen = b""
    assert not seen.startswith(b"HTTP/1.1 5"), seen[:200]
    assert httpx.get(f"{server.url}/health", timeout=30).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_streams_with_what_was_written(number: signal.Signals) -> None:
    with Server() as server:
        body = {"question": "endless maps"}
        with httpx.stream("POST", f"{server.url}/api/ask", json=body, timeout=30) as reply:
            parts = reply.iter_text()
            text = next(parts)
            while "event: sentence" not in text:
                text += next(parts)
            server.process.send_signal(number)
            text += "".join(parts)  # no broken connection
        assert server.process.wait(30) == 0
        name, data = text.strip().split("\n\n")[-1].split("\n")
        answer = json.loads(data[6:])
        assert name == "event: done" and answer["cancelled"] and answer["sentences"]
        assert server.process.stdout and server.process.stdout.read() == "left\n"
        assert server.process.stderr and "Traceback" not in server.process.stderr.read()
