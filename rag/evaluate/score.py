"""One question and the answer it got → what was right about it. Pure functions; nothing is asked or looked up.

Titles are compared by `paper_id`, so case, quotes, dashes and spaces do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rag.evaluate.questions import Question
from rag.ingest.clean import paper_id

# A set of papers without required words (an overview) is right from here on: the targets of the design.
SET_RECALL = 0.90
SET_PRECISION = 0.85
TIMINGS = ("retrieve_s", "first_evidence_s", "first_token_s", "total_s", "prompt_tokens", "answer_tokens")

_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Score:
    """What was right. None where the question gives no way to tell; shares are 0..1.

    `right`: every group of `must` is in the written answer; `right_with_quotes`: in it or in the quotes shown with it.
    `precision`: share of the cited papers that are in gold or optional; `recall`: share of gold that is cited.
    `first_right`: the first paper cited is in gold. `exact`: all of gold and nothing outside gold and optional.
    `abstained`: refused or cited nothing, where that is right; `wrongly_refused`: refused what has an answer.
    `unknown_citations`: numbers in sentences that no listed paper has. `passed`: the verdict, `why` what is against it.
    """

    question: Question
    right: bool | None
    right_with_quotes: bool | None
    precision: float | None
    recall: float | None
    first_right: bool | None
    exact: bool | None
    abstained: bool | None
    wrongly_refused: bool | None
    sentences: int
    supported: int
    partial: int
    unknown_citations: int
    cited: tuple[str, ...]
    answer: str
    timings: Mapping[str, float]
    passed: bool | None
    why: str


def score(question: Question, answer: Mapping[str, Any]) -> Score:
    """Score an answer object (`Answer.to_json`), or a row `{"id", "error"}`, which counts as a wrong, empty answer."""
    sentences = answer.get("sentences") or []
    written = str(answer.get("answer") or "")
    quotes = " \n".join(str(quote.get("text", "")) for one in sentences for quote in one.get("quotes") or [])
    titles = _cited_titles(answer)
    cited, gold = [paper_id(title) for title in titles], {paper_id(title) for title in question.gold}
    allowed = gold | {paper_id(title) for title in question.optional}
    failed, refused = "error" in answer, bool(answer.get("refused"))
    has_answer = not question.should_abstain and bool(gold or question.must)
    right = contains_all(written, question.must) if question.must else None
    support = [one.get("support") for one in sentences]
    numbers = {citation.get("n") for citation in answer.get("citations") or []}
    found = Score(
        question=question,
        right=right,
        right_with_quotes=right or contains_all(f"{written} \n{quotes}", question.must) if question.must else None,
        precision=_share(cited, allowed) if gold and cited else None,
        recall=_share(gold, cited) if gold else None,
        first_right=bool(cited) and cited[0] in gold if gold else None,
        exact=gold <= set(cited) <= allowed if gold else None,
        abstained=not failed and (refused or not cited) if question.should_abstain else None,
        wrongly_refused=refused if has_answer else None,
        sentences=len(sentences),
        supported=support.count("supported"),
        partial=support.count("partial"),
        unknown_citations=sum(n not in numbers for one in sentences for n in one.get("citations") or []),
        cited=tuple(titles),
        answer=written if written or not refused else f"(refused) {answer.get('reason') or ''}".strip(),
        timings=_timings(answer),
        passed=None,
        why="",
    )
    return _judged(found, str(answer.get("error", "")), refused)


def strip_markers(text: str) -> str:
    """`text` without citation markers (`[1]`, `[1, 2]`) and the space before them, runs of white space made one."""
    return " ".join(_MARKER.sub("", text).split())


def contains_all(text: str, must: Iterable[Iterable[str]]) -> bool:
    """Whether `text`, without markers, contains at least one string of every group. Case does not matter."""
    plain = strip_markers(text).lower()
    return all(any(" ".join(wanted.split()).lower() in plain for wanted in group) for group in must)


def _cited_titles(answer: Mapping[str, Any]) -> list[str]:
    """Titles of the cited papers, each once, in the order in which sentences cite them, then any others listed."""
    listed = answer.get("citations") or []
    by_number = {citation.get("n"): citation["title"] for citation in listed}
    used = [n for one in answer.get("sentences") or [] for n in one.get("citations") or []]
    first: dict[str, str] = {}
    for title in [by_number[n] for n in used if n in by_number] + [citation["title"] for citation in listed]:
        first.setdefault(paper_id(title), title)
    return list(first.values())


def _share(items: Iterable[str], of: Iterable[str]) -> float:
    wanted, known = set(items), set(of)
    return len(wanted & known) / len(wanted)


def _timings(answer: Mapping[str, Any]) -> dict[str, float]:
    given = answer.get("timings") or {}
    return {name: float(given[name]) for name in TIMINGS if isinstance(given.get(name), int | float)}


def _judged(found: Score, error: str, refused: bool) -> Score:
    """With `passed` and `why`. Abstaining where there is no answer; else the required words and, by kind: `find` the
    first paper, `meta` the exact set, without required words the set to the design's targets, else all of gold."""
    question, against = found.question, []
    if error:
        against.append(f"failed: {error}")
    elif question.should_abstain:
        against += [] if found.abstained else ["should refuse or cite nothing"]
    elif not (question.gold or question.must):
        return found
    elif refused:
        against.append("refused")
    else:
        if found.right is False:
            missing = [group for group in question.must if not contains_all(found.answer, [group])]
            against.append("lacks " + ", ".join(" or ".join(repr(text) for text in group) for group in missing))
        against += _against_citations(found)
    return replace(found, passed=not against, why="; ".join(against))


def _against_citations(found: Score) -> list[str]:
    question = found.question
    if found.recall is None:
        return []
    recall, precision = found.recall, found.precision or 0.0
    if question.kind == "find":
        return [] if found.first_right else ["the first paper cited is not a right one"]
    if question.kind == "meta":
        return [] if found.exact else [f"not exactly the right papers (recall {recall:.2f}, precision {precision:.2f})"]
    if not question.must:
        fine = recall >= SET_RECALL and precision >= SET_PRECISION
        return [] if fine else [f"recall {recall:.2f}, precision {precision:.2f}"]
    return [] if recall == 1 else ["does not cite the right paper" if recall == 0 else f"recall {recall:.2f}"]
