"""Exports: answers and papers in the forms that other programs read. Everything here turns values into text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import rag
from rag.errors import UsageError
from rag.serve.export.bibtex import bibtex
from rag.serve.export.markdown import markdown
from rag.serve.export.names import citation_keys
from rag.serve.export.records import csl_json, json_object, jsonl, ris
from rag.types import Answer, Paper

ANSWER_FORMATS = ("markdown", "bibtex", "ris", "csl-json", "json")
PAPER_FORMATS = ("bibtex", "ris", "csl-json", "json", "jsonl")

_REFERENCES: dict[str, Callable[..., str]] = {"bibtex": bibtex, "ris": ris, "csl-json": csl_json}


def export_answers(answers: Sequence[Answer], form: str, papers: Mapping[str, Paper] | None = None) -> str:
    """Answers as `markdown` or `json`, or the papers that they cite as `bibtex`, `ris` or `csl-json`.

    `papers` are those of the collections asked, by id: they add year, venue and award, and keep citation keys the same
    in every export of a collection. Without them the answers' own citations are used. Raises UsageError for another
    form.
    """
    known = papers or {}
    if form == "markdown":
        return markdown(answers, known)
    if form == "json":
        document = {"posterchat": rag.__version__, "answers": [answer.to_json() for answer in answers]}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    cited = cited_papers(answers, known)
    return _writer(form, ANSWER_FORMATS)(cited, citation_keys([*cited, *known.values()]))


def export_papers(papers: Sequence[Paper], form: str) -> str:
    """All of `papers` with their abstracts as `bibtex`, `ris`, `csl-json`, `json` or `jsonl`; `posterchat index` makes
    the same papers of each. Raises UsageError for another form."""
    if form in ("json", "jsonl"):
        return jsonl(papers) if form == "jsonl" else json_object(papers)
    return _writer(form, PAPER_FORMATS)(papers, citation_keys(papers), abstracts=True)


def cited_papers(answers: Sequence[Answer], papers: Mapping[str, Paper]) -> list[Paper]:
    """The papers that the answers cite, each once, in the order of first citation."""
    cited = {citation.paper_id: citation for answer in reversed(answers) for citation in reversed(answer.citations)}
    ordered = dict.fromkeys(citation.paper_id for answer in answers for citation in answer.citations)
    return [
        papers.get(key) or Paper(key, cited[key].title, cited[key].authors, "", url=cited[key].url) for key in ordered
    ]


def _writer(form: str, forms: Sequence[str]) -> Callable[..., str]:
    if form not in forms or form not in _REFERENCES:
        raise UsageError(f"There is no export to {form}.", hint=f"There are: {', '.join(forms)}.")
    return _REFERENCES[form]
