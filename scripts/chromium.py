"""A running `posterchat serve` and a Chromium beside it, for the scripts that measure and photograph the page."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
START_S = 180.0


@contextmanager
def server(collection: str | None = None, *, loaded: bool = True) -> Iterator[str]:
    """The address of a server of its own, once it answers, or with `loaded` once its models are in memory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rag", "serve", "--no-browser", "--port", str(port)]
    process = subprocess.Popen([*command, *(["--collection", collection] if collection else [])])
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < end:
            health = _health(url)
            if health is not None and (not loaded or health["model_loaded"]):
                yield url
                return
            time.sleep(0.02)
        raise SystemExit("The server did not start.")
    finally:
        process.terminate()
        process.wait(30)


def _health(url: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(f"{url}/health") as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return None


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser. Ends the program with a sentence when there is none."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("There is no chromium or google-chrome in the PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def ask(page: Any, question: str, *, wait_s: float = 180.0) -> None:
    """Ask, and wait for the end of the answer."""
    page.fill("#pc-question textarea", question)
    page.keyboard.press("Enter")
    page.locator("#pc-current .question", has_text=question).wait_for()
    page.locator('#pc-status [data-busy="false"]').wait_for(timeout=wait_s * 1000)
    page.locator("#pc-current .foot").wait_for()
    page.wait_for_timeout(400)
