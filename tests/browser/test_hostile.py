"""Papers and answers that try to be more than text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import Watcher, answer, ask, cards, current
from playwright.sync_api import expect
from serving import Site

from rag.testing_library import FakeLibrary
from rag.types import Paper

pytestmark = pytest.mark.browser

ATTACKS = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 2'>",
    '"><svg onload="window.pwned = 3">',
    "[1](javascript:window.pwned=4)",
    "[click](https://evil.example/)",
    "![pixel](https://evil.example/pixel.png)",
    "${window.pwned = 5} {{constructor.constructor('window.pwned = 6')()}}",
    "</mark></article><style>body { display: none }</style>",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_paper_or_a_question_is_more_than_text(
    serve: Callable[[Any], Site], watcher: Watcher, attack: str
) -> None:
    paper = Paper(
        id="hostile",
        title=f"Hostile {attack}",
        authors=(f"Mallory {attack}",),
        abstract=f"We begin {attack} here. We end with {attack} there.",
        award=attack,
        url="javascript:window.pwned=7",
    )
    page = watcher.open(serve(FakeLibrary({"bad": (paper,)})).url)
    ask(page, f"hostile {attack}")
    expect(current(page).locator(".question")).to_have_text(f"hostile {attack}")
    expect(answer(page).locator(".said").first).to_contain_text(attack)
    card = cards(page).first
    expect(card.locator("h3")).to_contain_text(attack)
    expect(card.locator(".authors")).to_have_text(f"Mallory {attack}")
    answer(page).locator("a.cite").first.click()
    assert card.locator(".abstract").text_content() == paper.abstract
    inside = page.locator(".turn, .card")
    expect(inside.locator("script, img, svg, style, iframe")).to_have_count(0)
    links = {link.get_attribute("href") or "" for link in inside.locator("a").all()}
    assert all(link.startswith(("#card-1-1", "#paper/hostile", "#papers?author=Mallory")) for link in links)
    ask(page, "refuse")
    assert page.evaluate("window.pwned") is None
