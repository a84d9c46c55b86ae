"""The chat page on the sample collection with the real models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import Site, Watcher, answer, box, cards, current, finished
from playwright.sync_api import expect

from rag.ingest.read import read_papers
from rag.resources import resource
from rag.settings import Settings
from rag.wiring import Library

pytestmark = [pytest.mark.browser, pytest.mark.real]


def test_a_question_gets_a_cited_answer_that_is_streamed(
    serve: Callable[[Any], Site], watcher: Watcher, models_dir: Path
) -> None:
    with Library(Settings(models_dir=models_dir), purpose="test") as library:
        library.index(read_papers(resource("sample/iclr2022_poster_session_8.jsonl")))
        papers = {paper.title: paper for paper in library.papers()}
        page = watcher.open(serve(library).url)
        page.evaluate(
            """() => { window.lengths = new Set(); new MutationObserver(() =>
                window.lengths.add(document.querySelector("#pc-current .answer")?.innerText.length ?? 0)
            ).observe(document.body, {subtree: true, childList: true, characterData: true}); }"""
        )
        page.locator(".welcome .ask").first.click()
        expect(cards(page).first).to_be_visible(timeout=60_000)
        expect(page.locator("#pc-status .status")).to_have_attribute("data-busy", "false", timeout=120_000)
        finished(page)
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
