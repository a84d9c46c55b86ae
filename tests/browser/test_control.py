"""What can be done with turns: ask again, edit, copy, link, keep; and the keys for it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from browsing import Watcher, answer, ask, box, cards, current, finished, send
from playwright.sync_api import Page, expect
from serving import Site

from rag.testing import made_up_papers
from rag.testing_library import FakeLibrary

pytestmark = pytest.mark.browser

BOATS = next(paper for paper in made_up_papers() if "Boats" in paper.title)
QUESTION = "How long do paper boats float?"


def copied(page: Page) -> str:
    return page.evaluate("navigator.clipboard.readText()")


def questions(page: Page) -> list[str]:
    return page.locator(".turn .question").all_text_contents()


def test_asking_again_takes_the_place_of_the_last_answer(page: Page, site: Site) -> None:
    ask(page, "And the maps?")
    ask(page, QUESTION)
    current(page).locator(".act.retry").click()
    expect(current(page).locator(".act.retry")).to_have_count(0)  # gone while it is answered once more
    finished(page)
    assert questions(page) == ["And the maps?", QUESTION]
    asked = site.library.assistant().asked
    assert [question for question, _ in asked] == ["And the maps?", QUESTION, QUESTION]
    assert [turn.question for turn in asked[-1][1]] == ["And the maps?"]
    ask(page, "And the clocks?")
    assert len(questions(page)) == 3


def test_an_earlier_question_can_be_edited_and_what_came_after_it_goes(page: Page, site: Site) -> None:
    ask(page, QUESTION)
    ask(page, "And the maps?")
    page.locator("#pc-past .act.edit").click()
    expect(box(page)).to_have_value(QUESTION)
    expect(box(page)).to_be_focused()
    expect(page.locator("#pc-editing")).to_contain_text("Editing question 1. The answers after it will be removed.")
    page.keyboard.press("Escape")
    expect(page.locator("#pc-editing")).to_be_hidden()
    expect(box(page)).to_have_value("")
    page.locator("#pc-past .act.edit").click()
    send(page, "How slow are the clocks?")
    finished(page)
    expect(page.locator("#pc-editing")).to_be_hidden()
    assert questions(page) == ["How slow are the clocks?"]
    assert site.library.assistant().asked[-1] == ("How slow are the clocks?", ())


def test_copying_keeps_citations_and_lists_the_papers(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    current(page).get_by_role("button", name="Copy the answer").click()
    expect(page.locator("#pc-told")).to_have_text("Answer copied")
    text = copied(page)
    assert text.startswith(QUESTION) and "after 3 hours [1]." in text
    assert text.endswith(f"References\n[1] {BOATS.authors[0]}. {BOATS.title}.")
    cards(page).first.get_by_role("button", name="Copy BibTeX").click()
    expect(page.locator("#pc-told")).to_have_text("BibTeX copied")
    assert copied(page).startswith("@") and "Tarn" in copied(page)


def test_a_link_asks_its_question_once_and_by_itself(page: Page, site: Site, watcher: Watcher) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, "And the maps?")
    current(page).get_by_role("button", name="Copy a link").click()
    expect(page.locator("#pc-told")).to_have_text("Link copied")
    assert copied(page) == f"{site.url}/?q={quote('And the maps?')}"
    page.goto(f"{site.url}/?q={quote(QUESTION)}")
    expect(current(page).locator(".question")).to_have_text(QUESTION)
    finished(page)
    assert page.url == f"{site.url}/"
    assert site.library.assistant().asked[-1] == (QUESTION, ())  # not a follow-up of what the browser kept
    page.reload()
    expect(current(page).locator(".question")).to_have_text(QUESTION)
    assert len(site.library.assistant().asked) == 2


def test_the_browser_keeps_the_conversation_until_a_new_chat(page: Page, site: Site) -> None:
    ask(page, "And the maps?")
    ask(page, QUESTION)
    page.reload()
    expect(current(page).locator(".question")).to_have_text(QUESTION)
    expect(page.locator("#pc-past .question")).to_have_text("And the maps?")
    answer(page).locator("a.cite").click()
    expect(page.locator("mark.active")).to_contain_text("Folded boats sank")
    ask(page, "And the clocks?")
    assert [turn.question for turn in site.library.assistant().asked[-1][1]] == ["And the maps?", QUESTION]
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()
    page.wait_for_timeout(700)  # nothing may come back, so there is nothing to wait for
    expect(page.locator(".turn")).to_have_count(0)


def test_keys(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    page.keyboard.press("Alt+Shift+KeyC")
    expect(page.locator("#pc-told")).to_have_text("Answer copied")
    page.keyboard.press("ArrowUp")
    expect(box(page)).to_have_value(QUESTION)
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+Shift+KeyR")
    page.wait_for_function("() => document.querySelector('#pc-status [data-busy=\"true\"]')")
    finished(page)
    assert len(site.library.assistant().asked) == 2
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+/")
    expect(box(page)).to_be_focused()
    send(page, "endless boats")
    expect(answer(page)).to_contain_text("[1]")
    page.keyboard.press("Escape")
    finished(page)
    expect(page.locator("#pc-status")).to_have_text("Stopped")
    page.keyboard.press("Alt+Shift+KeyN")
    expect(page.locator(".turn")).to_have_count(0)


def test_the_keys_are_told_on_the_page(page: Page) -> None:
    page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_contain_text("edit the last question")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_focused()


def test_the_focus_stays_on_a_citation_while_the_answer_goes_on(slow_page: Page) -> None:
    page = slow_page
    send(page, "endless boats, maps")
    first = answer(page).locator("a.cite").first
    first.focus()
    before = answer(page).locator(".sentence").count()
    page.wait_for_function("n => document.querySelectorAll('#pc-current .sentence').length > n", arg=before)
    expect(first).to_be_focused()
    page.get_by_role("button", name="Stop").click()
    finished(page)


def test_finished_sentences_are_told_to_screen_readers_once(page: Page) -> None:
    ask(page, "List the boats and the clocks")
    log = page.get_by_role("log")
    expect(log.locator("p")).to_have_count(2)
    expect(log.locator("p").first).to_contain_text("Folded boats sank")
    ask(page, "And the maps?")
    expect(log.locator("p")).to_have_count(1)


def test_follow_up_questions_can_be_asked(page: Page, site: Site) -> None:
    ask(page, QUESTION)
    answer(page).get_by_role("button", name=f"Who wrote “{BOATS.title}”?").click()
    expect(current(page).locator(".question")).to_have_text(f"Who wrote “{BOATS.title}”?")
    finished(page)
    expect(page.locator("#pc-past .next")).to_have_count(0)
    expect(answer(page).locator(".next")).not_to_contain_text("Who wrote")


def test_a_restarted_server_still_reads_what_the_browser_kept(page: Page, site: Site) -> None:
    from serving import served

    ask(page, QUESTION)
    kept = page.evaluate("({...localStorage})")
    with served(FakeLibrary(delay_s=0.01)) as other:
        page.goto(other.url)
        page.evaluate("kept => Object.entries(kept).forEach(([k, v]) => localStorage.setItem(k, v))", kept)
        page.reload()
        expect(current(page).locator(".question")).to_have_text(QUESTION)
        page.goto("about:blank")
