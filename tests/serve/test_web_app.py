"""The web application: health, headers, closed doors, and leaving on a signal."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import warnings
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from api_world import wait_for
from serving import served

from rag.errors import ModelMissing, UnknownCollection, UsageError
from rag.serve.app import make_app, serve
from rag.testing import made_up_papers
from rag.testing_library import FakeLibrary

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
from rag.serve.app import serve
from rag.testing_library import FakeLibrary
serve(FakeLibrary(delay_s=0.02), host="127.0.0.1", port=0, ready=lambda url: print(url, flush=True))
print("left", flush=True)
"""


class Broken(FakeLibrary):
    """Its models cannot be loaded."""

    def generator(self) -> None:
        raise ModelMissing("The model m is not on this machine.", hint="Run `posterchat models pull m`.")


@pytest.fixture(autouse=True)
def starlette_warnings() -> None:
    """The test client warns that it will want another HTTP library."""
    warnings.filterwarnings("ignore", message=".*httpx.*")


def client(library: FakeLibrary, **options: str) -> httpx.Client:
    from starlette.testclient import TestClient

    return TestClient(make_app(library, **options), base_url="http://127.0.0.1")  # type: ignore[arg-type, return-value]


def test_health_tells_what_is_loaded() -> None:
    library = FakeLibrary({"b": made_up_papers(), "a": made_up_papers()}, loaded=False)
    web = client(library)
    body = web.get("/health").json()
    assert body["status"] == "loading"
    assert body["collections"] == ["a", "b"]
    assert (body["embedder_loaded"], body["model_loaded"], body["model"]) == (False, False, "scripted")
    library.is_loaded = True
    assert web.get("/health").json()["status"] == "ok"


def test_health_says_why_there_is_no_model() -> None:
    web = client(Broken(loaded=False))
    for _ in range(200):
        body = web.get("/health").json()
        if body["status"] != "loading":
            break
        threading.Event().wait(0.02)
    assert body["status"] == "error"
    assert body["problem"] == "The model m is not on this machine. Run `posterchat models pull m`."


def test_papers_are_read_ahead_once_the_models_are_loaded() -> None:
    library = FakeLibrary({"b": made_up_papers(), "a": made_up_papers()})
    client(library, collection="a")
    wait_for(lambda: library.read)
    assert library.read == ["a"]


def test_without_a_collection_the_models_get_ready_for_the_first() -> None:
    library = FakeLibrary({})
    web = client(library)
    wait_for(lambda: library.read)
    assert library.read == ["made-up"]
    body = web.get("/health").json()
    assert (body["status"], body["index_open"], body["collections"]) == ("ok", False, [])


def test_a_model_file_is_named_without_its_folder() -> None:
    library = FakeLibrary()
    library.settings = library.settings.model_copy(update={"llm": "/home/somebody/secret/model.gguf"})
    web = client(library)
    assert web.get("/health").json()["model"] == "model.gguf"
    assert "somebody" not in web.get("/").text


def test_every_response_forbids_the_browser_to_look_elsewhere() -> None:
    web = client(FakeLibrary())
    for path in ("/", "/health", "/theme.css", "/no/such/page"):
        headers = web.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["connect-src"] == "'self'"
        assert policy["script-src-attr"] == policy["object-src"] == policy["frame-ancestors"] == "'none'"
        assert "http" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_page_needs_nothing_from_other_hosts() -> None:
    web = client(FakeLibrary())
    assert "@import" not in web.get("/theme.css").text
    assert "https://fonts" not in web.get("/").text


@pytest.mark.parametrize(
    "path",
    [
        "/redoc",
        "/monitoring",
        "/gradio_api/runs",
        "/gradio_api/file=/etc/hostname",
        "/gradio_api/file=rag/text.py",
        "/gradio_api/file=http://127.0.0.1/",
    ],
)
def test_doors_that_nobody_needs_are_shut(path: str) -> None:
    assert client(FakeLibrary()).get(path, follow_redirects=False).status_code in (403, 404)


def test_the_controls_are_no_public_api() -> None:
    info = client(FakeLibrary()).get("/gradio_api/info").json()
    assert list(info["named_endpoints"]) == ["/answer"] and info["unnamed_endpoints"] == {}


@pytest.mark.parametrize("content", [b"", b"x", b"0" * 100_000, b"GIF89a<script>"])
def test_nothing_can_be_uploaded(content: bytes) -> None:
    reply = client(FakeLibrary()).post("/gradio_api/upload", files={"files": ("../../x.html", content)})
    assert reply.status_code == 404


def test_an_unknown_collection_is_an_error_and_a_missing_default_is_not() -> None:
    with pytest.raises(UnknownCollection, match="no collection named nope") as caught:
        make_app(FakeLibrary(), collection="nope")  # type: ignore[arg-type]
    assert caught.value.hint == "There are: made-up."
    library = FakeLibrary({"b": made_up_papers()})
    library.settings = library.settings.model_copy(update={"collection": "gone"})
    assert "Ask about these 5 papers" in client(library).get("/").text


def test_a_port_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} is in use") as caught:
            serve(FakeLibrary(), host="127.0.0.1", port=port)  # type: ignore[arg-type]
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_without_a_traceback(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/health", timeout=30).json()["status"] == "ok"
        with httpx.stream("GET", f"{url}/gradio_api/heartbeat/abc", timeout=30) as heartbeat:
            tab = heartbeat.iter_lines()  # a tab stays open as long as this iterator is kept
            assert next(tab) == "data: ALIVE"
            process.send_signal(number)
            assert process.wait(30) == 0
        assert process.stdout.read() == "left\n"
        assert process.stderr.read() == ""


def test_stopping_from_another_thread_leaves_the_servers_loop_alone() -> None:
    with ExitStack() as tabs, served(FakeLibrary(), debug=True) as site:
        heartbeat = tabs.enter_context(httpx.stream("GET", f"{site.url}/gradio_api/heartbeat/abc", timeout=30))
        tab = heartbeat.iter_lines()  # open as long as this iterator is kept
        assert next(tab) == "data: ALIVE"
        assert httpx.get(f"{site.url}/health", timeout=30).is_success  # by now the tab waits for the server to stop
        # Leaving the block stops it from this thread, with the tab still open.
