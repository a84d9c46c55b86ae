"""Adding papers from the page: preview, progress, result, and what is turned away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from browsing import GrowingLibrary, Watcher, ask, cards
from playwright.sync_api import Page, expect
from serving import Site

from rag.serve.ui import adding
from rag.settings import Settings

pytestmark = pytest.mark.browser

ATTACK = "<img src=x onerror='window.pwned = 1'>"
ROWS = [
    {"title": "Kites on Short Strings", "authors": ["Jo Fen", "Kit Ash"], "abstract": "Kites fly low. We fly 9 kites."},
    {"title": f"Owls {ATTACK}", "authors": ["Lu Reed"], "abstract": "Owls wait at night. We count 14 owls."},
    {"title": "", "abstract": "No title at all."},
]


def given(rows: list[dict[str, Any]], name: str = "pond day.jsonl") -> Any:
    return {"name": name, "mimeType": "text/plain", "buffer": "\n".join(map(json.dumps, rows)).encode()}


@pytest.fixture
def adding_page(serve: Callable[[Any], Site], watcher: Watcher) -> Page:
    page = watcher.open(serve(GrowingLibrary(delay_s=0.01)).url)
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Add").click()
    return page


def test_a_page_is_looked_through_added_and_asked(adding_page: Page) -> None:
    page = adding_page
    page.locator("#pc-file").set_input_files(given(ROWS))
    form = page.locator(".adding")
    expect(form.get_by_role("heading", level=3)).to_have_text("2 papers found in pond day.jsonl")
    expect(form.get_by_role("row", name="Abstract")).to_contain_text("all")
    expect(form).to_contain_text("Jo Fen, Kit Ash")
    expect(form).to_contain_text(ATTACK)
    form.get_by_text("1 entry could not be read").click()
    expect(form).to_contain_text("line 3: ")
    expect(form.get_by_label("Collection")).to_have_value("pond-day")
    form.get_by_role("button", name="Add these papers").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".going.done")).to_contain_text("pond-day has 2 papers now: 2 added")
    page.get_by_role("link", name="Ask these papers").click()
    expect(page.locator("#pc-head .head")).to_have_attribute("data-collection", "pond-day")
    expect(page.locator("#pc-scope-bar")).to_contain_text("Asking all 2 papers")
    ask(page, "How many kites?")
    expect(cards(page).first).to_contain_text("Kites on Short Strings")
    page.reload()
    expect(page.get_by_role("combobox", name="Collection")).to_have_value("pond-day")
    assert page.evaluate("window.pwned") is None


def test_what_holds_no_paper_is_turned_away_in_one_sentence(adding_page: Page) -> None:
    page = adding_page
    page.locator("#pc-file").set_input_files({"name": "x.bin", "mimeType": "text/plain", "buffer": b"\x00\x01" * 500})
    expect(page.locator("#pc-added").get_by_role("alert")).to_contain_text("x.bin")
    page.locator("#pc-file").set_input_files(given(ROWS))
    page.locator(".adding").get_by_role("button", name="Cancel").click()
    expect(page.locator(".adding")).to_have_count(0)
    expect(page.locator("#pc-file")).to_be_focused()
    page.locator("#pc-file").set_input_files(given(ROWS))
    page.locator(".adding").get_by_label("Collection").fill("broken")
    page.locator(".adding").get_by_role("button", name="Add these papers").click()
    expect(page.locator("#pc-added").get_by_role("alert")).to_contain_text("The disk is full.")


def test_a_file_can_be_dropped_on_any_view(adding_page: Page) -> None:
    page = adding_page
    page.get_by_role("link", name="Chat").click()
    page.evaluate(
        """text => { const data = new DataTransfer(); data.items.add(new File([text], 'kites.jsonl'));
        for (const name of ['dragover', 'drop'])
          document.body.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true})); }""",
        "\n".join(map(json.dumps, ROWS)),
    )
    expect(page.locator(".adding h3")).to_have_text("2 papers found in kites.jsonl")


def test_uploads_are_checked(serve: Callable[[Any], Site], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.serve.ui.adding_routes.MOST_BYTES", 1000)
    site = serve(GrowingLibrary())
    body = "\n".join(map(json.dumps, ROWS))
    with httpx.Client(base_url=site.url, timeout=30) as web:
        big = web.post("/view/add", content=body * 10, headers={"X-File-Name": "a.jsonl"})
        assert "bigger than" in big.text and "found in" not in big.text
        foreign = web.post("/view/add", content=body, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        sly = web.post("/view/add", content=body, headers={"X-File-Name": "..%2F..%2Fetc%2Fpasswd"})
        assert sly.status_code == 200 and "found in <span" in sly.text and ">passwd</span>" in sly.text
        unknown = web.post("/view/add/begin", json={"token": "no", "collection": "x"})
        assert adding.GONE in unknown.text


@pytest.mark.parametrize(("host", "allowed"), [("0.0.0.0", "localhost"), ("127.0.0.1", "localhost, papers.example")])
def test_only_a_server_on_loopback_takes_papers(serve: Callable[..., Site], host: str, allowed: str) -> None:
    settings = Settings(collection="made-up", llm="scripted", allowed_hosts=allowed)
    site = serve(GrowingLibrary(settings=settings), host=host)
    assert httpx.post(f"{site.url}/view/add", content=b"{}", timeout=30).status_code in (404, 405)
    assert "posterchat index FILE" in httpx.get(site.url, timeout=30).text


def test_the_first_collection_is_added_from_the_page(serve: Callable[..., Site], watcher: Watcher) -> None:
    page = watcher.open(serve(GrowingLibrary({}, delay_s=0.01)).url)
    page.locator(".welcome").get_by_role("link", name="Add the saved page").click()
    page.locator("#pc-file").set_input_files(given(ROWS))
    page.locator(".adding").get_by_role("button", name="Add these papers").click()
    expect(page.locator(".going.done")).to_be_visible()
    page.reload()
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Chat").click()
    expect(page.locator("#pc-scope-bar")).to_contain_text("Asking all 2 papers")
    ask(page, "How many kites?")
    expect(cards(page).first).to_contain_text("Kites on Short Strings")
