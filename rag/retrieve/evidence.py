"""Which sentences of a paper speak to a question: word overlap weighted by rarity, and sentence vectors."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from rag.index.catalogue import Catalogue
from rag.retrieve.orders import without_orders
from rag.text import content_words, search_words
from rag.types import Embedder, Hit, Paper, Span

_LEXICAL_SHARE = 0.5
# The first papers, where no score of theirs is this far behind the best, are put in order with the cosine of their
# nearest sentence, which counts this much: a chunk of many sentences hides the one that speaks to the question
# (docs/decisions.md). All three figures lie in the middle of what does equally well.
_CLOSE = 0.15
_CLOSE_PAPERS = 3
_NEAREST_COUNTS = 0.5
_PAPERS_KEPT = 128
_LEAST_BEYOND = 0.1  # of a question's vector: less is the title in other words
# How abstracts of any field say what the paper brings (first), or else what it does and finds.
_WE = (
    r"\b(?:we|this (?:paper|work|article|study|thesis|survey|research)"
    r"|our (?:approach|method|framework|model|key idea|work|paper|study|goal|aim))\s+(?:\w+\s+){0,2}"
)
_BRINGS = re.compile(
    rf"{_WE}(?:propos|introduc|present|provid|develop|design|devis|formulat|creat|construct|build|assembl|release|curat"
    r"|establish|address|tackl|study|studies|investigat|explor|examin|analy[sz]e|revisit|describ|fine-?tun|discover)",
    re.I,
)
_DOES = re.compile(
    rf"{_WE}(?:show|prov(?!id)|deriv|demonstrat|find|argue|observ|reveal|identif|suggest|extend|appl|leverag|combin"
    r"|evaluat|compar|benchmark|measur|test|train|collect|conduct|contribut|focus|aim|seek|attempt|consider|hope)"
    r"|^(?:\S+ ){0,3}(?:in )?(?:this|our) (?:paper|work|article|study|thesis|survey)\b",
    re.I,
)
_BESIDES = re.compile(
    r"\b(?:also|additional(?:ly)?|further(?:more)?|moreover|besides|finally|lastly|last|in addition)\b", re.I
)


class TermWeights:
    """How telling a word is in a collection: ln(1 + N / (1 + df)), the smoothed inverse document frequency."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._papers = max(1, catalogue.count())
        self._of_word = lru_cache(maxsize=50_000)(self._look_up)

    def of(self, text: str) -> dict[str, float]:
        """Weight of every distinct stem of the content words of `text`."""
        weights: dict[str, float] = {}
        for word in search_words(text):
            for stem in content_words(word):
                weights[stem] = max(weights.get(stem, 0.0), self._of_word(word))
        return weights

    def _look_up(self, word: str) -> float:
        return math.log(1 + self._papers / (1 + self._catalogue.document_frequency(word)))


def overlap(weights: dict[str, float], text: str) -> float:
    """Share (0..1) of the total weight whose stems occur in `text`; 0 when there is no weight at all."""
    total = sum(weights.values())
    present = set(content_words(text))
    return sum(weight for stem, weight in weights.items() if stem in present) / total if total else 0.0


