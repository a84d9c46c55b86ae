"""The cluster as it is run: real Chroma, model server, nginx and two posterchat processes on loopback. Parts of it are
killed, and people must notice as little as can be. The model is the small one: what it writes is nonsense."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright
from serving import chromium_path
from topology import PLACES, NotRunning, Topology

pytestmark = [pytest.mark.real]

QUESTIONS = [
    *("Which papers won an award?", "How many papers are there?", "Give me an overview of the session."),
    *("Who wrote the poisoning and backdooring contrastive learning paper?", "What's the weather today?"),
    *("What was the poisoning rate in the backdoor paper?", "Which papers are about optimal transport?"),
    *("Which paper is about neural collapse?", "What does the paper on contrastive learning propose?"),
]
FACT = "What was the poisoning rate in the backdoor paper?"
CATALOGUE = "How many papers won an award?"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Topology]:
    if os.environ.get("POSTERCHAT_SKIP_CLUSTER") == "1":
        pytest.skip("POSTERCHAT_SKIP_CLUSTER=1")
    if shutil.which("nginx", path=PLACES) is None:
        pytest.fail("the cluster needs nginx (Debian: apt install nginx-light), or POSTERCHAT_SKIP_CLUSTER=1")
    model = models_dir / "smollm2-135m" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    settings = {"POSTERCHAT_ANSWER_TOKENS": "20"}
    with Topology(model, tmp_path_factory.mktemp("cluster"), models_dir=models_dir, settings=settings) as running:
        yield running


def ask(url: str, question: str, *, timeout: float = 240.0, began: threading.Event | None = None) -> dict[str, Any]:
    """The last event of an answer as `{"event", "data"}`; `cut` when the stream ended without one."""
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(f"{url}/api/ask", body, {"Content-Type": "application/json"})
    last: dict[str, Any] = {"event": "cut", "data": {}}
    event = ""
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            for raw in response:
                line = raw.decode().strip()
                if began is not None and line.startswith("event:"):
                    began.set()
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:") and event in ("done", "error"):
                    last = {"event": event, "data": json.loads(line.removeprefix("data:"))}
    except urllib.error.HTTPError as error:
        with error:
            return {"event": f"status {error.code}", "data": json.loads(error.read())}
    except OSError:
        pass
    return last


def everybody(cluster: Topology, questions: list[str]) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(lambda question: ask(cluster.url, question), questions))


def until(true: Any, what: str) -> Any:
    for _ in range(300):
        if value := true():
            return value
        time.sleep(0.2)
    raise AssertionError(what)


def answered_by(cluster: Topology) -> list[float]:
    """How many answers each process has counted."""
    counts = []
    for url in cluster.app_urls:
        with urllib.request.urlopen(f"{url}/metrics", timeout=30) as response:
            lines = response.read().decode().splitlines()
        counts.append(sum(float(line.split()[-1]) for line in lines if line.startswith("posterchat_answers_total{")))
    return counts


def test_twenty_people_ask_at_once_and_all_processes_answer(cluster: Topology) -> None:
    seen = everybody(cluster, (QUESTIONS * 3)[:20])
    assert Counter(one["event"] for one in seen) == {"done": 20}
    assert {one["data"]["reason"] for one in seen if one["data"].get("reason") and not one["data"]["refused"]} == set()
    models = {one["data"]["model"] for one in seen}
    assert len(models) == 1 and models.pop().startswith("SmolLM2-135M-Instruct.Q4_1.gguf at 127.0.0.1:")
    assert min(answered_by(cluster)) > 0


def test_the_page_and_the_front_are_served(cluster: Topology) -> None:
    with urllib.request.urlopen(cluster.url, timeout=30) as response:
        assert b"posterchat" in response.read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{cluster.url}/metrics", timeout=30)


@pytest.mark.browser
def test_a_person_on_the_page_goes_on_when_the_process_behind_it_is_killed(cluster: Topology) -> None:
    found = chromium_path()
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=found, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_page()
        hosts: set[str | None] = set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))

        def ask_there(question: str, expected: str) -> None:
            page.get_by_role("textbox", name="Your question").fill(question)
            page.get_by_role("textbox", name="Your question").press("Enter")
            expect(page.locator("#pc-current .turn .answer")).to_contain_text(expected, timeout=90_000)
            expect(page.locator("#pc-status .status")).to_have_attribute("data-busy", "false")

        before = answered_by(cluster)
        page.goto(cluster.url)
        ask_there("How many papers won an award?", "have an award")
        after = answered_by(cluster)
        grown = [now - then for now, then in zip(after, before, strict=True)]
        serving = grown.index(max(grown))
        cluster.apps[serving].kill()
        page.reload()
        asked = page.locator(".turn .question").get_by_text("How many papers won an award?")
        expect(asked).to_be_visible(timeout=20_000)  # the browser kept it, and the other process can read it
        ask_there("How many papers are there?", "This collection has")
        expect(asked).to_be_visible()
        cluster.apps[serving].start()
        cluster.apps[serving].wait()
    assert hosts <= {"127.0.0.1", "localhost", None}


def test_a_process_that_is_killed_takes_only_its_own_streams_with_it(cluster: Topology) -> None:
    began = [threading.Event() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        running = [pool.submit(ask, cluster.url, FACT, began=one) for one in began]
        assert all(one.wait(60) for one in began)
        cluster.apps[0].kill()
        during = [ask(cluster.url, question) for question in (CATALOGUE, "Which papers won an award?")]
        ends = Counter(one.result()["event"] for one in running)
    assert [one["event"] for one in during] == ["done", "done"]
    assert set(ends) <= {"done", "cut"} and 0 < ends["done"] < 6
    assert [one["event"] for one in everybody(cluster, QUESTIONS[:6])] == ["done"] * 6
    cluster.apps[0].start()
    cluster.apps[0].wait()
    assert ask(cluster.app_urls[0], CATALOGUE)["data"]["answer"]  # the index is as it was


def test_without_chroma_papers_are_found_by_words_and_people_are_told(cluster: Topology) -> None:
    whole = ask(cluster.url, FACT)["data"]
    cluster.chroma.kill()
    less = ask(cluster.url, FACT)["data"]
    assert "found by their words only" in less["reason"]
    assert not less["refused"] and less["citations"][0]["paper_id"] == whole["citations"][0]["paper_id"]
    assert "reason" not in ask(cluster.url, CATALOGUE)["data"]
    cluster.chroma.start()
    cluster.chroma.wait()
    for url in cluster.app_urls:
        until(lambda url=url: "words only" not in (ask(url, FACT)["data"].get("reason") or ""), "it never recovered")


def test_a_new_generation_takes_over_without_a_failed_request(cluster: Topology, tmp_path: Path) -> None:
    before = ask(cluster.url, CATALOGUE)["data"]["index"]
    paper = {
        "title": "Waxed Boats on Small Ponds",
        "authors": ["Ada Quill"],
        "abstract": "Waxed boats float for 9 days.",
    }
    (tmp_path / "more.jsonl").write_text(json.dumps(paper) + "\n")
    over = threading.Event()
    seen: list[dict[str, Any]] = []

    def keep_asking() -> None:
        while not over.is_set():
            seen.extend(ask(cluster.url, question) for question in (CATALOGUE, "Which papers are about offline RL?"))

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(keep_asking) for _ in range(3)]
        try:
            printed = cluster.index(str(tmp_path / "more.jsonl"), "--collection", "iclr2022-poster-session-8")
        finally:
            over.set()
        for one in asking:
            one.result()
    assert "1" in printed
    assert len(seen) > 3 and {one["event"] for one in seen} == {"done"}
    assert {one["data"].get("reason") for one in seen if not one["data"]["refused"]} == {None}
    assert ask(cluster.url, CATALOGUE)["data"]["index"] != before
    for url in cluster.app_urls:
        found = ask(url, "Which paper is about waxed boats on ponds?")["data"]
        assert "Waxed Boats" in json.dumps(found)


def test_without_the_model_quotes_are_served_and_the_answer_says_why(cluster: Topology) -> None:
    cluster.llm.kill()
    quoted = ask(cluster.url, FACT)["data"]
    assert "cannot be reached" in quoted["reason"] and "quoted from the abstract" in quoted["reason"]
    assert quoted["sentences"] and all(one["support"] == "supported" and one["quotes"] for one in quoted["sentences"])
    assert ask(cluster.url, CATALOGUE)["data"].get("reason") is None
    assert ask(cluster.url, "Give me an overview of the session.")["data"]["sentences"]
    cluster.llm.start()
    cluster.llm.wait()
    until(lambda: not ask(cluster.url, FACT)["data"].get("reason"), "it never recovered")


def test_a_part_that_does_not_start_is_named(tmp_path: Path, models_dir: Path) -> None:
    with (
        pytest.raises(NotRunning, match="llm does not answer"),
        Topology(tmp_path / "no.gguf", tmp_path / "folder", models_dir=models_dir),
    ):
        pass
