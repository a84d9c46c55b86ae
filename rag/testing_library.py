"""A stand-in for the whole library, for tests of the surfaces: answers by fixed rules, no files, no models."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rag.errors import ModelError, Overloaded, UnknownCollection
from rag.settings import Settings
from rag.testing import made_up_papers
from rag.text import content_words, split_sentences
from rag.types import (
    Answer,
    Citation,
    CollectionInfo,
    Coverage,
    Done,
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
    Support,
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
    `drop` (a withdrawn sentence), `list` (list items), `endless` (writes until it is stopped); else the first
    sentences of the papers whose titles share a word with the question are the answer.
    """

    info: CollectionInfo
    papers: tuple[Paper, ...]
    delay_s: float = 0.0
    asked: list[tuple[str, tuple[Turn, ...]]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

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
        yield Routed("fact", f"{question} (after: {history[-1].question})" if history else question)
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
        for _ in range(3):
            time.sleep(self.delay_s)
            yield Token("")
        if "drop" in wish:
            yield from self._write("This sentence is withdrawn.", stop)
            yield SentenceDropped("no support")
        kept: list[Sentence] = []
        while not stop.is_set():
            for place, item in enumerate(evidence):
                sentence = _about(item, place, as_list="list" in wish)
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
        yield Done(self._answer(question, evidence, tuple(kept), cancelled=stop.is_set()))

    def _write(self, text: str, stop: threading.Event) -> Iterator[Event]:
        for place, word in enumerate(text.split(" ")):
            if stop.is_set():
                return
            time.sleep(self.delay_s)
            yield Token(word if place == 0 else f" {word}")

    def _evidence(self, wish: str) -> tuple[Evidence, ...]:
        wanted = set(content_words(wish))
        named = [paper for paper in self.papers if wanted & set(content_words(paper.title))]
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


def _about(item: Evidence, place: int, *, as_list: bool) -> Sentence:
    """The second sentence of an abstract (or the only one) as a sentence of an answer, quoting itself."""
    spans = split_sentences(item.paper.abstract)
    span = spans[min(1, len(spans) - 1)]
    text = f"- {item.paper.title}: {span.text}" if as_list else span.text
    return Sentence(text, (item.n,), _SUPPORTS[place % 3], (Quote(item.n, span.text, span.start, span.end),))


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
        self.settings = settings or Settings(collection=next(iter(papers), "made-up"), llm="scripted")
        self.is_loaded = loaded
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

    def assistant(self, name: str | None = None) -> ScriptedAssistant:
        """Who answers. Raises UnknownCollection."""
        try:
            return self.assistants[name or self.settings.collection]
        except KeyError:
            raise UnknownCollection(f"There is no collection {name}.", hint="Run `posterchat index FILE`.") from None

    def generator(self) -> None:
        """There is no model."""

    def loaded(self) -> tuple[bool, bool]:
        """What the constructor was told."""
        return self.is_loaded, self.is_loaded

    def close(self) -> None:
        """Nothing to close."""
