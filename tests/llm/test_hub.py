"""Pulls from a server that answers like the Hugging Face Hub, in all the ways in which it goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_sources import (
    FakeHub,
    cut,
    elsewhere,
    embedding_model,
    hub,
    language_model,
    manifest,
    noise,
    reply,
    running,
    serve,
    stalled,
    whole,
)

from rag.errors import DownloadFailed, ModelCorrupt
from rag.llm.registry import HttpOptions, ModelStore

WEIGHTS = noise(200_000)
FAST = HttpOptions(connect_s=2, read_s=2, attempts=3, wait_s=0.01, longest_wait_s=0.05)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    with running({"tiny.gguf": WEIGHTS}) as hub_server:
        monkeypatch.setenv("HF_ENDPOINT", hub_server.url)
        yield hub_server


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path, manifest(language_model(WEIGHTS, hub())), http=FAST)


def leave_part(store: ModelStore, content: bytes) -> Path:
    part = store.directory / "tiny" / "tiny.gguf.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    return part


def test_a_model_is_fetched_and_nothing_else_stays(server: FakeHub, store: ModelStore) -> None:
    told: list[tuple[int, int | None, str]] = []
    path = store.pull("tiny", progress=lambda *step: told.append(step))
    assert path.read_bytes() == WEIGHTS
    assert sorted(p.name for p in path.parent.iterdir()) == [".lock", ".verified", "tiny.gguf"]
    assert told[-1] == (200_000, 200_000, "tiny from Hugging Face (maker/tiny)")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert [path for path, _ in server.seen] == [
        "/maker/tiny/resolve/0123456789abcdef0123456789abcdef01234567/tiny.gguf"
    ]


def test_a_model_of_several_files(server: FakeHub, tmp_path: Path) -> None:
    files = {"config.json": b"{}", "1_Pooling/config.json": b"[]", "model.safetensors": WEIGHTS}
    server.files = {"config.json": b"{}", "1_Pooling/config.json": b"[]", "weights/a%20b%231.bin": WEIGHTS}
    source = hub(files={"model.safetensors": "weights/a b#1.bin"})
    store = ModelStore(tmp_path, manifest(embedding_model(files, source)), http=FAST)
    done: list[int] = []
    assert store.pull("tiny-embedder", progress=lambda n, total, what: done.append(n)) == tmp_path / "tiny-embedder"
    store.verify("tiny-embedder")
    assert done == sorted(done) and done[-1] == 200_004


@pytest.mark.parametrize("answer", [serve, whole])
def test_an_earlier_part_is_used_where_the_server_allows(server: FakeHub, store: ModelStore, answer: object) -> None:
    leave_part(store, WEIGHTS[:150_000])
    server.script = [answer]  # type: ignore[list-item]
    assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.ranges == ["bytes=150000-"]


def test_a_broken_connection_is_resumed(server: FakeHub, store: ModelStore) -> None:
    server.script = [cut(120_000), reply(429, Retry_After="0")]
    assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.ranges == [None, "bytes=120000-", "bytes=120000-"]


def test_a_connection_that_keeps_breaking_is_good_enough_while_it_gets_on(server: FakeHub, tmp_path: Path) -> None:
    step = 1_100_000
    content = noise(5 * step)
    server.files = {"tiny.gguf": content}
    server.script = [cut(step)] * 4  # more than the attempts allowed in a row
    store = ModelStore(tmp_path, manifest(language_model(content, hub())), http=FAST)
    assert store.pull("tiny").read_bytes() == content
    assert server.ranges == [None, *(f"bytes={n * step}-" for n in range(1, 5))]


def test_a_wrong_earlier_part_costs_one_more_download(server: FakeHub, store: ModelStore) -> None:
    leave_part(store, b"?" * 50_000)
    assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.ranges == ["bytes=50000-", None]


def test_a_part_that_is_too_long_is_thrown_away(server: FakeHub, store: ModelStore) -> None:
    leave_part(store, WEIGHTS + b"?")
    assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.ranges == [None]


def test_a_complete_part_needs_no_server(server: FakeHub, store: ModelStore) -> None:
    leave_part(store, WEIGHTS)
    assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.seen == []


@pytest.mark.parametrize("answer", [reply(416), elsewhere])
def test_a_server_that_resumes_wrongly_is_asked_for_everything(
    server: FakeHub, store: ModelStore, answer: object
) -> None:
    leave_part(store, WEIGHTS[:1000])
    server.script = [answer]  # type: ignore[list-item]
    assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.ranges == ["bytes=1000-", None]


@pytest.mark.parametrize(
    ("status", "requests", "message"),
    [
        (401, 1, r"access is refused \(401\).*HF_TOKEN"),
        (403, 1, r"access is refused \(403\).*HF_TOKEN"),
        (404, 1, r"tiny\.gguf is not there \(404\)"),
        (410, 1, "the server answers 410"),
        (429, 3, "the server answers 429"),
        (503, 3, "the server answers 503"),
    ],
)
def test_refusals_are_told_and_only_passing_ones_repeated(
    server: FakeHub, store: ModelStore, status: int, requests: int, message: str
) -> None:
    server.script = [reply(status)] * 9
    with pytest.raises(DownloadFailed, match=rf"\n  Hugging Face \(maker/tiny\): {message}") as raised:
        store.pull("tiny")
    assert len(server.seen) == requests
    assert "tiny.gguf" in raised.value.hint and "POSTERCHAT_MODELS_FROM" in raised.value.hint


def test_other_content_is_deleted_and_told(server: FakeHub, store: ModelStore) -> None:
    server.files = {"tiny.gguf": noise(200_000, 7)}
    with pytest.raises(ModelCorrupt, match=r"Hugging Face .*, not the pinned .*; it was deleted"):
        store.pull("tiny")
    assert [p.name for p in (store.directory / "tiny").iterdir()] == [".lock"]
    assert len(server.seen) == 1


def test_another_length_is_refused_before_the_download(server: FakeHub, store: ModelStore) -> None:
    part = leave_part(store, WEIGHTS[:1000])
    server.files = {"tiny.gguf": WEIGHTS + b"more"}
    with pytest.raises(DownloadFailed, match="has 200004 bytes there, not the pinned 200000"):
        store.pull("tiny")
    assert part.read_bytes() == WEIGHTS[:1000]


def test_the_token_goes_to_the_hub_and_to_no_other_server(
    server: FakeHub, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    leave_part(store, WEIGHTS[:1000])
    with running({"tiny.gguf": WEIGHTS}) as storage:
        server.script = [reply(302, Location=f"{storage.url}/x/resolve/y/tiny.gguf")]
        assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.seen[0][1]["authorization"] == "Bearer hf_secret"
    assert "authorization" not in storage.seen[0][1]
    assert storage.ranges == ["bytes=1000-"]


def test_offline_means_that_nobody_is_asked(
    server: FakeHub, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadFailed, match="HF_HUB_OFFLINE is set"):
        store.pull("tiny")
    assert server.seen == []


def test_an_unreachable_server_is_given_up_at_once(
    server: FakeHub, store: ModelStore, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port}")
    with pytest.raises(DownloadFailed, match=f"http://127.0.0.1:{free_port} cannot be reached: "):
        store.pull("tiny")
    assert [p.name for p in (store.directory / "tiny").iterdir()] == [".lock"]


def test_a_server_that_never_answers_is_not_asked_again(server: FakeHub, tmp_path: Path) -> None:
    go_on = threading.Event()
    server.script = [lambda handler, content: go_on.wait(60) and None] * 9
    options = HttpOptions(connect_s=2, read_s=0.1, attempts=3, wait_s=0.01)
    with pytest.raises(DownloadFailed, match="cannot be reached"):
        ModelStore(tmp_path, manifest(language_model(WEIGHTS, hub())), http=options).pull("tiny")
    go_on.set()
    assert len(server.seen) == 1


def test_a_server_that_falls_silent_is_given_up(server: FakeHub, tmp_path: Path) -> None:
    go_on = threading.Event()
    server.script = [stalled(1000, go_on)] * 9
    options = HttpOptions(connect_s=2, read_s=0.1, attempts=2, wait_s=0.01)
    with pytest.raises(DownloadFailed, match="no answer in time|timed out"):
        ModelStore(tmp_path, manifest(language_model(WEIGHTS, hub())), http=options).pull("tiny")
    go_on.set()
    assert (tmp_path / "tiny" / "tiny.gguf.part").read_bytes() == WEIGHTS[:1000]


@pytest.mark.parametrize("value", ["no-scheme", "http://[broken", "ftp://127.0.0.1"])
def test_an_endpoint_that_makes_no_sense(
    server: FakeHub, store: ModelStore, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", value)
    with pytest.raises(DownloadFailed, match="Hugging Face"):
        store.pull("tiny")


def test_proxy_settings_that_make_no_sense(server: FakeHub, store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:1")
    with pytest.raises(DownloadFailed, match="proxy"):
        store.pull("tiny")


CHILD = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job starts with Ctrl-C ignored
sys.path[:0] = [sys.argv[2], sys.argv[3]]
from model_sources import hub, language_model, manifest, noise
from rag.llm.registry import ModelStore
ModelStore(Path(sys.argv[1]), manifest(language_model(noise(200_000), hub()))).pull("tiny")
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_pull_goes_on_where_it_stopped(server: FakeHub, store: ModelStore, how: signal.Signals) -> None:
    go_on = threading.Event()
    server.script = [stalled(120_000, go_on)]
    here = Path(__file__).resolve().parent
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(store.directory), str(here), str(here.parents[1])],
        stderr=subprocess.DEVNULL,
    )
    part = store.directory / "tiny" / "tiny.gguf.part"
    try:
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size == 120_000):
            assert time.monotonic() < deadline and child.poll() is None
            time.sleep(0.02)
        child.send_signal(how)
        assert child.wait(120) != 0
    finally:
        child.kill()
        child.wait()
        go_on.set()
    assert store.pull("tiny").read_bytes() == WEIGHTS
    assert server.ranges == [None, "bytes=120000-"]
