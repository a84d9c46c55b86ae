"""The state of one answer while it is being made: clock, numbering, sentences; and the `Answer` it ends as."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from rag.types import (
    Answer,
    Citation,
    CollectionInfo,
    Coverage,
    Evidence,
    EvidenceFound,
    GridRow,
    Hit,
    Other,
    Paper,
    Quote,
    Route,
    Sentence,
    Span,
    Theme,
    Timings,
)


@dataclass(slots=True)
class Run:
    """One question on its way. `stop` set from outside ends it at the next sign of life."""

    asked: str
    info: CollectionInfo
    model: str
    stop: threading.Event
    route: Route = "fact"
    question: str = ""  # as it is searched: cleaned, and rewritten for follow-ups
    evidence: tuple[Evidence, ...] = ()
    sentences: list[Sentence] = field(default_factory=list)
    coverage: Coverage = Coverage(0, 0, 0)
    reason: str | None = None
    nearest: tuple[str, ...] = ()
    refused: bool = False
    grid: tuple[GridRow, ...] = ()
    themes: tuple[Theme, ...] = ()
    others: tuple[Other, ...] = ()
    refusal: str = ""  # set by a route that finds that there is no answer
    timings: Timings = Timings()
    _start: float = field(default_factory=time.perf_counter)

    def clock(self, moment: Literal["retrieve_s", "first_evidence_s", "first_token_s"]) -> None:
        """Note the time of the first occurrence of a moment."""
        if getattr(self.timings, moment) is None:
            values: dict[str, Any] = {moment: time.perf_counter() - self._start}
            self.timings = replace(self.timings, **values)

    def tell(self, reason: str) -> str:
        """Put a reason before those that the answer has; returns all of them."""
        self.reason = f"{reason} {self.reason or ''}".strip()
        return self.reason

    def count_tokens(self, prompt: int, answer: int) -> None:
        """Add the tokens of one read."""
        self.timings = replace(
            self.timings,
            prompt_tokens=self.timings.prompt_tokens + prompt,
            answer_tokens=self.timings.answer_tokens + answer,
        )

    def offer(self, found: Sequence[tuple[Hit, Sequence[Span]]], *, matched: int) -> EvidenceFound:
        """Number the papers 1, 2, … in the given order and make them the evidence of this answer."""
        self.evidence = tuple(
            Evidence(n, hit.paper, hit.score, tuple(Quote(n, s.text, s.start, s.end) for s in spans))
            for n, (hit, spans) in enumerate(found, start=1)
        )
        self.coverage = Coverage(read=self.info.papers, matched=matched, cited=0)
        self.clock("first_evidence_s")
        return EvidenceFound(self.evidence, self.coverage)

    def number(self, paper: Paper) -> int:
        """The citation number of a paper of the evidence."""
        return next(e.n for e in self.evidence if e.paper.id == paper.id)

    def quote(self, paper: Paper, spans: Sequence[Span]) -> tuple[Quote, ...]:
        """Spans of a paper's abstract as quotes under its number."""
        n = self.number(paper)
        return tuple(Quote(n, span.text, span.start, span.end) for span in spans)

    def answer(self) -> Answer:
        """The answer as it stands now."""
        cited = {n for sentence in self.sentences for n in sentence.citations}
        citations = tuple(
            Citation(e.n, e.paper.id, e.paper.title, e.paper.authors, e.paper.url)
            for e in self.evidence
            if e.n in cited
        )
        return Answer(
            question=self.asked,
            collection=self.info.name,
            route="refuse" if self.refused else self.route,
            refused=self.refused,
            sentences=tuple(self.sentences),
            citations=citations,
            coverage=replace(self.coverage, cited=len(citations)),
            timings=replace(self.timings, total_s=time.perf_counter() - self._start),
            model=self.model,
            index=f"{self.info.fingerprint}/{self.info.generation}",
            reason=self.reason,
            nearest=self.nearest,
            cancelled=self.stop.is_set(),
            grid=self.grid,
            themes=self.themes,
            others=self.others,
        )
