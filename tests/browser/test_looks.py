"""Sizes and colours: narrow screens, dark mode, contrast."""

from __future__ import annotations

import pytest
from browsing import Watcher, answer, ask, box, cards, send
from playwright.sync_api import Page, expect
from serving import Site

pytestmark = pytest.mark.browser

# Selector of text, and of what lies behind it.
TEXTS = (
    ".question",
    ".answer .said",
    "a.cite",
    ".supported .support",
    ".partial .support",
    ".unsupported .support",
    ".coverage",
    ".status",
    ".legend li",
    ".facts",
    ".card h3",
    ".card .n",
    ".authors",
    ".badge.award",
    ".abstract",
    "mark",
    "mark.active",
    ".more",
    "#pc-send",
    "#pc-new",
    ".problem p",
    ".problem .hint",
)
CONTRAST = """(selectors) => {
  const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92
    : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
  return Object.fromEntries(selectors.map(s => { const e = document.querySelector(s); if (!e) return [s, 0];
    const a = light(parse(getComputedStyle(e).color)), b = light(behind(e));
    return [s, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; }));
}"""


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def at_least(page: Page, sentences: int) -> None:
    """Wait until the answer has so many sentences."""
    page.wait_for_function("n => document.querySelectorAll('#pc-current .sentence').length >= n", arg=sentences)


@pytest.mark.parametrize("width", [360, 390, 768, 1600])
def test_nothing_is_cut_off_at_any_width(site: Site, watcher: Watcher, width: int) -> None:
    page = watcher.open(site.url, viewport={"width": width, "height": 800})
    assert sideways(page) <= 0
    ask(page, "List the boats, the maps and " + "verylongword" * 30)
    assert sideways(page) <= 0
    for locator in (box(page), page.get_by_role("button", name="Send"), page.get_by_role("button", name="New chat")):
        place = locator.bounding_box()
        assert place and place["x"] >= 0 and place["x"] + place["width"] <= width and place["height"] >= 28


def test_on_a_phone_the_evidence_is_below_and_there_is_a_way_back(site: Site, watcher: Watcher) -> None:
    page = watcher.open(site.url, viewport={"width": 390, "height": 600})
    ask(page, "List the boats, the whistling, the ladders and the clocks")
    above, below = answer(page).bounding_box(), cards(page).first.bounding_box()
    assert above and below and below["y"] > above["y"] + above["height"]
    answer(page).locator("a.cite").last.click()
    expect(page.locator("mark.active")).to_be_in_viewport()
    cards(page).last.get_by_role("button", name="Back to the answer").click()
    expect(answer(page).locator("a.cite").last).to_be_in_viewport()


def test_the_question_box_stays_in_view_under_a_long_answer(site: Site, watcher: Watcher) -> None:
    for width in (390, 1280):
        page = watcher.open(site.url, viewport={"width": width, "height": 600})
        send(page, "endless boats, maps, clocks and ladders")
        at_least(page, 12)
        expect(box(page)).to_be_in_viewport()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Send")).to_be_in_viewport()


def test_the_end_of_a_long_conversation_stays_in_view_unless_the_reader_scrolled_up(page: Page) -> None:
    for _ in range(5):
        ask(page, "List the boats, the whistling, the ladders, the maps and the clocks")
    expect(answer(page).locator(".coverage")).to_be_in_viewport()
    send(page, "endless boats, maps, clocks and ladders")
    page.locator("#pc-chat").hover()
    page.mouse.wheel(0, -3000)
    page.wait_for_function("document.querySelector('#pc-chat').scrollTop === 0")
    at_least(page, 8)
    assert page.evaluate("document.querySelector('#pc-chat').scrollTop") == 0


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_enough_contrast_in_both_modes(site: Site, watcher: Watcher, dark: bool) -> None:
    page = watcher.open(site.url, dark=dark)
    ask(page, "break the boats")
    ask(page, "List the maps, the boats and the whistling")
    answer(page).locator("a.cite").first.click()
    expect(page.locator("mark.active")).to_have_count(1)
    red, green, blue = page.evaluate(
        "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (red + green + blue < 3 * 60) == dark
    ratios = page.evaluate(CONTRAST, list(TEXTS))
    assert {selector: round(ratio, 2) for selector, ratio in ratios.items() if ratio < 4.5} == {}
