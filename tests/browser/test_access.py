"""axe-core on every state of the page, in both themes: no serious problem may be found."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from browsing import Watcher, answer, ask, finished, send
from playwright.sync_api import Page, expect
from serving import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core as the Python package carries it: nothing is fetched."""
    spec = find_spec("axe_playwright_python")
    assert spec and spec.origin, "install axe-playwright-python (it is among the dev dependencies)"
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def problems(page: Page, axe: str) -> dict[str, Any]:
    """Serious problems by rule, with the elements that have them."""
    page.evaluate(axe)
    page.wait_for_timeout(150)  # colours fade when the pointer leaves a control
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return {
        rule["id"]: [node["html"][:160] for node in rule["nodes"]]
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    }


@pytest.mark.parametrize("dark", [False, True])
def test_no_state_has_a_serious_problem(site: Site, watcher: Watcher, axe: str, dark: bool) -> None:
    page = watcher.open(site.url, dark=dark)
    assert problems(page, axe) == {}
    for question in ("List the boats, the maps and the whistling", "compare boats and clocks", "an overview"):
        ask(page, question)
        answer(page).locator("a.cite").first.click()
        assert problems(page, axe) == {}, question
    for question in ("catalogue", "refuse", "break the boats"):
        ask(page, question)
        assert problems(page, axe) == {}, question
    send(page, "endless boats")
    expect(answer(page)).to_contain_text("[1]")
    assert problems(page, axe) == {}
    page.get_by_role("button", name="Stop").click()
    finished(page)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (360, True)])
def test_no_view_has_a_serious_problem(site: Site, watcher: Watcher, axe: str, width: int, dark: bool) -> None:
    page = watcher.open(site.url, viewport={"width": width, "height": 800}, dark=dark)
    for address, there in (
        ("#papers", ".papers-table"),
        ("#papers?author=Cleo+Tarn&sort=title", ".limit"),
        ("#add", "#pc-drop"),
        ("#topics", ".map .dot"),
    ):
        page.evaluate("hash => { location.hash = hash }", address)
        expect(page.locator(there).first).to_be_visible()
        assert problems(page, axe) == {}, address
    page.locator(".map .dot").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".map-chosen")).to_be_visible()
    assert problems(page, axe) == {}
    page.locator(".map .dot").first.click()
    expect(page.locator(".similar li").first).to_be_visible()
    assert problems(page, axe) == {}
    page.evaluate("location.hash = '#chat'")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert problems(page, axe) == {}
    page.keyboard.press("Escape")
    page.evaluate("window.posterchat.limitTo({ author: 'Cleo Tarn' })")
    ask(page, "refuse")
    assert problems(page, axe) == {}
    for button, dialog in (
        ("Filter", "Which papers to ask"),
        ("Export chat", "Export"),
        ("Good answer", "Good answer"),
    ):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("dialog", name=dialog)).to_be_visible()
        assert problems(page, axe) == {}, dialog
        page.keyboard.press("Escape")
