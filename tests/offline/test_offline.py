"""The whole program with its real models, in a browser and through the API, while the kernel's own record of every
connection of the server is kept: one that leaves the machine, or a question to a name server, fails the test."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from serving import chromium_path

from rag.serve.offline import forbid_network, try_offline
from rag.settings import Settings
from rag.testing import made_up_papers

LONG = bool(os.environ.get("SOAK"))
ROOT = Path(__file__).resolve().parents[2]
TRACE = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none"]
AWAY = re.compile(r'sa_family=AF_INET6?, .*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)')


@pytest.fixture
def environment(tmp_path: Path, models_dir: Path) -> dict[str, str]:
    return os.environ | {
        "POSTERCHAT_DATA_DIR": str(tmp_path / "data"),
        "POSTERCHAT_MODELS_DIR": str(models_dir),
        "POSTERCHAT_KV_CACHE_MB": "0",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def trace(tmp_path: Path) -> list[str]:
    """The command before a command that has its connections recorded."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: only `doctor --offline` is tried here")
    if subprocess.run([*TRACE, "true"], capture_output=True).returncode != 0:
        pytest.skip("strace may not be used here")
    return [*TRACE, "-o", str(tmp_path / "trace")]


def left_for(tmp_path: Path) -> list[str]:
    """Addresses of other machines in the record."""
    found = AWAY.findall((tmp_path / "trace").read_text(errors="replace"))
    return [address for address in found if not address.startswith(("127.", "::1", "0.0.0.0", "::ffff:127."))]


def papers_file(tmp_path: Path) -> str:
    rows = [{"title": p.title, "authors": list(p.authors), "abstract": p.abstract} for p in made_up_papers()]
    file = tmp_path / "ponds.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


def test_the_record_would_show_a_connection(tmp_path: Path, trace: list[str]) -> None:
    code = (
        "import socket\n"
        "for go in (lambda: socket.getaddrinfo('posterchat.invalid', 80),"
        " lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.7', 9))):\n"
        "    try: go()\n"
        "    except OSError: pass\n"
    )
    subprocess.run([*trace, sys.executable, "-c", code], check=True)
    assert "192.0.2.7" in left_for(tmp_path)


@pytest.mark.real
@pytest.mark.browser
def test_index_ask_page_and_api_reach_nobody(tmp_path: Path, environment: dict[str, str], trace: list[str]) -> None:
    commands = [("index", papers_file(tmp_path), "--collection", "ponds")]
    if LONG:
        commands.append(("ask", "--collection", "ponds", "How many reference points does Lanternfish store?"))
    for argv in commands:
        subprocess.run([*trace, sys.executable, "-m", "rag", *argv], env=environment, check=True, capture_output=True)
        assert left_for(tmp_path) == [], argv
    with running([*trace, sys.executable, "-m", "rag", "serve", "--no-browser"], environment) as url:
        question = {"question": "How many reference points does Lanternfish store?"}
        assert "12" in httpx.post(f"{url}/api/ask", json={**question, "stream": False}, timeout=120).json()["answer"]
        assert httpx.get(f"{url}/docs", timeout=30).status_code == 200
        assert "Lanternfish" in in_a_browser(url, question["question"])
    assert left_for(tmp_path) == []


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    """The server until the block ends; its address."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [*command, "--port", str(port)], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline().startswith("posterchat is at")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            for child in children:  # strace itself leaves when its child has left
                os.kill(int(child), 15)
            process.wait(60)


def in_a_browser(url: str, question: str) -> str:
    """What the page shows as the answer."""
    from playwright.sync_api import sync_playwright

    found = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        foreign: list[str] = []
        page.on("request", lambda request: foreign.append(request.url))
        page.goto(url)
        box = page.get_by_role("textbox", name="Your question")
        box.fill(question)
        box.press("Enter")
        page.locator("#pc-current .turn .answer .said").first.wait_for(timeout=120_000)
        text = page.locator("#pc-main").inner_text()
        browser.close()
    assert [address for address in foreign if not address.startswith((url, "data:", "blob:"))] == []
    return text


@pytest.mark.real
@pytest.mark.skipif(not LONG, reason="loads all models once more: `make soak` sets SOAK=1")
def test_doctor_tries_it(tmp_path: Path, models_dir: Path) -> None:
    tried = try_offline(Settings(data_dir=tmp_path, models_dir=models_dir))
    assert (tried.attempts, tried.answered, tried.problem) == ((), True, "")


def test_a_missing_model_is_told(tmp_path: Path) -> None:
    tried = try_offline(Settings(data_dir=tmp_path))
    assert not tried.answered and "posterchat models pull" in tried.problem


def test_a_try_to_reach_somebody_fails_and_is_noted() -> None:
    code = """
import socket
from rag.serve.offline import forbid_network
attempts = []
forbid_network(attempts)
for go in (
    lambda: socket.getaddrinfo("example.invalid", 80),
    lambda: socket.create_connection(("192.0.2.7", 80), 1),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.8", 53)),
):
    try:
        go()
    except OSError:
        pass
listener = socket.create_server(("127.0.0.1", 0))
socket.create_connection(listener.getsockname()).close()
print(attempts)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(
        ["socket.getaddrinfo example.invalid", "socket.getaddrinfo 192.0.2.7", "socket.sendto 192.0.2.8"]
    )
    assert callable(forbid_network)
