"""The chat page on the sample collection with the real models."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Watcher, answer, box, cards, current, finished, send
from playwright.sync_api import Browser, Page, expect
from serving import Site, served

from rag.ingest.read import read_papers
from rag.resources import resource
from rag.serve.naming import default_collection
from rag.settings import Settings
from rag.wiring import Library

pytestmark = [pytest.mark.browser, pytest.mark.real]
LONG = 120_000
PAGE = """Session: Ponds

Kites on Short Strings
Jo Fen, Kit Ash
Kites fly low on short strings. We fly 9 kites over three ponds and find that short strings save copper.

Owls at Dusk
Lu Reed
Owls wait for dusk before they hunt. We count 14 owls in two gardens and say which lanterns they avoid.
"""


@pytest.fixture(scope="module")
def real_site(
    browser: Browser, models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Library]]:
    """A server with the models, the sample indexed."""
    folder = tmp_path_factory.mktemp("real")
    with Library(Settings(models_dir=models_dir, data_dir=folder, read_ahead=False), purpose="test") as library:
        library.index(read_papers(resource("sample/iclr2022_poster_session_8.jsonl")))
        with served(library) as site:
            yield site, library


@pytest.fixture
def page(real_site: tuple[Site, Library], watcher: Watcher) -> Page:
    page = watcher.open(real_site[0].url)
    expect(page.locator("#pc-head .device")).to_have_text(" on CPU", timeout=LONG)
    return page


def ended(page: Page) -> None:
    expect(page.locator("#pc-status .status")).to_have_attribute("data-busy", "false", timeout=LONG)
    finished(page)


def test_a_question_gets_a_cited_answer_that_is_streamed(page: Page, real_site: tuple[Site, Library]) -> None:
    papers = {paper.title: paper for paper in real_site[1].papers()}
    page.evaluate(
        """() => { window.lengths = new Set(); new MutationObserver(() =>
            window.lengths.add(document.querySelector("#pc-current .answer")?.innerText.length ?? 0)
        ).observe(document.body, {subtree: true, childList: true, characterData: true}); }"""
    )
    page.locator(".welcome .ask").first.click()
    expect(cards(page).first).to_be_visible(timeout=60_000)
    ended(page)
    assert len(page.evaluate("[...window.lengths]")) > 3
    expect(current(page).locator(".problem")).to_have_count(0)
    expect(answer(page).locator(".coverage")).to_contain_text("searched 116 papers")
    cite = answer(page).locator("a.cite").first
    paper = papers[cite.get_attribute("data-title") or ""]
    assert paper.title.partition(":")[0] in (current(page).locator(".question").text_content() or "")
    cite.click()
    mark = page.locator("mark.active").first
    expect(mark).to_be_visible()
    assert (mark.text_content() or "?") in paper.abstract
    expect(page.locator(".card.active .badges")).to_contain_text("our short digest, not the abstract")
    expect(box(page)).to_have_value("")


def test_papers_chosen_on_the_map_are_the_only_ones_asked(page: Page) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Topics").click()
    expect(page.locator(".map .dot")).to_have_count(116)
    place = page.locator(".map").bounding_box()
    assert place
    page.mouse.move(place["x"] + 2, place["y"] + 2)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] / 4, place["y"] + place["height"] - 2, steps=4)
    page.mouse.up()
    chosen = {dot.get_attribute("data-quote") for dot in page.locator(".map .dot.picked").all()}
    assert 5 < len(chosen) < 80
    page.get_by_role("button", name="Overview of them").click()
    expect(current(page)).to_contain_text(f"asked {len(chosen)} of 116 papers")
    ended(page)
    expect(answer(page).locator(".coverage")).to_contain_text(f"searched {len(chosen)} papers")
    shown = set(cards(page).locator(".paper-link").all_text_contents())
    assert shown and shown <= chosen
    send(page, "Which papers won an award?")
    ended(page)
    assert set(cards(page).locator(".paper-link").all_text_contents()) <= chosen


def test_stopping_leaves_quotes_and_the_machine_idle(page: Page) -> None:
    send(page, "Two papers are about graphs. How do they differ?")
    expect(cards(page).first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Stop").click()
    ended(page)
    expect(page.locator("#pc-status")).to_contain_text("Stopped")
    expect(cards(page).first).to_be_visible()
    page.wait_for_timeout(1000)
    before = time.process_time()
    page.wait_for_timeout(1000)
    assert time.process_time() - before < 0.9  # of this process, which holds the model: a busy one uses every core


def test_a_saved_page_is_added_while_the_server_runs(page: Page, real_site: tuple[Site, Library]) -> None:
    page.locator("#pc-file").set_input_files({"name": "ponds.txt", "mimeType": "text/plain", "buffer": PAGE.encode()})
    page.evaluate("location.hash = '#add'")
    expect(page.locator(".adding h3")).to_have_text("2 papers found in ponds.txt")
    page.get_by_role("button", name="Add these papers").click()
    expect(page.locator(".going.done")).to_contain_text("ponds has 2 papers now: 2 added", timeout=LONG)
    page.get_by_role("link", name="Ask these papers").click()
    expect(page.locator("#pc-head .head")).to_have_attribute("data-collection", "ponds")
    send(page, "Who wrote “Owls at Dusk”?")
    ended(page)
    expect(answer(page)).to_contain_text("Lu Reed")
    assert default_collection(real_site[1].settings) == "ponds"  # of the next start
