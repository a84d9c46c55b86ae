"""The chat page in a browser, on the scripted library."""

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

BOATS = next(paper for paper in made_up_papers() if "Boats" in paper.title)
SINKING = "Folded boats sank after 41 minutes on average, waxed boats after 3 hours."


def test_the_page_opens_with_starters_and_named_controls(page: Page) -> None:
    expect(page).to_have_title("posterchat")
    expect(page.get_by_role("heading", name="posterchat")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text("5 papers")
    expect(box(page)).to_be_focused()
    for name in ("Send", "New chat"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    page.get_by_role("button", name="Which papers won an award?").click()
    expect(current(page).locator(".question")).to_have_text("Which papers won an award?")
    finished(page)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, textarea, a")]
            .filter(e => e.checkVisibility() && !(e.innerText || e.ariaLabel || e.labels?.length))
            .map(e => e.outerHTML)"""
    )
    assert nameless == []


def test_evidence_comes_before_the_first_word_and_the_answer_is_streamed(page: Page) -> None:
    page.evaluate(
        """() => { window.seen = []; new MutationObserver(() => {
            const words = document.querySelector("#pc-current .answer")?.innerText.trim() ?? "";
            const state = (document.querySelector("#pc-cards .card") ? "card " : "") + (words ? words.length : "none");
            if (window.seen.at(-1) !== state) window.seen.push(state);
        }).observe(document.body, {subtree: true, childList: true, characterData: true}); }"""
    )
    ask(page, "How long do paper boats float?")
    seen = page.evaluate("window.seen")
    assert "card none" in seen
    assert not any(state != "none" and not state.startswith("card") for state in seen)
    assert len({state for state in seen if state not in ("none", "card none")}) > 3
    expect(answer(page)).to_contain_text(SINKING.removesuffix(".") + " [1].")
    expect(answer(page).locator(".coverage")).to_contain_text("searched 5 papers · 1 relevant · 1 cited")


def test_following_a_citation_highlights_the_quote_inside_the_whole_abstract(page: Page) -> None:
    ask(page, "How long do paper boats float?")
    card = cards(page).first
    expect(card.locator(".rest").first).not_to_contain_text(BOATS.abstract[-30:], use_inner_text=True)
    answer(page).get_by_role("link", name="Source 1").click()
    marks = page.locator("mark.active")
    expect(marks).to_have_count(1)
    expect(marks).to_have_text(SINKING)
    expect(marks).to_be_in_viewport()
    expect(card).to_be_focused()
    assert card.locator(".abstract").inner_text() == BOATS.abstract
    page.keyboard.press("Escape")
    expect(answer(page).locator("a.cite")).to_be_focused()
    expect(page.get_by_role("tooltip")).to_contain_text(SINKING)


def test_hovering_a_citation_shows_its_quote(page: Page) -> None:
    ask(page, "How long do paper boats float?")
    answer(page).locator("a.cite").hover()
    expect(page.get_by_role("tooltip")).to_have_text(BOATS.title + SINKING)
    box(page).hover()
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_an_earlier_answer_keeps_its_evidence(page: Page) -> None:
    ask(page, "How long do paper boats float?")
    ask(page, "And the slow clocks?")
    expect(cards(page).locator("h3")).to_have_text(["[1] Slow Clocks for Fast Rooms"])
    page.locator("#pc-past a.cite").click()
    expect(cards(page).locator("h3")).to_have_text([f"[1] {BOATS.title}"])
    expect(page.locator("mark.active")).to_have_text(SINKING)


def test_every_sentence_says_how_well_it_is_supported(page: Page) -> None:
    ask(page, "List the boats, the whistling and the clocks")
    marks = answer(page).locator(".support")
    expect(marks).to_have_text(["✓", "~", "!"])
    names = [mark.get_attribute("aria-label") for mark in marks.all()]
    assert names == [
        "supported by the abstract",
        "partly supported by the abstract",
        "not found in the abstract",
    ]
    expect(answer(page).locator(".papers li")).to_have_count(3)


def test_a_withdrawn_sentence_disappears(slow_page: Page) -> None:
    page = slow_page
    page.evaluate(
        """() => { window.seen = new Set(); new MutationObserver(() =>
            window.seen.add(document.querySelector("#pc-current .answer")?.innerText)
        ).observe(document.body, {subtree: true, childList: true, characterData: true}); }"""
    )
    ask(page, "drop something about boats")
    assert any("This" in (text or "") for text in page.evaluate("[...window.seen]"))
    expect(answer(page)).not_to_contain_text("This sentence is")
    expect(answer(page)).to_contain_text("Folded boats sank")


def test_waiting_is_told(slow_page: Page) -> None:
    page = slow_page
    page.evaluate(
        """() => { window.said = new Set(); new MutationObserver(() =>
            window.said.add(document.querySelector("#pc-status .status span").textContent)
        ).observe(document.querySelector("#pc-status"), {subtree: true, childList: true, characterData: true}); }"""
    )
    ask(page, "wait for the boats")
    said = page.evaluate("[...window.said]")
    assert {"2 questions before yours", "1 question before yours", f"Reading [1] {BOATS.title}"} <= set(said)
    assert said[-1] == "Answered from 1 paper"


def test_stop_keeps_what_is_written_and_the_next_question_works(page: Page, site: Site) -> None:
    send(page, "endless boats")
    expect(answer(page)).to_contain_text("[1]")
    page.get_by_role("button", name="Stop").click()
    finished(page)
    expect(page.locator("#pc-status")).to_have_text("Stopped")
    kept = answer(page).inner_text()
    assert "Folded boats sank" in kept
    assistant = site.library.assistant()
    assert assistant.ended == ["endless boats"]
    ask(page, "How slow are the clocks?")
    assert [turn.question for turn in assistant.asked[1][1]] == ["endless boats"]
    assert assistant.asked[1][1][0].cited == (BOATS.id,)


def test_closing_the_tab_ends_the_answer(page: Page, site: Site, watcher: Watcher) -> None:
    send(page, "endless boats")
    expect(answer(page)).to_contain_text("[1]")
    page.close()
    other = watcher.open(site.url)
    other.wait_for_function("() => true")
    for _ in range(100):
        if site.library.assistant().ended:
            break
        other.wait_for_timeout(50)
    assert site.library.assistant().ended == ["endless boats"]


def test_a_refusal_offers_the_nearest_titles(page: Page, site: Site) -> None:
    ask(page, "refuse this")
    expect(answer(page)).to_contain_text("None of the abstracts speaks to this question.")
    expect(answer(page).locator(".ask")).to_have_text([paper.title for paper in made_up_papers()[:3]])
    answer(page).get_by_role("button", name=BOATS.title).click()
    expect(current(page).locator(".question")).to_have_text(f"What is “{BOATS.title}” about?")
    finished(page)
    expect(answer(page)).to_contain_text("Folded boats sank")


@pytest.mark.parametrize(
    ("question", "sentence", "kept"),
    [
        ("overloaded", "Too many questions are waiting already.", ""),
        ("break the boats", "The language model failed.", "Folded boats sank"),
        ("bug in the boats", "Something went wrong inside posterchat", "Folded boats sank"),
    ],
)
def test_a_failure_is_one_sentence_and_the_page_goes_on(page: Page, question: str, sentence: str, kept: str) -> None:
    ask(page, question)
    alert = page.get_by_role("alert").filter(has_text=sentence)
    expect(alert).to_be_visible()
    expect(answer(page)).to_contain_text(kept)
    for word in ("Traceback", "RuntimeError", "made-up bug"):
        expect(page.locator("body")).not_to_contain_text(word)
    ask(page, "How long do paper boats float?")
    expect(answer(page)).to_contain_text("[1]")


def test_an_empty_question_does_nothing_and_a_long_one_is_cut_by_the_box(page: Page, site: Site) -> None:
    box(page).fill("   ")
    box(page).press("Enter")
    page.wait_for_timeout(500)  # nothing may happen, so there is nothing to wait for
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.get_by_role("heading", name="posterchat")).to_be_visible()
    ask(page, "How long do paper boats float?")
    assert [question for question, _ in site.library.assistant().asked] == ["How long do paper boats float?"]
    expect(box(page)).to_have_attribute("maxlength", "2000")


def test_a_second_enter_while_writing_keeps_the_text_in_the_box(page: Page, site: Site) -> None:
    send(page, "endless boats")
    box(page).fill("And the clocks?")
    box(page).press("Enter")
    expect(answer(page)).to_contain_text("[1]")
    page.get_by_role("button", name="Stop").click()
    finished(page)
    expect(box(page)).to_have_value("And the clocks?")
    assert len(site.library.assistant().asked) == 1


@pytest.mark.parametrize("question", ["How long do paper boats float?", "endless boats"])
def test_new_chat_clears_everything(page: Page, site: Site, question: str) -> None:
    send(page, question)
    expect(answer(page)).to_contain_text("[1]")
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("heading", name="Ask about these 5 papers")).to_be_visible()
    expect(cards(page)).to_have_count(0)
    ask(page, "How slow are the clocks?")
    expect(page.locator(".turn")).to_have_count(1)
    assert site.library.assistant().asked[-1] == ("How slow are the clocks?", ())


def test_two_tabs_do_not_mix(page: Page, site: Site, watcher: Watcher) -> None:
    other = watcher.open(site.url)
    send(page, "endless boats")
    send(other, "endless clocks")
    expect(answer(page)).to_contain_text("[1]")
    expect(answer(other)).to_contain_text("[1]")
    page.get_by_role("button", name="Stop").click()
    finished(page)
    expect(other.get_by_role("button", name="Stop")).to_be_visible()
    other.get_by_role("button", name="Stop").click()
    finished(other)
    expect(answer(page)).not_to_contain_text("clock")
    expect(answer(other)).not_to_contain_text("boats")
    ask(page, "How bright are the maps?")
    assert [turn.question for turn in site.library.assistant().asked[-1][1]] == ["endless boats"]


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    for _ in range(16):
        page.keyboard.press("Tab")
        if box(page).evaluate("e => e === document.activeElement"):
            break
    page.keyboard.type("How long do paper boats float?")
    page.keyboard.press("Enter")
    expect(current(page).locator(".question")).to_have_text("How long do paper boats float?")
    finished(page)
    expect(box(page)).to_be_focused()
    page.keyboard.press("Alt+Shift+KeyS")
    expect(answer(page).locator("a.cite")).to_be_focused()
    expect(page.get_by_role("tooltip")).to_contain_text(SINKING)
    outline = answer(page).locator("a.cite").evaluate("e => getComputedStyle(e).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("mark.active")).to_have_text(SINKING)
    for name in (BOATS.title, BOATS.authors[0]):
        page.keyboard.press("Tab")
        expect(cards(page).first.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    expect(cards(page).first.get_by_role("button", name="Only the quotes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cards(page).first.get_by_role("button", name="Whole abstract")).to_have_attribute("aria-expanded", "false")


def test_shift_enter_makes_a_new_line(page: Page, site: Site) -> None:
    box(page).fill("boats")
    box(page).press("Shift+Enter")
    box(page).press_sequentially("and maps")
    box(page).press("Enter")
    finished(page)
    expect(current(page).locator(".question")).to_have_text("boats\nand maps", use_inner_text=True)


def test_another_collection_begins_a_new_chat(serve: Callable[[Any], Site], watcher: Watcher) -> None:
    library = FakeLibrary({"all": made_up_papers(), "few": made_up_papers()[3:]}, delay_s=0.01)
    page = watcher.open(serve(library).url)
    ask(page, "How long do paper boats float?")
    page.get_by_role("combobox", name="Collection").click()
    page.get_by_role("option", name="few").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator(".facts")).to_contain_text("2 papers")
    expect(page.get_by_role("heading", name="Ask about these 2 papers")).to_be_visible()
    ask(page, "How slow are the clocks?")
    assert len(library.assistant("few").asked) == 1
    assert library.assistant("few").asked[0][1] == ()


def test_the_page_works_while_the_model_loads_and_says_so(serve: Callable[[Any], Site], watcher: Watcher) -> None:
    library = FakeLibrary(loaded=False)
    page = watcher.open(serve(library).url)
    expect(page.locator(".model-state")).to_have_text("loading the search model (1 of 2)…")
    ask(page, "How long do paper boats float?")
    library.is_loaded = True
    expect(page.locator(".model-state")).to_be_hidden()


def test_without_papers_the_page_says_what_to_do(serve: Callable[[Any], Site], watcher: Watcher) -> None:
    page = watcher.open(serve(FakeLibrary({})).url)
    expect(page.locator(".welcome")).to_contain_text("posterchat index FILE")
    ask(page, "Anything?")
    expect(page.get_by_role("alert").filter(has_text="There is no collection made-up.")).to_be_visible()
