"""A turn as plain text for the clipboard: citations stay as `[n]`, and a list says which papers they are."""

from __future__ import annotations

from rag.serve.ui.turn import ShownTurn
from rag.types import Evidence, Sentence


def as_text(shown: ShownTurn) -> str:
    """Question, answer and references of a finished turn."""
    parts = [shown.question, _grid(shown), _answer(shown.sentences), shown.refusal, shown.note, _references(shown)]
    return "\n\n".join(part for part in parts if part)


def _answer(sentences: tuple[Sentence, ...]) -> str:
    out = ""
    for sentence in sentences:
        marked = sentence.marked
        if sentence.support == "unsupported":
            marked += " (not found in the abstract)"
        out += ("" if not out else "\n" if marked.startswith("- ") else " ") + marked
    return out


def _grid(shown: ShownTurn) -> str:
    lines = []
    for row in shown.grid:
        lines.append(f"{row.aspect.capitalize()}:")
        lines += [
            f"- [{cell.n}] {f'“{cell.quote.text}”' if cell.quote else 'not stated in the abstract'}"
            for cell in row.cells
        ]
    return "\n".join(lines)


def _references(shown: ShownTurn) -> str:
    used = {n for sentence in shown.sentences for n in sentence.citations}
    used |= {cell.n for row in shown.grid for cell in row.cells}
    lines = [_reference(item) for item in sorted(shown.evidence, key=lambda item: item.n) if item.n in used]
    return "\n".join(["References", *lines]) if lines else ""


def _reference(item: Evidence) -> str:
    paper = item.paper
    what = f"{', '.join(paper.authors)}. " if paper.authors else ""
    where = " ".join(str(part) for part in (paper.venue, paper.year) if part)
    end = "" if paper.title.endswith(("?", "!", ".")) else "."
    return " ".join(
        part for part in (f"[{item.n}] {what}{paper.title}{end}", f"{where}." if where else "", paper.url) if part
    )
