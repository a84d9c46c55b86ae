"""The layouts of the kinds of answers, and the Papers and Topics views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import Watcher, answer, ask, cards, current, finished
from playwright.sync_api import Page, expect
from serving import Site

from rag.testing import made_up_papers
from rag.testing_library import FakeLibrary
from rag.types import Paper

pytestmark = pytest.mark.browser

PAPERS = made_up_papers()
BOATS = next(paper for paper in PAPERS if "Boats" in paper.title)


def view(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("link", name=name).click()


def rows(page: Page) -> list[str]:
    return page.locator(".papers-table tbody .col-title").all_text_contents()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_comparison_is_a_table_and_on_a_phone_its_cells_are_stacked(site: Site, watcher: Watcher, width: int) -> None:
    page = watcher.open(site.url, viewport={"width": width, "height": 800})
    ask(page, "compare the boats and the clocks")
    table = page.get_by_role("table", name="Comparison")
    expect(table.get_by_role("rowheader")).to_have_text(["Problem", "Method", "Result"])
    first, second = (table.get_by_role("row").nth(1).get_by_role("cell").nth(at).bounding_box() for at in (0, 1))
    assert first and second
    assert (second["y"] > first["y"]) == (width == 360) and (second["x"] > first["x"]) == (width == 1280)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    table.locator("td a.cite").first.click()
    expect(page.locator("mark.active")).to_have_text("We count paper boats on three ponds.")


def test_an_overview_has_its_themes_as_headings(page: Page) -> None:
    ask(page, "an overview")
    expect(answer(page).get_by_role("heading", level=4)).to_have_text(["Small things 2 papers", "Others 2 papers"])
    expect(answer(page).get_by_role("region", name="Small things").locator(".item-title")).to_have_text(
        [paper.title for paper in PAPERS[:2]]
    )
    answer(page).get_by_text("Show the other paper").click()
    answer(page).locator(".others").get_by_role("button", name=PAPERS[4].title).click()
    expect(current(page).locator(".question")).to_have_text(f"What is “{PAPERS[4].title}” about?")
    finished(page)


def test_a_long_answer_is_shown_from_its_beginning(site: Site, watcher: Watcher) -> None:
    page = watcher.open(site.url, viewport={"width": 1280, "height": 480})
    ask(page, "boats")
    ask(page, "an overview")
    expect(current(page).locator(".question")).to_be_in_viewport()
    expect(page.locator("#pc-past .question")).not_to_be_in_viewport()


def test_papers_are_found_sorted_and_limited(page: Page) -> None:
    view(page, "Papers")
    expect(page.locator(".found")).to_have_text("5 papers")
    expect(page.get_by_role("textbox", name="Your question")).to_be_hidden()
    search = page.get_by_role("searchbox", name="Find papers")
    expect(search).to_be_focused()
    search.press_sequentially("boats", delay=20)
    expect(page.locator(".found")).to_have_text("1 of 5 papers")
    assert rows(page) == [BOATS.title]
    expect(search).to_be_focused()
    search.fill("")
    page.get_by_role("button", name="Title").click()
    expect(page.get_by_role("columnheader", name="Title")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".papers-table tbody .col-title")).to_have_text(sorted(paper.title for paper in PAPERS))
    expect(page.get_by_role("button", name="Title")).to_be_focused()
    page.get_by_role("checkbox", name="With an award").check()
    expect(page.locator(".found")).to_have_text("2 of 5 papers")
    page.get_by_role("checkbox", name="With an award").uncheck()
    page.get_by_role("link", name="Cleo Tarn").click()
    expect(page.locator(".found")).to_have_text("1 of 5 papers")
    page.get_by_role("button", name="Show all again, not only Cleo Tarn").click()
    expect(page.locator(".found")).to_have_text("5 papers")


def test_a_paper_has_a_page_with_similar_ones_and_can_be_asked_about(page: Page, site: Site) -> None:
    view(page, "Papers")
    page.get_by_role("link", name=BOATS.title).click()
    expect(page.get_by_role("heading", name=BOATS.title)).to_be_focused()
    expect(page.locator(".paper .abstract")).to_have_text(BOATS.abstract)
    expect(page.locator(".similar .paper-link")).to_have_count(4)
    other = page.locator(".similar .paper-link").first
    title = other.text_content() or "?"
    other.click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name=BOATS.title)).to_be_visible()
    page.get_by_role("button", name="Ask about this paper").click()
    expect(current(page).locator(".question")).to_have_text(f"What is “{BOATS.title}” about?")
    finished(page)
    cards(page).first.get_by_role("link", name=BOATS.title).click()
    expect(page.locator(".paper .abstract")).to_be_visible()
    page.go_back()
    expect(answer(page)).to_be_visible()
    cards(page).first.get_by_role("link", name="Cleo Tarn").click()
    expect(page.locator(".found")).to_have_text("1 of 5 papers")


def test_the_address_of_a_view_opens_it(site: Site, watcher: Watcher) -> None:
    page = watcher.open(site.url)
    page.evaluate("location.hash = '#papers?author=Cleo+Tarn&sort=title'")
    expect(page.locator(".limit")).to_be_visible()
    page.reload()
    expect(page.locator(".found")).to_have_text("1 of 5 papers")
    expect(page.get_by_role("link", name="Papers")).to_have_attribute("aria-current", "page")


def test_topics_are_a_map_and_a_table_and_give_an_overview(page: Page, site: Site) -> None:
    view(page, "Topics")
    expect(page.get_by_role("heading", name="3 topics in 5 papers")).to_be_focused()
    expect(page.locator(".map .dot")).to_have_count(5)
    first = page.locator('.map .dot[tabindex="0"]')
    first.focus()
    expect(page.get_by_role("tooltip")).to_contain_text(PAPERS[0].title)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tooltip")).not_to_contain_text(PAPERS[0].title)
    expect(page.locator('.map .dot[tabindex="0"]')).to_have_count(1)
    expect(page.locator('.map .dot[tabindex="0"]')).to_be_focused()
    table = page.get_by_role("table", name="Topics")
    expect(table.get_by_role("row")).to_have_count(4)
    table.get_by_role("rowheader").first.hover()
    expect(page.locator(".map .dot.faded")).to_have_count(3)
    table.get_by_role("button", name="Overview of").first.click()
    expect(current(page).locator(".question")).to_contain_text("overview of")
    finished(page)
    page.go_back()
    page.locator(".map .dot").first.click()
    expect(page.locator(".paper h2")).to_have_text(PAPERS[0].title)


def test_views_follow_the_collection(serve: Callable[[Any], Site], watcher: Watcher) -> None:
    library = FakeLibrary({"all": PAPERS, "few": PAPERS[3:]}, delay_s=0.01)
    page = watcher.open(serve(library).url)
    view(page, "Papers")
    expect(page.locator(".found")).to_have_text("5 papers")
    page.get_by_role("combobox", name="Collection").click()
    page.get_by_role("option", name="few").click()
    expect(page.locator(".found")).to_have_text("2 papers")


def test_a_hostile_paper_is_text_in_every_view(serve: Callable[[Any], Site], watcher: Watcher) -> None:
    attack = "\"><img src=x onerror='window.pwned = 1'><script>window.pwned = 2</script>"
    paper = Paper(f"id/{attack}", f"Title {attack}", (f"Author {attack}",), f"Text {attack}", award=attack)
    page = watcher.open(serve(FakeLibrary({"bad": (paper, *PAPERS)})).url)
    view(page, "Papers")
    expect(page.locator(".papers-table .paper-link").first).to_have_text(paper.title)
    page.locator(".papers-table .paper-link").first.click()
    expect(page.locator(".paper h2")).to_have_text(paper.title)
    expect(page.locator(".similar li").first).to_be_visible()
    view(page, "Topics")
    expect(page.locator(".map .dot")).to_have_count(6)
    page.locator(".map .dot").first.focus()
    expect(page.get_by_role("tooltip")).to_contain_text(attack)
    expect(page.locator("#pc-views img, #pc-views script, #pc-tip img")).to_have_count(0)
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize("width", [360, 768])
def test_no_view_is_wider_than_the_screen(site: Site, watcher: Watcher, width: int) -> None:
    page = watcher.open(site.url, viewport={"width": width, "height": 800})
    for address, there in (("#papers", ".papers-table"), ("#topics", ".map .dot"), (f"#paper/{BOATS.id}", ".similar")):
        page.evaluate("hash => { location.hash = hash }", address)
        expect(page.locator(there).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        for link in page.locator("#pc-views .paper-link:visible").all():
            place = link.bounding_box()
            assert place and place["width"] > 60 and place["x"] + place["width"] <= width
