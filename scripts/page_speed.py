"""How quick the chat page is: `python scripts/page_speed.py [--collection NAME] [QUESTION...]` prints one JSON object.

First paint and the moment at which a question can be typed, in a new browser each time, the first one right after the
server answers; then, while an answer streams and somebody types on, the longest task that kept the page from reacting
and the longest wait of a key (both as Chromium's PerformanceObserver tells them; 0 where none was over its threshold of
50 and 16 ms), all in milliseconds, and how much of the page jumped (`layout_shift`, of which browsers call 0.1 good).
"""

from __future__ import annotations

import argparse
import json
import statistics
from typing import Any

from chromium import chromium, server

VISITS = 5
QUESTIONS = ("Two papers are about graphs. How do they differ?", "Give me an overview of the session.")
DRAFT = "and which of these papers say something about their results "
WATCH = """() => { window.seen = {task: [], event: [], shift: 0};
  new PerformanceObserver(list => list.getEntries().forEach(e => window.seen.task.push(e.duration)))
    .observe({type: "longtask"});
  new PerformanceObserver(list => list.getEntries().forEach(e => window.seen.event.push(e.duration)))
    .observe({type: "event", durationThreshold: 16});
  new PerformanceObserver(list => list.getEntries().forEach(e => window.seen.shift += e.hadRecentInput ? 0 : e.value))
    .observe({type: "layout-shift"}); }"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--collection")
    parser.add_argument("questions", nargs="*", default=QUESTIONS)
    given = parser.parse_args()
    with server(given.collection, loaded=False) as url, chromium() as browser:
        visits = [visit(browser, url) for _ in range(VISITS)]
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector("#pc-question textarea")
        page.wait_for_function(
            "async () => (await (await fetch('health')).json()).model_loaded", timeout=180_000, polling=500
        )
        streams = [stream(page, question) for question in given.questions]
    print(json.dumps({"first_visit": visits[0], "visits_median": medians(visits[1:]), "streams": streams}, indent=2))


def visit(browser: Any, url: str) -> dict[str, float]:
    """First paint and readiness of the page in a new profile."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url, wait_until="commit")
    page.wait_for_selector("#pc-question textarea")
    ready = page.evaluate("performance.now()")
    page.wait_for_timeout(300)
    paint = page.evaluate(PAINT)
    context.close()
    return {"first_paint": round(paint or ready), "ready": round(ready)}


def stream(page: Any, question: str) -> dict[str, Any]:
    """Types on while an answer to `question` streams."""
    page.evaluate(WATCH)
    page.fill("#pc-question textarea", question)
    page.keyboard.press("Enter")
    page.locator("#pc-current .question", has_text=question).wait_for()
    typed = 0
    page.focus("#pc-question textarea")
    while typed < 400 and page.locator('#pc-status [data-busy="true"]').count():
        page.keyboard.type(DRAFT[typed % len(DRAFT)])
        typed += 1
        page.wait_for_timeout(60)
    page.locator('#pc-status [data-busy="false"]').wait_for(timeout=180_000)
    page.wait_for_timeout(500)
    seen = page.evaluate("window.seen")
    page.fill("#pc-question textarea", "")
    return {
        "question": question,
        "keys": typed,
        "long_tasks": len(seen["task"]),
        "longest_task": round(max(seen["task"], default=0)),
        "longest_key": round(max(seen["event"], default=0)),
        "layout_shift": round(seen["shift"], 4),
    }


def medians(visits: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {key: statistics.median(one[key] for one in visits) for key in visits[0]}


if __name__ == "__main__":
    main()
