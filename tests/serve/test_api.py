"""The HTTP API over a real server: shapes, streams, limits, and what is refused."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from api_world import ApiLibrary, wait_for
from serving import Site, served

from rag.errors import IndexCorrupt, ModelMissing, PromptTooLong


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests that do not change it. A little delay lets streams be seen as streams."""
    with (
        ApiLibrary(tmp_path_factory.mktemp("api"), delay_s=0.005, max_waiting=2) as library,
        served(library) as running,
    ):
        yield running


@pytest.fixture
def web(site: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.url, timeout=30) as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    """Names and data of server-sent events; comments are left out."""
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            assert [line.partition(":")[0] for line in lines] == ["event", "data"]
            found.append((lines[0][7:], json.loads(lines[1][6:])))
    return found


def error_of(reply: httpx.Response) -> dict[str, Any]:
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json()) == {"error"}
    error: dict[str, Any] = reply.json()["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "hint"}
    return error


# --- asking ---


def test_the_events_end_with_the_whole_answer(web: httpx.Client) -> None:
    reply = web.post("/api/ask", json={"question": "drop: do maps fade?"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    found = events(reply.text)
    names = [name for name, _ in found]
    assert names[:3] == ["routed", "searching", "evidence"]
    assert {"token", "dropped", "sentence"} < set(names)
    assert (names[-1], names.count("done")) == ("done", 1)
    answer = found[-1][1]
    assert answer["question"] == "drop: do maps fade?"
    evidence = found[2][1]["evidence"][0]
    paper = web.get(f"/api/papers/{evidence['paper_id']}").json()
    quotes = [*evidence["quotes"], *(quote for s in answer["sentences"] for quote in s["quotes"])]
    assert all(paper["abstract"][q["start"] : q["end"]] == q["text"] for q in quotes)
    assert [data["marked"] for name, data in found if name == "sentence"] == [answer["answer"]]


def test_without_a_stream_the_answer_is_one_object(web: httpx.Client) -> None:
    body = {"question": "refuse this", "collection": "small", "stream": False}
    answer = web.post("/api/ask", json=body).json()
    assert (answer["collection"], answer["refused"], answer["route"]) == ("small", True, "refuse")
    assert len(answer["nearest"]) == 2


def test_the_history_reaches_the_assistant(site: Site, web: httpx.Client) -> None:
    body = {"question": "And then?", "history": ["Earlier?", {"question": "Later?", "cited": ["p1"]}]}
    assert web.post("/api/ask", json=body).status_code == 200
    question, history = site.library.scripted["made-up"].asked[-1]
    assert question == "And then?"
    assert [(turn.question, turn.cited) for turn in history] == [("Earlier?", ()), ("Later?", ("p1",))]


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_stops_the_answer(site: Site, stream: bool) -> None:
    question = f"endless {stream}"
    with httpx.Client(base_url=site.url, timeout=httpx.Timeout(30, read=1.0)) as leaving:
        try:
            with leaving.stream("POST", "/api/ask", json={"question": question, "stream": stream}) as reply:
                assert next(reply.iter_bytes())
        except httpx.ReadTimeout:
            assert not stream
    assert wait_for(lambda: question in site.library.scripted["made-up"].ended)


def test_it_says_that_it_still_works(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.serve.api.routes.KEEP_ALIVE_S", 0.05)
    with ApiLibrary(tmp_path, delay_s=0.3) as library, served(library) as site:
        text = httpx.post(f"{site.url}/api/ask", json={"question": "wait, refuse"}, timeout=60).text
    assert ": still working\n\n" in text
    assert [data["position"] for name, data in events(text) if name == "waiting"] == [2, 1]


def test_an_answer_that_breaks_ends_with_an_error(web: httpx.Client) -> None:
    name, data = events(web.post("/api/ask", json={"question": "break"}).text)[-1]
    assert (name, data["error"]["code"], data["error"]["hint"]) == ("error", "model_error", "Ask again.")
    name, data = events(web.post("/api/ask", json={"question": "bug"}).text)[-1]
    assert (name, data["error"]["code"]) == ("error", "posterchat_error")
    assert "made-up bug" not in json.dumps(data)
    reply = web.post("/api/ask", json={"question": "bug", "stream": False})
    assert (reply.status_code, error_of(reply)["code"]) == (500, "posterchat_error")


# --- limits ---


def test_an_overloaded_model_is_429_with_a_time_to_wait(web: httpx.Client) -> None:
    for path, body in (
        ("/api/ask", {"question": "overloaded"}),
        ("/api/ask", {"question": "overloaded", "stream": False}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "overloaded"}], "stream": True}),
    ):
        reply = web.post(path, json=body)
        assert (reply.status_code, error_of(reply)["code"]) == (429, "overloaded")
        assert int(reply.headers["retry-after"]) > 0


def test_more_answers_than_may_be_are_turned_away_and_places_come_back(site: Site) -> None:
    most = 2 + 1 + 8  # max_waiting, the one that runs, and those that need no model
    start = threading.Barrier(most + 4)

    def ask(number: int) -> int:
        start.wait(30)
        with httpx.stream("POST", f"{site.url}/api/ask", json={"question": f"endless {number}"}, timeout=30) as reply:
            seen.append(reply.status_code)
            everyone.wait(30)
            return reply.status_code

    seen: list[int] = []
    everyone = threading.Event()
    with ThreadPoolExecutor(most + 4) as pool:
        replies = [pool.submit(ask, number) for number in range(most + 4)]
        assert wait_for(lambda: len(seen) == most + 4)
        assert httpx.get(f"{site.url}/health", timeout=30).status_code == 200  # the server is not blocked by answers
        everyone.set()
        assert sorted(reply.result() for reply in replies) == [200] * most + [429] * 4
    body = {"question": "do maps fade?", "stream": False}
    assert wait_for(lambda: httpx.post(f"{site.url}/api/ask", json=body, timeout=30).status_code == 200)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": "x" * 2001},
        {"question": 7},
        {"question": "x", "history": "y"},
        {"question": "x", "history": ["y"] * 51},
        {"question": "x", "stream": "maybe"},
        [],
        None,
    ],
)
def test_a_malformed_question_is_422(web: httpx.Client, body: Any) -> None:
    reply = web.post("/api/ask", json=body)
    assert (reply.status_code, error_of(reply)["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"question": "\\ud800"}', b'{"question": NaN}', b"[" * 100_000, b"question=x"]
)
def test_what_is_no_json_is_refused(web: httpx.Client, content: bytes) -> None:
    reply = web.post("/api/ask", content=content, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)
    assert error_of(reply)["message"]


def test_a_big_body_is_413_whether_it_says_so_or_not(web: httpx.Client) -> None:
    big = b'{"question": "' + b"x" * 1_000_000 + b'"}'
    for content in (big, iter([big[:500_000], big[500_000:]])):
        reply = web.post("/api/ask", content=content, headers={"content-type": "application/json"})
        assert (reply.status_code, error_of(reply)["code"]) == (413, "too_large")


def test_a_body_that_never_ends_is_408(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.serve.api.guard.BODY_TIMEOUT_S", 0.2)
    with ApiLibrary(site.library.settings.data_dir.parent / "slow") as library, served(library) as slow:
        address = urlsplit(slow.url)
        with socket.create_connection((address.hostname, address.port)) as line:
            line.sendall(f"POST /api/ask HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 99\r\n\r\n{{".encode())
            assert line.recv(1000).startswith(b"HTTP/1.1 408")


def test_an_unknown_collection_or_paper_is_404(web: httpx.Client) -> None:
    for reply in (
        web.post("/api/ask", json={"question": "x", "collection": "nope"}),
        web.post("/v1/chat/completions", json={"model": "nope", "messages": [{"role": "user", "content": "x"}]}),
        web.get("/api/papers", params={"collection": "nope"}),
        web.get("/api/papers/x", params={"collection": "../made-up"}),
    ):
        assert (reply.status_code, error_of(reply)["code"]) == (404, "unknown_collection")
        assert error_of(reply)["hint"] == "There are: made-up, small."
    assert error_of(web.get("/api/papers/nope"))["code"] == "not_here"
    assert error_of(web.get("/api/nope"))["code"] == "not_found"
    reply = web.delete("/api/papers")
    assert (reply.status_code, error_of(reply)["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("error", "status"),
    [(ModelMissing("No.", hint="Pull."), 503), (PromptTooLong("Long."), 422), (IndexCorrupt("Broken."), 503)],
)
def test_errors_before_the_first_event_have_a_status(tmp_path: Any, error: Exception, status: int) -> None:
    class Failing(ApiLibrary):
        def assistant(self, name: str | None = None) -> Any:
            raise error

    with Failing(tmp_path) as library, served(library) as site:
        for body in ({"question": "x"}, {"question": "x", "stream": False}):
            assert httpx.post(f"{site.url}/api/ask", json=body, timeout=30).status_code == status


# --- papers ---


def test_papers_are_listed_page_by_page_in_the_order_of_the_session(web: httpx.Client) -> None:
    whole = web.get("/api/papers").json()
    assert (whole["collection"], whole["total"], len(whole["papers"])) == ("made-up", 5, 5)
    pages = [web.get("/api/papers", params={"limit": 2, "offset": at}).json()["papers"] for at in (0, 2, 4, 6)]
    assert [paper for page in pages for paper in page] == whole["papers"]
    assert "abstract" not in whole["papers"][0]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"q": "boats on ponds"}, ["A Census of Paper Boats"]),
        ({"author": "lind"}, ["Learning to Whistle with Few Tunes"]),
        ({"q": "time rooms maps", "award": "true", "author": "hal"}, ["Slow Clocks for Fast Rooms"]),
        ({"q": "zebra"}, []),
        ({"q": '") OR 1=1 --'}, []),
        ({"author": "%"}, []),
        ({"collection": "small", "award": "false"}, ["A Census of Paper Boats"]),
    ],
)
def test_papers_are_found(web: httpx.Client, query: dict[str, str], titles: list[str]) -> None:
    found = web.get("/api/papers", params=query).json()
    assert [paper["title"] for paper in found["papers"]] == titles
    assert found["total"] == len(titles)


