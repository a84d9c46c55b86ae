"""A library for tests of the command line: the real index with hashed vectors, and answers made by a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rag.serve.cli.main import main
from rag.settings import Settings
from rag.testing import HashEmbedder
from rag.types import (
    Answer,
    Citation,
    Coverage,
    Done,
    Embedder,
    Event,
    Evidence,
    EvidenceFound,
    Paper,
    Quote,
    Refused,
    Routed,
    Searching,
    Sentence,
    SentenceChecked,
    SentenceDropped,
    Timings,
    Token,
    Turn,
)
from rag.wiring import Library

PAPERS: list[dict[str, Any]] = [
    {
        "title": "Counting Herons from Balloons",
        "authors": ["Ada Quill", "Björn Tarn"],
        "abstract": "We count herons from balloons. The count is right for 93 of 100 ponds.",
        "award": "Best Pond Paper",
        "url": "https://example.org/herons",
    },
    {
        "title": "Sorting Pebbles by Sound",
        "authors": ["Cleo Marsh"],
        "abstract": "Pebbles are sorted by the sound of their fall. A microphone for 4 euros is enough.",
    },
    {
        "title": "Counting Otters at Night",
        "authors": ["Dag Fen", "Ada Quill"],
        "abstract": "Otters are counted at night by their splashes. It needs no camera.",
    },
]


def write_papers(path: Path, papers: Sequence[dict[str, Any]] = PAPERS) -> Path:
    """Papers as JSONL."""
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")
    return path


Script = Callable[[str, Sequence[Turn], threading.Event], Iterator[Event]]


@dataclass(frozen=True)
class Scripted:
    """An assistant that follows a script and notes what it was asked."""

    script: Script
    asked: list[tuple[str, tuple[Turn, ...]]]

    def ask(
        self, question: str, history: Sequence[Turn] = (), *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        self.asked.append((question, tuple(history)))
        yield from self.script(question, history, stop or threading.Event())


class MadeUpLibrary(Library):
    """`Library` without models."""

    def __init__(self, settings: Settings, *, purpose: str, assistant: Scripted) -> None:
        super().__init__(settings, purpose=purpose)
        self._scripted = assistant

    def embedder(self) -> Embedder:
        return HashEmbedder(dimension=64)

    def indexing_embedder(self) -> Embedder:
        return self.embedder()

    def assistant(self, name: str | None = None) -> Any:
        return self._scripted


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Terminal:
    """Runs the command line in this process. `asked` collects the questions that reached the assistant."""

    def __init__(self, capsys: pytest.CaptureFixture[str], script: Script | None = None) -> None:
        self._capsys = capsys
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.script: Script = script or answer_about_herons

    def __call__(self, *argv: str | Path) -> Result:
        self._capsys.readouterr()

        def open_library(settings: Settings, *, purpose: str) -> Library:
            return MadeUpLibrary(settings, purpose=purpose, assistant=Scripted(self.script, self.asked))

        with pytest.raises(SystemExit) as leaving:
            main([str(arg) for arg in argv], open_library=open_library)
        seen = self._capsys.readouterr()
        assert "Traceback" not in seen.err or "--debug" in argv
        return Result(int(leaving.value.code or 0), seen.out, seen.err)


HERONS = Paper("abc123", PAPERS[0]["title"], ("Ada Quill", "Björn Tarn"), PAPERS[0]["abstract"])
PEBBLES = Paper("def456", PAPERS[1]["title"], ("Cleo Marsh",), PAPERS[1]["abstract"])


def evidence(n: int, paper: Paper, text: str) -> Evidence:
    """A paper offered with one sentence of its abstract."""
    start = paper.abstract.index(text)
    return Evidence(n, paper, 1.0, (Quote(n, text, start, start + len(text)),))


def finished(question: str, *sentences: Sentence, papers: Sequence[Paper] = (), **more: Any) -> Answer:
    """A whole answer that cites `papers`, numbered from 1."""
    answer = Answer(
        question=question,
        collection="ponds",
        route="fact",
        refused=False,
        sentences=sentences,
        citations=tuple(
            Citation(n, paper.id, paper.title, paper.authors, paper.url) for n, paper in enumerate(papers, start=1)
        ),
        coverage=Coverage(read=3, matched=2, cited=len(papers)),
        timings=Timings(total_s=1.25),
        model="made-up",
        index="0123/gen-000001",
    )
    return replace(answer, **more)


RIGHT = "The count is right for 93 of 100 ponds."


def answer_about_herons(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
    """Evidence, a dropped sentence, a kept one, one of partial support, and the whole answer."""
    kept = Sentence("It is right for 93 ponds.", (1,), "supported", evidence(1, HERONS, RIGHT).quotes)
    weak = Sentence("Herons like balloons.", (1,), "partial")
    yield Routed("fact", question)
    yield Searching(3)
    yield EvidenceFound(
        (evidence(1, PEBBLES, "A microphone for 4 euros is enough."), evidence(2, HERONS, RIGHT)), Coverage(3, 2, 0)
    )
    yield Token("")
    yield Token("Zebras are")
    yield Token(" everywhere.")
    yield SentenceDropped("no support")
    yield EvidenceFound(
        (evidence(1, HERONS, RIGHT), evidence(2, PEBBLES, "A microphone for 4 euros is enough.")), Coverage(3, 2, 0)
    )
    yield Token("It is right")
    yield SentenceChecked(kept)
    yield SentenceChecked(weak)
    yield Done(finished(question, kept, weak, papers=[HERONS]))


def refuse(question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
    """A refusal with the nearest titles."""
    reason = "None of the abstracts speaks to this."
    yield Refused(reason, (HERONS.title,))
    yield Done(finished(question, route="refuse", refused=True, reason=reason, nearest=(HERONS.title,)))
