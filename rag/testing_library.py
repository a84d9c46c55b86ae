"""A stand-in for the whole library, for tests of the surfaces: answers by fixed rules, no files, no models."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag.errors import ModelError, Overloaded, UnknownCollection
from rag.settings import Settings
from rag.testing import MadeUpTopic, MadeUpVectors, made_up_papers
from rag.text import content_words, split_sentences
from rag.types import (
    Answer,
    Aspect,
    Cell,
    Citation,
    CollectionInfo,
    Compared,
    Coverage,
    Done,
    Event,
    Evidence,
    EvidenceFound,
    GridRow,
    Grouped,
    Other,
    Paper,
    Quote,
    Refused,
    Route,
    Routed,
    Searching,
    Sentence,
    SentenceChecked,
    SentenceDropped,
    Support,
    Theme,
    Timings,
    Token,
    Turn,
    Waiting,
)

_SUPPORTS: tuple[Support, ...] = ("supported", "partial", "unsupported")


@dataclass(frozen=True)
class ScriptedAssistant:
    """Answers from fixed rules instead of a model, with every kind of event. Words of the question choose:

    `refuse`, `overloaded`, `break` (fails in the middle), `bug` (an exception that is not ours), `wait` (a queue),
    `drop` (a withdrawn sentence), `list` (list items), `endless` (writes until it is stopped), `compare` (a grid),
    `overview` (two themes, and papers that are not shown), `catalogue` (titles only); else the first sentences of the
    papers whose titles share a word with the question are the answer.
    """

    info: CollectionInfo
    papers: tuple[Paper, ...]
    delay_s: float = 0.0
    asked: list[tuple[str, tuple[Turn, ...]]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Nothing has to be read."""

    def ask(
        self, question: str, history: Sequence[Turn] = (), *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """As `rag.answer.pipeline.Assistant.ask`. Every question is noted in `asked`, and in `ended` when its
        iterator is finished or closed."""
        self.asked.append((question, tuple(history)))
        try:
            yield from self._events(question, history, stop or threading.Event())
        finally:
            self.ended.append(question)

    def _events(self, question: str, history: Sequence[Turn], stop: threading.Event) -> Iterator[Event]:
        wish = question.lower()
        if "overloaded" in wish:
            raise Overloaded("Too many questions are waiting already.", hint="Ask again in a minute.")
        yield Routed(_route(wish), f"{question} (after: {history[-1].question})" if history else question)
        if "wait" in wish:
            for position in (2, 1):
                yield Waiting(position)
                time.sleep(self.delay_s)
        yield Searching(len(self.papers))
        if "refuse" in wish:
            reason, near = "None of the abstracts speaks to this question.", tuple(p.title for p in self.papers[:3])
            yield Refused(reason, near)
            yield Done(self._answer(question, (), (), refused=True, reason=reason, nearest=near))
            return
        evidence = self._evidence(wish)
        yield EvidenceFound(evidence, Coverage(len(self.papers), len(evidence), 0))
        layout = _layout(wish, evidence, self.papers)
        if layout is not None:
            yield layout
        for _ in range(3):
            time.sleep(self.delay_s)
            yield Token("")
        if "drop" in wish:
            yield from self._write("This sentence is withdrawn.", stop)
            yield SentenceDropped("no support")
        kept: list[Sentence] = []
        for sentence in _openings(wish, evidence, layout):
            kept.append(sentence)
            yield SentenceChecked(sentence)
        while not stop.is_set():
            for place, item in enumerate(evidence):
                sentence = _about(item, place, wish)
                yield from self._write(sentence.text, stop)
                if "bug" in wish:
                    raise RuntimeError("a made-up bug")
                if "break" in wish:
                    raise ModelError("The language model failed.", hint="Ask again.")
                if stop.is_set():
                    break
                kept.append(sentence)
                yield SentenceChecked(sentence)
            if "endless" not in wish:
                break
        done = self._answer(question, evidence, tuple(kept), cancelled=stop.is_set())
        yield Done(replace(done, route=_route(wish)))

    def _write(self, text: str, stop: threading.Event) -> Iterator[Event]:
        for place, word in enumerate(text.split(" ")):
            if stop.is_set():
                return
            time.sleep(self.delay_s)
            yield Token(word if place == 0 else f" {word}")

    def _evidence(self, wish: str) -> tuple[Evidence, ...]:
        wanted = set(content_words(wish))
        named = [paper for paper in self.papers if wanted & set(content_words(paper.title))]
        if _route(wish) in ("overview", "catalogue"):
            named = list(self.papers[:4])
        found = []
        for n, paper in enumerate(named or self.papers[:2], start=1):
            first = split_sentences(paper.abstract)[0]
            found.append(Evidence(n, paper, 1 / n, (Quote(n, first.text, first.start, first.end),)))
        return tuple(found)

    def _answer(
        self,
        question: str,
        evidence: tuple[Evidence, ...],
        sentences: tuple[Sentence, ...],
        *,
        refused: bool = False,
        cancelled: bool = False,
        reason: str | None = None,
        nearest: tuple[str, ...] = (),
    ) -> Answer:
        cited = {n for sentence in sentences for n in sentence.citations}
        citations = tuple(Citation(e.n, e.paper.id, e.paper.title, e.paper.authors) for e in evidence if e.n in cited)
        return Answer(
            question=question,
            collection=self.info.name,
            route="refuse" if refused else "fact",
            refused=refused,
            sentences=sentences,
            citations=citations,
            coverage=Coverage(len(self.papers), len(evidence), len(citations)),
            timings=Timings(total_s=0.5),
            model="scripted",
            index="none",
            reason=reason,
            nearest=nearest,
            cancelled=cancelled,
        )


def _about(item: Evidence, place: int, wish: str) -> Sentence:
    """The second sentence of an abstract (or the only one) as a sentence of an answer, quoting itself."""
    if "catalogue" in wish:
        return Sentence(f"- {item.paper.title}", (item.n,), "supported")
    spans = split_sentences(item.paper.abstract)
    span = spans[min(1, len(spans) - 1)]
    as_list = any(word in wish for word in ("list", "compare", "overview"))
    text = f"- {item.paper.title}: {span.text}" if as_list else span.text
    return Sentence(text, (item.n,), _SUPPORTS[place % 3], (Quote(item.n, span.text, span.start, span.end),))


def _route(wish: str) -> Route:
    routes: tuple[Route, ...] = ("compare", "overview", "catalogue")
    return next((route for route in routes if route in wish), "fact")


def _layout(wish: str, evidence: tuple[Evidence, ...], papers: tuple[Paper, ...]) -> Compared | Grouped | None:
    if "compare" in wish:
        aspects: tuple[Aspect, ...] = ("problem", "method", "result")
        return Compared(
            tuple(
                GridRow(aspect, tuple(Cell(item.n, _nth_quote(item, place)) for item in evidence))
                for place, aspect in enumerate(aspects)
            )
        )
    if "overview" in wish:
        half = len(evidence) // 2
        themes = (
            Theme("small things", tuple(item.n for item in evidence[:half])),
            Theme("", tuple(item.n for item in evidence[half:])),
        )
        shown = {item.paper.id for item in evidence}
        return Grouped(themes, tuple(Other(paper.id, paper.title) for paper in papers if paper.id not in shown))
    return None


def _nth_quote(item: Evidence, place: int) -> Quote | None:
    spans = split_sentences(item.paper.abstract)
    return Quote(item.n, spans[place].text, spans[place].start, spans[place].end) if place < len(spans) else None


def _openings(wish: str, evidence: tuple[Evidence, ...], layout: Compared | Grouped | None) -> tuple[Sentence, ...]:
    if "catalogue" in wish:
        return (Sentence(f"{len(evidence)} papers are here.", tuple(item.n for item in evidence), "supported"),)
    if isinstance(layout, Grouped):
        named = [(theme.label.capitalize() or "Others", theme.papers) for theme in layout.themes]
        return tuple(Sentence(f"{label}: {len(papers)} papers.", papers, "supported") for label, papers in named)
    return ()


class FakeLibrary:
    """Stands in for `rag.wiring.Library` with scripted assistants: no files, no models."""

    def __init__(
        self,
        collections: dict[str, tuple[Paper, ...]] | None = None,
        *,
        delay_s: float = 0.0,
        loaded: bool = True,
        settings: Settings | None = None,
    ) -> None:
        papers = {"made-up": made_up_papers()} if collections is None else collections
        self.delay_s = delay_s
        self.settings = settings or Settings(collection=next(iter(papers), "made-up"), llm="scripted")
        self.is_loaded = loaded
        self.drafts: list[str] = []
        self.read: list[str] = []
        self.assistants = {
            name: ScriptedAssistant(CollectionInfo(name, len(found), "gen-1", "fake", "fake"), found, delay_s)
            for name, found in papers.items()
        }

    def collections(self) -> list[CollectionInfo]:
        """All collections, by name."""
        return [assistant.info for _, assistant in sorted(self.assistants.items())]

    def papers(self, name: str | None = None) -> list[Paper]:
        """All papers of a collection."""
        return list(self.assistant(name).papers)

    def topics(self, name: str | None = None) -> list[MadeUpTopic]:
        """Up to three topics: papers of the collection in their order, labelled with words of the first title."""
        papers = self.assistant(name).papers
        size = max(1, -(-len(papers) // 3))
        groups = [papers[at : at + size] for at in range(0, len(papers), size)]
        return [MadeUpTopic(" ".join(content_words(g[0].title)[:2]), tuple(p.id for p in g)) for g in groups]

    def vectors(self, name: str | None = None) -> MadeUpVectors:
        """Bags of hashed words."""
        return MadeUpVectors(self.assistant(name).papers)

    def assistant(self, name: str | None = None, *, only: frozenset[str] | None = None) -> ScriptedAssistant:
        """Who answers, about all papers or those whose ids are in `only`. Raises UnknownCollection."""
        try:
            found = self.assistants[name or self.settings.collection]
        except KeyError:
            raise UnknownCollection(f"There is no collection {name}.", hint="Run `posterchat index FILE`.") from None
        if only is None:
            return found
        return replace(found, papers=tuple(paper for paper in found.papers if paper.id in only))

    def generator(self) -> None:
        """There is no model."""

    embedder = generator

    def read_ahead(self, name: str | None = None) -> None:
        """Notes the collection in `read`."""
        self.read.append(name or self.settings.collection)

    def prepare(
        self,
        draft: str,
        name: str | None = None,
        history: Sequence[Turn] = (),
        *,
        only: frozenset[str] | None = None,
    ) -> None:
        """Notes the draft in `drafts`."""
        self.drafts.append(draft)

    def loaded(self) -> tuple[bool, bool]:
        """What the constructor was told."""
        return self.is_loaded, self.is_loaded

    def close(self) -> None:
        """Nothing to close."""
