"""One turn of the conversation as the page shows it: the events of an answer, folded into a frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.types import (
    Answer,
    Compared,
    Coverage,
    Done,
    Event,
    Evidence,
    EvidenceFound,
    GridRow,
    Grouped,
    Other,
    Quote,
    Refused,
    Route,
    Routed,
    Searching,
    Sentence,
    SentenceChecked,
    SentenceDropped,
    Theme,
    Timings,
    Token,
    Turn,
    Waiting,
)


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A question and all that has come of it so far. `number` counts the turns of a conversation from 1."""

    number: int
    question: str
    status: str = "Starting"
    busy: bool = True
    route: Route | None = None
    understood: str = ""  # the question as it was searched, where that differs from what was typed
    evidence: tuple[Evidence, ...] = ()
    coverage: Coverage | None = None
    sentences: tuple[Sentence, ...] = ()
    pending: str = ""  # provisional text of the sentence being written
    refusal: str = ""
    nearest: tuple[str, ...] = ()
    note: str = ""
    problem: str = ""
    hint: str = ""
    stopped: bool = False
    seconds: float | None = None
    cited: tuple[str, ...] = ()
    grid: tuple[GridRow, ...] = ()
    themes: tuple[Theme, ...] = ()
    others: tuple[Other, ...] = ()
    scope: str = ""  # which papers were asked, where it was not all of them
    model: str = ""
    index: str = ""
    timings: Timings | None = None
    speed: float | None = None  # tokens a second while the model wrote
    verdict: str = ""  # `up` or `down`, when the reader has said so

    def after(self, event: Event) -> ShownTurn:
        """The turn as it looks once `event` has come."""
        match event:
            case Waiting(position):
                return replace(self, status=_waiting(position))
            case Routed(route, question):
                same = question.split() == self.question.split()
                return replace(self, route=route, understood="" if same else question)
            case Searching(papers):
                return replace(self, status=f"Searching {count(papers, 'paper')}")
            case EvidenceFound(evidence, coverage):
                return replace(self, evidence=evidence, coverage=coverage, status=_reading(evidence))
            case Compared(grid):
                return replace(self, grid=grid)
            case Grouped(themes, others):
                return replace(self, themes=themes, others=others)
            case Token(""):
                return self if self.pending else replace(self, status=_reading(self.evidence))
            case Token(text):
                return replace(self, pending=self.pending + text, status="Writing")
            case SentenceChecked(sentence):
                return replace(self, sentences=(*self.sentences, sentence), pending="", status="Writing")
            case SentenceDropped():
                return replace(self, pending="", status="Writing")
            case Refused(reason, nearest):
                return replace(self, refusal=reason, nearest=nearest, pending="")
            case Done(answer):
                return self._finished(answer)

    def _finished(self, answer: Answer) -> ShownTurn:
        if answer.refused:
            status = "The papers do not answer this"
        elif answer.cancelled:
            status = "Stopped"
        else:
            status = f"Answered from {count(answer.coverage.cited, 'paper')}" if answer.citations else "Answered"
        return replace(
            self,
            status=status,
            busy=False,
            route=answer.route,
            sentences=answer.sentences,
            pending=self.pending if answer.cancelled else "",
            note=(answer.reason or "") if not answer.refused else "",
            refusal=(self.refusal or answer.reason or "") if answer.refused else "",
            nearest=answer.nearest if answer.refused else (),
            stopped=answer.cancelled,
            coverage=answer.coverage,
            seconds=answer.timings.total_s,
            cited=tuple(citation.paper_id for citation in answer.citations),
            model=answer.model,
            index=answer.index,
            timings=answer.timings,
        )

    def failed(self, problem: str, hint: str) -> ShownTurn:
        """The turn when the answer broke off: what is there stays, the problem is said in one sentence."""
        return replace(self, busy=False, status="Not answered", problem=problem, hint=hint)

    def cut(self) -> ShownTurn:
        """The turn when its events ended without `Done`."""
        return replace(self, busy=False, status="Stopped", stopped=True)

    @property
    def titles(self) -> dict[int, str]:
        """The titles of the papers offered, by citation number."""
        return {evidence.n: evidence.paper.title for evidence in self.evidence}

    def quotes(self) -> tuple[Quote, ...]:
        """Every quote of the turn: those of the search, and those that prove the written sentences."""
        found = [quote for evidence in self.evidence for quote in evidence.quotes]
        found += [cell.quote for row in self.grid for cell in row.cells if cell.quote]
        return (*found, *(quote for sentence in self.sentences for quote in sentence.quotes))

    def as_history(self) -> Turn:
        """The turn as later questions need it."""
        return Turn(self.question, self.cited)


def count(number: int, noun: str) -> str:
    """`1 paper`, `2 papers`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _waiting(position: int) -> str:
    return f"{count(position, 'question')} before yours"


def _reading(evidence: tuple[Evidence, ...]) -> str:
    return f"Reading [{evidence[0].n}] {evidence[0].paper.title}" if evidence else "Looking closer at the papers found"
