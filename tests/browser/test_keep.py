"""What is taken from the page: exported files and verdicts; and taking a question back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browsing import answer, ask, current, finished
from playwright.sync_api import Page, expect
from serving import Site

from rag.serve.feedback import read_feedback
from rag.testing import made_up_papers

pytestmark = pytest.mark.browser

QUESTION = "How long do paper boats float?"
BOATS = next(paper for paper in made_up_papers() if "Boats" in paper.title)


def saved(page: Page, form: str) -> tuple[str, str]:
    """The name and the text of the file that a button of the dialog makes."""
    with page.expect_download() as waiting:
        page.get_by_role("dialog", name="Export").get_by_role("button", name=form).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_text(encoding="utf-8")


def test_an_answer_is_exported_as_files_that_parse(page: Page) -> None:
    from markdown_it import MarkdownIt
    from pybtex.database import parse_string

    ask(page, "And the maps?")
    ask(page, QUESTION)
    current(page).get_by_role("button", name="Export the answer").click()
    name, text = saved(page, "Markdown")
    assert name == "posterchat-made-up-2.md"
    assert QUESTION in text and "And the maps?" not in text and "[1]" in text
    html = MarkdownIt().render(text)
    assert "<h2>References</h2>" in html and BOATS.title in html
    current(page).get_by_role("button", name="Export the answer").click()
    name, text = saved(page, "BibTeX")
    entries = parse_string(text, "bibtex").entries.values()
    assert [entry.fields["title"].replace("{", "").replace("}", "") for entry in entries] == [BOATS.title]
    page.reload()  # what the browser kept is enough for an export
    expect(current(page).locator(".question")).to_have_text(QUESTION)
    page.get_by_role("button", name="Export chat").click()
    name, text = saved(page, "JSON")
    assert name == "posterchat-made-up.json"
    answers = json.loads(text)["answers"]
    assert [given["question"] for given in answers] == ["And the maps?", QUESTION]
    assert answers[1]["model"] == "scripted" and answers[1]["index"] == "none"
    assert [item["paper_id"] for item in answers[1]["retrieved"]] == [BOATS.id]
    assert answers[1]["retrieved"][0]["quotes"][0]["text"] in BOATS.abstract


def test_an_empty_chat_says_that_there_is_nothing_to_export(page: Page) -> None:
    page.get_by_role("button", name="Export chat").click()
    expect(page.locator("#pc-told")).to_have_text("There is nothing to export yet")
    expect(page.get_by_role("dialog", name="Export")).to_be_hidden()


def test_a_verdict_is_kept_on_this_machine(page: Page, site: Site) -> None:
    data_dir = site.library.settings.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    before = len(list(read_feedback(data_dir)))
    ask(page, QUESTION)
    current(page).get_by_role("button", name="Bad answer").click()
    dialog = page.get_by_role("dialog", name="Bad answer")
    dialog.get_by_label("A word").fill('=too short, "boats"\n')
    dialog.get_by_role("button", name="Keep").click()
    expect(page.locator("#pc-told")).to_contain_text("kept on this machine")
    expect(current(page).get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    [line] = list(read_feedback(data_dir))[before:]
    assert (line["verdict"], line["word"], line["question"]) == ("down", '=too short, "boats"', QUESTION)
    assert line["cited"] == [BOATS.id] and line["model"] == "scripted"
    page.reload()
    expect(current(page).get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")


def test_the_last_question_is_taken_back(page: Page, site: Site) -> None:
    ask(page, "And the maps?")
    ask(page, QUESTION)
    expect(page.locator("#pc-past .act.undo")).to_be_hidden()
    current(page).get_by_role("button", name="Take back").click()
    expect(current(page).locator(".question")).to_have_text("And the maps?")
    ask(page, "And the clocks?")
    assert [turn.question for turn in site.library.assistant().asked[-1][1]] == ["And the maps?"]
    current(page).get_by_role("button", name="Take back").click()
    expect(current(page).locator(".question")).to_have_text("And the maps?")
    finished(page)
    current(page).get_by_role("button", name="Take back").click()
    expect(page.locator(".welcome")).to_be_visible()
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()
    expect(answer(page)).to_have_count(0)
