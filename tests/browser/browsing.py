"""What the browser tests share: a served library, pages that are watched, and what a user does, in one word each."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from rag.errors import StorageFull
from rag.testing_library import FakeLibrary, ScriptedAssistant
from rag.types import CollectionInfo, IndexReport, Paper, Rejected

WIDE = {"width": 1280, "height": 800}
BROKEN_STREAM = ("AbortError: ", "Unexpected error Connection errored out.")


class GrowingLibrary(FakeLibrary):
    """A scripted library to which papers can be added; `steps` of progress are told, each `pause_s` long."""

    steps = 3
    pause_s = 0.4

    def index(
        self, items: Iterable[Paper | Rejected], name: str, *, sources: Sequence[Any] = (), progress: Any = None
    ) -> IndexReport:
        """Adds the papers."""
        papers = tuple(item for item in items if isinstance(item, Paper))
        for step in range(self.steps):
            progress(step, self.steps, "reading papers")
            time.sleep(self.pause_s)
        if name == "broken":
            raise StorageFull("The disk is full.", hint="Make room.")
        before = self.assistants[name].papers if name in self.assistants else ()
        info = CollectionInfo(name, len(before + papers), "gen-2", "fake", "fake")
        self.assistants[name] = ScriptedAssistant(info, before + papers, self.delay_s)
        return IndexReport(name, len(papers), 0, 0, 0, (), "gen-2", info.papers, 0.1)


@dataclass
class Watcher:
    """Opens pages and remembers what must not happen on them."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str, *, viewport: dict[str, int] | None = None, dark: bool = False) -> Page:
        """A page of a browser profile of its own, ready for a question."""
        scheme = "dark" if dark else "light"
        context = self.browser.new_context(viewport=viewport or WIDE, color_scheme=scheme)  # type: ignore[arg-type]
        self.contexts.append(context)
        page = context.new_page()
        page.route("**/*", self._gate)
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("domcontentloaded", lambda _: self._forget_broken_streams())
        page.goto(url)
        expect(page.get_by_role("textbox", name="Your question")).to_be_visible()
        return page

    def _forget_broken_streams(self) -> None:
        """The page that was left is gone: that leaving it broke off Gradio's streams is no fault."""
        self.complaints[:] = [text for text in self.complaints if not text.startswith(BROKEN_STREAM)]

    def _gate(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost"):
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your question")


def send(page: Page, question: str) -> None:
    """Ask, and wait until the question stands in the chat. Faster than any user, a test may press Enter before the
    page knows that the last answer is over: then Enter does nothing, and is pressed again."""
    box(page).fill(question)
    shown = current(page).locator(".question").get_by_text(question, exact=True)
    for _ in range(5):
        box(page).press("Enter")
        try:
            expect(shown).to_be_visible(timeout=4_000)
            break
        except AssertionError:
            continue
    expect(shown).to_be_visible()


def ask(page: Page, question: str) -> Locator:
    """Ask, wait for the end, and return the answer."""
    send(page, question)
    finished(page)
    return answer(page)


def finished(page: Page) -> None:
    """Wait until nothing is being written."""
    expect(page.locator("#pc-status .status")).to_have_attribute("data-busy", "false")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def current(page: Page) -> Locator:
    """The newest turn."""
    return page.locator("#pc-current .turn")


def answer(page: Page) -> Locator:
    """The newest answer."""
    return current(page).locator(".answer")


def cards(page: Page) -> Locator:
    """The evidence cards in view."""
    return page.locator("#pc-cards .evidence-set:not([hidden]) .card")