def test_the_best_match_comes_first(web: httpx.Client) -> None:
    found = web.get("/api/papers", params={"q": "slow clock for late people", "limit": 1}).json()
    assert found["papers"][0]["title"] == "Slow Clocks for Fast Rooms"


def test_collections_tell_no_paths(web: httpx.Client) -> None:
    rows = web.get("/api/collections").json()["collections"]
    assert [(row["name"], row["papers"], row["default"]) for row in rows] == [("made-up", 5, True), ("small", 2, False)]
    assert "sources" not in rows[0]


# --- who may call it ---


@pytest.mark.parametrize("path", ["/health", "/api/papers", "/"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:7860"}, 403),
        ({"host": "[::"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1@evil.example"}, 403),
        ({"host": "localhost:9999", "origin": "http://localhost:9999"}, 200),
        ({"host": "127.0.0.1"}, 200),
        ({"host": "[::1]:7860"}, 200),
    ],
)
def test_foreign_hosts_and_origins_are_refused(
    web: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    reply = web.get(path, headers=headers)
    assert reply.status_code == status
    if status == 403:
        assert error_of(reply)["code"] in ("foreign_host", "foreign_origin")
        assert reply.headers["x-frame-options"] == "DENY"


def test_hosts_that_the_server_was_started_with_are_its_own(tmp_path: Any) -> None:
    with ApiLibrary(tmp_path / "a", allowed_hosts="chat.example.org, other.example") as library:
        with served(library, host="10.1.2.3") as site:
            for host, status in [("chat.example.org", 200), ("10.1.2.3:80", 200), ("10.1.2.4", 403)]:
                assert httpx.get(f"{site.url}/health", headers={"host": host}, timeout=30).status_code == status
        with served(library, host="0.0.0.0") as site:
            for host, status in [("10.1.2.4", 200), (socket.gethostname(), 200), ("evil.example", 403)]:
                assert httpx.get(f"{site.url}/health", headers={"host": host}, timeout=30).status_code == status


# --- figures and description ---


def test_metrics_count_and_hold_no_text(web: httpx.Client) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    def figures() -> dict[tuple[str, ...], float]:
        families = text_string_to_metric_families(web.get("/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}

    before = figures()
    web.post("/api/ask", json={"question": "refuse zebrawords", "stream": False})
    web.get("/api/papers/made-up-zebrawords")
    after = figures()

    def grown(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert grown("posterchat_answers_total", "refuse", "refused") == 1
    assert grown("posterchat_requests_total", "/api/papers/{paper_id}", "404", "GET") == 1
    assert grown("posterchat_answer_seconds_count") == 1
    assert ("posterchat_answers_running",) in after
    assert "zebrawords" not in web.get("/metrics").text


def test_the_description_and_its_page_need_no_other_host(web: httpx.Client) -> None:
    spec = web.get("/openapi.json").json()
    wanted = {"/health", "/metrics", "/api/ask", "/api/papers", "/api/papers/{paper_id}", "/api/collections"}
    assert set(spec["paths"]) == wanted | {"/v1/models", "/v1/chat/completions"}
    page = web.get("/docs").text
    assert all(path in page for path in spec["paths"])
    assert "http://" not in page and "https://" not in page and "<script" not in page


def test_health_is_in_the_description(web: httpx.Client) -> None:
    body = web.get("/health").json()
    assert (body["status"], body["collections"]) == ("ok", ["made-up", "small"])


# --- curl ---


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_asks(site: Site) -> None:
    def curl(*arguments: str) -> str:
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    body = ["--json", '{"question": "do maps fade?"}'] if "--json" in curl("--help", "all") else []
    if not body:
        body = ["-H", "content-type: application/json", "-d", '{"question": "do maps fade?"}']
    streamed = curl("--no-buffer", f"{site.url}/api/ask", *body)
    assert events(streamed)[-1][1]["citations"][0]["title"] == "Lanternfish: Keeping Small Maps Bright"
    status = curl("-o", "/dev/null", "-w", "%{http_code}", "-H", "Origin: https://evil.example", f"{site.url}/health")
    assert status == "403"
