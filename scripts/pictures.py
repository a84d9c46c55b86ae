"""Makes the pictures in `docs/images/` anew from the sample session: `python scripts/pictures.py [FOLDER]`.

The sample has digests in our words, so that no picture shows an author's abstract. Needs Chromium, the models and the
sample (`make chat` has them).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from chromium import ask, chromium, server

from rag.settings import Settings

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
COLOURS = 128  # a palette makes the files a third of the size
FACT = "How long does it take to scale vision transformers without training, and on which GPU?"
COMPARE = "How do DARA and Value-based Episodic Memory differ?"
OVERVIEW = "Give me an overview of the reinforcement learning papers"
REFUSED = "What is a good recipe for pancakes?"
ROWS = (
    '{"title": "Kites on Short Strings", "authors": ["Jo Fen", "Kit Ash"], "award": "Best Kite", "abstract": "Kites fly'
    ' low on short strings. We fly 9 of them."}\n{"title": "Owls at Dusk", "authors": ["Lu Reed"], "abstract": "Owls'
    ' wait for dusk. We count 14 of them."}\n{"abstract": "A paper that has no title."}\n'
)


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with server(Settings.model_fields["collection"].default) as url, chromium() as browser:
        conversation(folder, opened(browser, url))
        views(folder, opened(browser, url))
        for name, size, dark in (("mobile", (390, 780), False), ("dark", (1280, 760), True)):
            page = opened(browser, url, *size, dark=dark)
            ask(page, FACT)
            if dark:
                page.locator("#pc-current a.cite").first.click()
                page.wait_for_timeout(600)
            take(page, folder / f"{name}.png")


def opened(browser: Any, url: str, width: int = 1280, height: int = 760, *, dark: bool = False) -> Any:
    """A page in a new profile."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(url)
    page.locator(".welcome").wait_for()
    page.wait_for_timeout(800)
    return page


def conversation(folder: Path, page: Any) -> None:
    """The chat with each kind of answer."""
    ask(page, FACT)
    page.locator("#pc-current .act.retry").click()  # as it is for a paper that has been read ahead
    page.wait_for_timeout(1000)
    page.locator("#pc-current .foot").wait_for()
    page.wait_for_timeout(500)
    page.locator("#pc-current a.cite").first.click()
    page.wait_for_timeout(500)
    take(page, folder / "chat.png")
    for name, question in (("compare", COMPARE), ("overview", OVERVIEW), ("refusal", REFUSED)):
        page.locator("#pc-new").click()
        page.locator(".welcome").wait_for()
        ask(page, question)
        take(page, folder / f"{name}.png")


def views(folder: Path, page: Any) -> None:
    """Papers, topics with papers chosen on the map, a chat limited to them, and a file looked through."""
    page.evaluate("location.hash = '#papers?topic=1'")
    page.locator(".papers-table .paper-link").first.wait_for()
    page.wait_for_timeout(300)
    take(page, folder / "papers.png")
    page.evaluate("location.hash = '#topics'")
    page.locator(".map .dot").first.wait_for()
    page.wait_for_timeout(300)
    place = page.locator(".map").bounding_box()
    page.mouse.move(place["x"] + 0.1 * place["width"], place["y"] + 0.15 * place["height"])
    page.mouse.down()
    page.mouse.move(place["x"] + 0.4 * place["width"], place["y"] + 0.7 * place["height"], steps=5)
    page.mouse.up()
    take(page, folder / "topics.png")
    page.get_by_role("button", name="Overview of them").click()
    page.locator("#pc-current .foot").wait_for()
    page.wait_for_timeout(500)
    take(page, folder / "filter.png")
    page.evaluate("location.hash = '#add'")
    file = {"name": "pond-day.jsonl", "mimeType": "application/json", "buffer": ROWS.encode()}
    page.locator("#pc-file").set_input_files(file)
    page.locator(".adding").wait_for()
    take(page, folder / "add.png")


def take(page: Any, path: Path) -> None:
    """A picture with a small palette."""
    from PIL import Image

    page.mouse.move(0, 0)
    page.screenshot(path=str(path))
    with Image.open(path) as picture:
        made = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    made.save(path, optimize=True)


if __name__ == "__main__":
    main()
