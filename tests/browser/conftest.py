"""A real Chromium against a real server on a free loopback port. Any request to another host fails the test."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from browsing import Watcher
from playwright.sync_api import Browser, Page, expect, sync_playwright
from serving import Site, chromium_path, served

from rag.testing_library import FakeLibrary

ARGUMENTS = [
    f"--{name}"
    for name in (
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
    )
]

expect.set_options(timeout=20_000)


@pytest.fixture(autouse=True)
def gradio_warnings() -> None:
    """Gradio's queue keeps statistics in a way that pandas 3 deprecates."""
    for message in (".*no_silent_downcasting", "The copy keyword is deprecated"):
        warnings.filterwarnings("ignore", message=message)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium or Chrome from the PATH. Without one the tests fail, unless POSTERCHAT_SKIP_BROWSER is 1.

    One for each module: Playwright runs an event loop in this thread, and while it does no other test can have one.
    """
    found = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Site]]:
    """Serves a library until the test ends."""
    with ExitStack() as stack:
        yield lambda library, **options: stack.enter_context(served(library, **options))


@pytest.fixture(scope="module")
def shared_site() -> Iterator[Site]:
    """One server with the scripted library and its made-up papers, quick but not instant."""
    with served(FakeLibrary(delay_s=0.02)) as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Site:
    """The shared server, with nothing asked yet."""
    for assistant in shared_site.library.assistants.values():
        assistant.asked.clear()
        assistant.ended.clear()
    return shared_site


@pytest.fixture
def watcher(browser: Browser) -> Iterator[Watcher]:
    """Pages that are closed at the end; foreign requests, script errors and dialogs fail the test."""
    watcher = Watcher(browser)
    yield watcher
    complaints = list(watcher.complaints)  # closing breaks off streams, about which Gradio complains
    for context in watcher.contexts:
        context.close()
    assert watcher.foreign == []
    assert complaints == []


@pytest.fixture
def page(site: Site, watcher: Watcher) -> Page:
    """A wide page on the scripted library."""
    return watcher.open(site.url)


@pytest.fixture
def slow_page(serve: Callable[[Any], Site], watcher: Watcher) -> Page:
    """A page whose answers come slowly enough that a busy machine, too, shows what stands there only for a while."""
    return watcher.open(serve(FakeLibrary(delay_s=0.3)).url)
