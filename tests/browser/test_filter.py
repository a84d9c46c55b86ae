"""Which papers are asked: the filter of the chat, the list of papers, and papers chosen on the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import Watcher, answer, ask, box, cards, current, finished, send
from playwright.sync_api import Page, expect
from serving import Site

from rag.testing import made_up_papers
from rag.testing_library import FakeLibrary

pytestmark = pytest.mark.browser

PAPERS = made_up_papers()
BOATS = next(paper for paper in PAPERS if "Boats" in paper.title)


def bar(page: Page) -> Any:
    return page.get_by_role("group", name="Papers that are asked")


def open_map(page: Page) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Topics").click()
    expect(page.locator(".map .dot")).to_have_count(len(PAPERS))


def test_a_filter_is_seen_obeyed_kept_and_lifted(page: Page, site: Site) -> None:
    expect(bar(page)).to_contain_text("Asking all 5 papers")
    bar(page).get_by_role("button", name="Filter").click()
    dialog = page.get_by_role("dialog", name="Which papers to ask")
    dialog.get_by_role("combobox", name="Author").fill("Cleo Tarn")
    dialog.get_by_role("button", name="Ask these papers").click()
    expect(bar(page)).to_contain_text("Asking 1 of 5 papers")
    expect(box(page)).to_be_focused()
    ask(page, "an overview")
    expect(current(page)).to_contain_text("asked 1 of 5 papers: by Cleo Tarn")
    expect(cards(page)).to_have_count(1)
    expect(cards(page).first).to_contain_text(BOATS.title)
    page.reload()
    expect(bar(page)).to_contain_text("Asking 1 of 5 papers")
    expect(current(page)).to_contain_text("asked 1 of 5 papers: by Cleo Tarn")
    bar(page).get_by_role("button", name="not only by Cleo Tarn").click()
    expect(bar(page)).to_contain_text("Asking all 5 papers")
    ask(page, "an overview")
    expect(cards(page)).to_have_count(4)
    expect(current(page)).not_to_contain_text("asked 1 of 5")


def test_topic_award_and_words_limit_together(page: Page) -> None:
    bar(page).get_by_role("button", name="Filter").click()
    dialog = page.get_by_role("dialog", name="Which papers to ask")
    dialog.get_by_label("With an award").check()
    dialog.get_by_label("Words").fill("clock")
    dialog.get_by_role("button", name="Ask these papers").click()
    expect(bar(page)).to_contain_text("Asking 1 of 5 papers")
    ask(page, "catalogue")
    expect(cards(page)).to_have_count(1)
    bar(page).get_by_role("button", name="Filter").click()
    expect(dialog.get_by_label("Words")).to_have_value("clock")
    dialog.get_by_label("Topic").select_option(index=1)
    dialog.get_by_role("button", name="Ask these papers").click()
    expect(bar(page)).to_contain_text("No paper fits the filter")
    ask(page, "catalogue")
    expect(answer(page).get_by_role("alert")).to_contain_text("No paper fits the filter.")
    bar(page).get_by_role("button", name="Filter").click()
    dialog.get_by_role("button", name="Ask all papers").click()
    expect(bar(page)).to_contain_text("Asking all 5 papers")


def test_a_refusal_under_a_filter_offers_all_papers(page: Page, site: Site) -> None:
    page.evaluate("window.posterchat.limitTo({ author: 'Cleo Tarn' })")
    ask(page, "refuse this")
    answer(page).get_by_role("button", name="Ask all papers instead").click()
    expect(bar(page)).to_contain_text("Asking all 5 papers")
    expect(page.locator("#pc-past .understood")).to_have_count(1)
    finished(page)
    expect(current(page).locator(".understood")).not_to_contain_text("asked 1 of 5")


def test_the_list_of_papers_can_be_asked(page: Page) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Papers").click()
    page.get_by_role("checkbox", name="With an award").check()
    page.get_by_role("button", name="Ask these").click()
    expect(bar(page)).to_contain_text("Asking 2 of 5 papers")
    expect(box(page)).to_be_focused()
    ask(page, "catalogue")
    expect(cards(page)).to_have_count(2)


def test_papers_are_chosen_on_the_map_with_the_mouse(page: Page) -> None:
    open_map(page)
    place = page.locator(".map").bounding_box()
    assert place
    page.mouse.move(place["x"] + 1, place["y"] + 1)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] - 2, place["y"] + place["height"] - 2, steps=4)
    page.mouse.up()
    expect(page.locator(".map-chosen")).to_contain_text("5 papers chosen")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".map-chosen")).to_be_hidden()
    first, second = (page.locator(".map .dot").nth(at) for at in (0, 3))
    first.click(modifiers=["Shift"])
    second.click(modifiers=["Shift"])
    expect(page.locator(".map .dot.picked")).to_have_count(2)
    titles = [dot.get_attribute("data-quote") for dot in (first, second)]
    page.get_by_role("button", name="Ask these papers").click()
    expect(bar(page)).to_contain_text("Asking 2 of 5 papers")
    ask(page, "catalogue")
    assert sorted(cards(page).locator(".paper-link").all_text_contents()) == sorted(titles)


def test_papers_are_chosen_on_the_map_with_keys_and_give_an_overview(page: Page) -> None:
    open_map(page)
    page.locator('.map .dot[tabindex="0"]').focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".map-chosen")).to_contain_text("2 papers chosen")
    page.get_by_role("button", name="Overview of them").click()
    expect(current(page).locator(".question")).to_have_text("Give me an overview of these papers.")
    finished(page)
    expect(current(page)).to_contain_text("asked 2 of 5 papers: 2 papers chosen on the map")
    expect(cards(page)).to_have_count(2)


def test_another_collection_has_no_filter(serve: Callable[[Any], Site], watcher: Watcher) -> None:
    page = watcher.open(serve(FakeLibrary({"all": PAPERS, "few": PAPERS[3:]}, delay_s=0.01)).url)
    page.evaluate("window.posterchat.limitTo({ award: 'true' })")
    expect(bar(page)).to_contain_text("Asking 2 of 5 papers")
    page.get_by_role("combobox", name="Collection").click()
    page.get_by_role("option", name="few").click()
    expect(bar(page)).to_contain_text("Asking all 2 papers")


def test_a_draft_is_told_to_the_library_with_its_filter(page: Page, site: Site) -> None:
    site.library.drafts.clear()
    box(page).press_sequentially("How long do paper boats", delay=10)
    page.wait_for_timeout(1500)
    assert site.library.drafts == ["How long do paper boats"]
    send(page, "How long do paper boats float?")
    finished(page)
    page.wait_for_timeout(800)
    assert site.library.drafts == ["How long do paper boats"]
