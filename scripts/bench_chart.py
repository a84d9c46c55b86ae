"""A picture of `posterchat bench --json FILE`: `python scripts/bench_chart.py FILE docs/images/answers.svg`.

Seconds to the first written word and to the end of an answer, medians, for the ordinary recipe and for ours.
"""

from __future__ import annotations

import argparse
import json
from html import escape
from pathlib import Path

WAYS = {
    "recipe": "four whole abstracts, plain chat",
    "missing": "posterchat, paper not read before",
    "at_hand": "posterchat, paper read before",
}
WIDTH, LEFT, BAR, ROW, TOP = 740, 264, 22, 62, 34
STYLE = """text { font: 14px system-ui, sans-serif; fill: #24292f } .soft { fill: #57606a; font-size: 12px }
.word { fill: #2f6f9f } .rest { fill: #9cc3de }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .soft { fill: #9198a1 } .rest { fill: #41647c } }"""


def chart(summary: dict[str, dict[str, float]]) -> str:
    """The picture as SVG: a bar for each way, its dark part until the first word."""
    longest = max(summary[way]["total_s"] for way in WAYS)
    scale = (WIDTH - LEFT - 130) / longest
    rows = []
    for at, (way, name) in enumerate(WAYS.items()):
        word, total = summary[way]["first_word_s"], summary[way]["total_s"]
        top = TOP + at * ROW
        rows.append(
            f'<text x="{LEFT - 12}" y="{top + 16}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="word" x="{LEFT}" y="{top}" width="{word * scale:.1f}" height="{BAR}" rx="2"/>'
            f'<rect class="rest" x="{LEFT + word * scale:.1f}" y="{top}" width="{(total - word) * scale:.1f}"'
            f' height="{BAR}" rx="2"/>'
            f'<text x="{LEFT + total * scale + 8:.1f}" y="{top + 16}">{word:.1f} s, {total:.1f} s</text>'
        )
    height = TOP + len(WAYS) * ROW - 8
    said = "Seconds to the first word (dark) and to the end of an answer"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{said}">'
        f'<style>{STYLE}</style><text class="soft" x="{LEFT}" y="18">{said}</text>{"".join(rows)}</svg>\n'
    )


def main() -> None:
    """Read the figures and write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("figures", type=Path)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    figures = json.loads(given.figures.read_text(encoding="utf-8"))
    given.picture.write_text(chart(figures["answers"]["summary"]), encoding="utf-8")


if __name__ == "__main__":
    main()