class EvidenceFinder:
    """Ranks the sentences of papers for a question."""

    def __init__(self, catalogue: Catalogue, embedder: Embedder) -> None:
        self._catalogue = catalogue
        self._embedder = embedder
        self.weights = TermWeights(catalogue)
        self._embedded = lru_cache(maxsize=_PAPERS_KEPT)(self._embed)

    def sentences(self, paper: Paper) -> list[Span]:
        """All sentences of a paper's abstract, in order, but those that give orders to a machine."""
        return self._sentences(paper.id)

    def _sentences(self, paper_id: str) -> list[Span]:
        return without_orders(self._catalogue.sentences(paper_id))

    def rank(
        self, question: str, vector: np.ndarray, papers: Sequence[Paper], *, beyond_titles: bool = False
    ) -> list[list[tuple[Span, float]]]:
        """For each paper its sentences with their scores (0..1), best first. `vector` is the question's.

        With `beyond_titles` it counts what the question says beyond the paper's title, if it does: the title tells
        which paper is meant, and a sentence that repeats it seldom answers (docs/decisions.md).
        """
        weights = self.weights.of(question)
        ranked = []
        for paper in papers:
            spans, vectors, title = self._embedded(paper.id)
            asked, direction = weights, vector
            named = set(content_words(paper.title))
            if beyond_titles and not named.issuperset(weights):
                asked = {stem: weight for stem, weight in weights.items() if stem not in named}
                direction = _beyond(vector, title)
            cosines = np.maximum(vectors @ direction, 0.0) if spans else ()
            scored = [
                (span, _LEXICAL_SHARE * overlap(asked, span.text) + (1 - _LEXICAL_SHARE) * float(cosine))
                for span, cosine in zip(spans, cosines, strict=True)
            ]
            ranked.append(sorted(scored, key=lambda pair: -pair[1]))
        return ranked

    def by_nearest_sentence(self, vector: np.ndarray, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """`hits`, the first few of them in the order of score and nearest sentence together if their scores are close.
        `vector` is the question's. The scores stay in their places: what leads how far does not change."""
        close = [hit for hit in hits[:_CLOSE_PAPERS] if hits[0].score - hit.score < _CLOSE]
        if len(close) < 2:
            return tuple(hits)
        together = {hit.paper.id: hit.score + _NEAREST_COUNTS * self._nearest(vector, hit.paper) for hit in close}
        order = sorted(close, key=lambda hit: -together[hit.paper.id])
        moved = (replace(hit, score=place.score) for hit, place in zip(order, close, strict=True))
        return (*moved, *hits[len(close) :])

    def _nearest(self, vector: np.ndarray, paper: Paper) -> float:
        spans, vectors, _ = self._embedded(paper.id)
        return float((vectors @ vector).max()) if spans else 0.0

    def _embed(self, paper_id: str) -> tuple[list[Span], np.ndarray, np.ndarray]:
        """A paper's sentences, their vectors, and that of its title."""
        spans, paper = self._sentences(paper_id), self._catalogue.paper(paper_id)
        vectors = np.asarray(self._embedder.embed([*(span.text for span in spans), paper.title if paper else ""]))
        return spans, vectors[:-1], vectors[-1]

    def own_work(self, paper: Paper) -> list[Span]:
        """A paper's sentences from the first on that says what the paper does: those before are about others' work and
        what it lacks. All of them where none says it."""
        spans = self.sentences(paper)
        first = next((span.start for span in spans if _states(span.text)), 0)
        return [span for span in spans if span.start >= first]

    def statement(self, question: str, paper: Paper) -> Span:
        """The sentence that says what the paper does, where several do the one closest to the question."""
        spans = self.sentences(paper) or self._catalogue.sentences(paper.id)  # an abstract of orders alone
        weights = self.weights.of(question)
        return max(
            spans or [Span(paper.abstract, 0, len(paper.abstract))],
            key=lambda span: (_states(span.text), overlap(weights, span.text), -span.start),
        )


def _beyond(vector: np.ndarray, title: np.ndarray) -> np.ndarray:
    """The part of a vector that is at right angles to that of a title, of length 1; the vector where there is none."""
    rest = vector - (vector @ title) * title
    length = float(np.linalg.norm(rest))
    return rest / length if length > _LEAST_BEYOND else vector


def _states(sentence: str) -> int:
    """How clearly a sentence says what the paper does: 3 what it brings, 2 what it does or finds, 1 one of these
    besides something else, 0 neither."""
    for clear, pattern in ((3, _BRINGS), (2, _DOES)):
        if said := pattern.search(sentence):
            return 1 if _BESIDES.search(sentence, 0, said.end()) else clear
    return 0
