"""The events of an answer as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rag.errors import PosterchatError
from rag.serve.api.errors import error_body
from rag.serve.dump import dump_json
from rag.types import (
    Compared,
    Done,
    Event,
    Evidence,
    EvidenceFound,
    Grouped,
    Refused,
    Routed,
    Searching,
    SentenceChecked,
    SentenceDropped,
    Token,
    Waiting,
)

KEEP_ALIVE = b": still working\n\n"


def sse(name: str, data: Any) -> bytes:
    """One event: its name, and JSON that never has a line break in it."""
    return f"event: {name}\ndata: {dump_json(data)}\n\n".encode()


def event_bytes(event: Event) -> bytes:
    """An event of an answer; empty for what says only that work goes on."""
    match event:
        case Waiting(position):
            return sse("waiting", {"position": position})
        case Routed(route, question):
            return sse("routed", {"route": route, "question": question})
        case Searching(papers):
            return sse("searching", {"papers": papers})
        case EvidenceFound(evidence, coverage):
            return sse("evidence", {"evidence": [_evidence(one) for one in evidence], "coverage": asdict(coverage)})
        case Compared(grid):
            return sse("compared", {"grid": [asdict(row) for row in grid]})
        case Grouped(themes, others):
            return sse(
                "grouped", {"themes": [asdict(one) for one in themes], "others": [asdict(one) for one in others]}
            )
        case Token(text):
            return sse("token", {"text": text}) if text else b""
        case SentenceChecked(sentence):
            return sse("sentence", {**asdict(sentence), "marked": sentence.marked})
        case SentenceDropped(reason):
            return sse("dropped", {"reason": reason})
        case Refused(reason, nearest):
            return sse("refused", {"reason": reason, "nearest": nearest})
        case Done(answer):
            return sse("done", answer.to_json())


def error_bytes(error: PosterchatError) -> bytes:
    """The last event of an answer that broke off."""
    return sse("error", error_body(error))


def _evidence(one: Evidence) -> dict[str, Any]:
    paper = one.paper
    return {
        "n": one.n,
        "paper_id": paper.id,
        "title": paper.title,
        "authors": paper.authors,
        "url": paper.url,
        "award": paper.award,
        "text_kind": paper.text_kind,
        "score": one.score,
        "quotes": [asdict(quote) for quote in one.quotes],
    }
