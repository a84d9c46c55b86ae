"""A server with a token, in the browser: log in once, then everything works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from browsing import Watcher, ask
from playwright.sync_api import expect
from pydantic import SecretStr
from serving import Site

from rag.testing_library import FakeLibrary

pytestmark = pytest.mark.browser
TOKEN = "a-lantern-in-the-fog-7"


def test_the_page_opens_after_the_login(serve: Callable[[Any], Site], watcher: Watcher) -> None:
    library = FakeLibrary()
    library.settings = library.settings.model_copy(update={"token": SecretStr(TOKEN)})
    site = serve(library)
    context = watcher.browser.new_context()
    watcher.contexts.append(context)
    page = context.new_page()
    page.goto(site.url)
    box = page.get_by_label("Token of this server")
    box.fill("something else")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("That token is not right.")
    box.fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible()
    expect(ask(page, "do maps fade?")).to_contain_text("Lanternfish")
