"""Shown turns as files: Markdown, BibTeX of the cited papers, or JSON that says all about how an answer came about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rag.serve.export import export_answers
from rag.serve.ui.turn import ShownTurn
from rag.types import Answer, Citation, Coverage, Paper, Timings

# The name of a form: its file's ending and its type.
FORMS = {
    "markdown": ("md", "text/markdown"),
    "bibtex": ("bib", "application/x-bibtex"),
    "json": ("json", "application/json"),
}


def exported(turns: Sequence[ShownTurn], collection: str, form: str, papers: Mapping[str, Paper]) -> str:
    """The text of a file with finished turns; `form` is one of FORMS. Raises UsageError for another one."""
    answers = [as_answer(turn, collection) for turn in turns if not turn.problem]
    text = export_answers(answers, form, papers)
    if form != "json":
        return text
    document = json.loads(text)
    shown = [turn for turn in turns if not turn.problem]
    for answer, turn in zip(document["answers"], shown, strict=True):
        if turn.scope:
            answer["scope"] = turn.scope
        if turn.understood:
            answer["understood"] = turn.understood
        answer["retrieved"] = [
            {
                "n": item.n,
                "paper_id": item.paper.id,
                "score": round(item.score, 4),
                "quotes": [asdict(quote) for quote in item.quotes],
            }
            for item in turn.evidence
        ]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_answer(shown: ShownTurn, collection: str) -> Answer:
    """The answer of a finished turn, as it was before it was shown."""
    cited = set(shown.cited)
    return Answer(
        question=shown.question,
        collection=collection,
        route=shown.route or "refuse",
        refused=bool(shown.refusal),
        sentences=shown.sentences,
        citations=tuple(
            Citation(item.n, item.paper.id, item.paper.title, item.paper.authors, item.paper.url)
            for item in shown.evidence
            if item.paper.id in cited
        ),
        coverage=shown.coverage or Coverage(0, 0, 0),
        timings=shown.timings or Timings(total_s=shown.seconds or 0.0),
        model=shown.model,
        index=shown.index,
        reason=shown.refusal or shown.note or None,
        nearest=shown.nearest,
        cancelled=shown.stopped,
        grid=shown.grid,
        themes=shown.themes,
        others=shown.others,
    )
