"""Is a written sentence supported by the abstract that it is cited to? Code decides, no model.

Numbers and names of the sentence must occur in the paper; the words that say something must be covered by the paper,
most of them by two of its sentences, which become the quotes; and a small trained classifier must find it likely.
What this cannot see: who did what to whom, and paraphrase that uses the paper's words to say something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answer import wording
from rag.answer.facts import NAME, fold, names_in
from rag.answer.support import SupportModel
from rag.retrieve.evidence import TermWeights, overlap
from rag.text import content_words, words
from rag.types import Paper, Quote, Span, Support

# Shares of the sentence's weighted words. Set by hand and not compared with other values (docs/decisions.md).
SUPPORTED_BY_QUOTES = 0.55
PARTIAL_BY_PAPER = 0.45
SECOND_QUOTE_ADDS = 0.15
LIKELY = 0.5  # the classifier's own balanced threshold

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# From two on: "one" is mostly no number ("the first one", "one particular person").
_NUMBER_WORDS = dict(two="2", three="3", four="4", five="5", six="6", seven="7", eight="8", nine="9", ten="10")


@dataclass(frozen=True, slots=True)
class Checked:
    """Verdict on one sentence against one paper, with the sentences that prove it, best first."""

    support: Support
    quotes: tuple[Quote, ...]
    coverage: float
    missing: tuple[str, ...]


def numbers_in(text: str) -> set[str]:
    """Numbers of a text in plain form: `3,000` is `3000`, `7.10` is `7.1`, `three` is `3`."""
    found = set()
    for match in _NUMBER.findall(text):
        plain = re.sub(r",(?=\d{3}(?!\d))", "", match).rstrip(".,")
        found.add(re.sub(r"(\.\d*?)0+$", r"\1", plain).rstrip(".") if "." in plain else plain.lstrip("0") or "0")
    found |= {_NUMBER_WORDS[word] for word in words(text) if word in _NUMBER_WORDS}
    return found


def missing_facts(sentence: str, paper: Paper) -> tuple[str, ...]:
    """Numbers and names of the sentence that the paper's title, abstract and authors do not contain."""
    source = " ".join((paper.title, paper.abstract, *paper.authors))
    known = {fold(word) for word in NAME.findall(source)}
    joined = re.sub(r"[^a-z0-9]", "", source.lower())
    # `MBRL` stands for "model-based reinforcement learning": the initials of words in a row.
    initials = "".join(word[0] for word in re.findall(r"[a-z0-9]+", source.lower()))
    names = {
        name
        for name in names_in(sentence)
        if name not in known and name not in joined and not (len(name) >= 3 and name in initials)
    }
    present = numbers_in(source)
    in_names = {digits for name in names_in(sentence) for digits in _NUMBER.findall(name)}
    return tuple(sorted((numbers_in(sentence) - present - in_names) | names))


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks sentences for one collection, whose `weights` say how telling a word is."""

    weights: TermWeights
    model: SupportModel

    def check(self, sentence: str, paper: Paper, spans: Sequence[Span], *, question: str = "") -> Checked:
        """Check one sentence against one paper. `spans` are the paper's sentences; words of the `question` that the
        paper does not use are the user's, so they count neither for nor against the sentence."""
        of_sentence = self.weights.of(sentence)
        paper_stems = set(content_words(f"{paper.title} {paper.abstract}"))
        asked = set(content_words(question)) - paper_stems
        relevant = {stem: weight for stem, weight in of_sentence.items() if stem not in asked}
        missing = missing_facts(sentence, paper)
        # What only the user has said makes the sentence doubtful, not wrong: it may be another word for the same.
        invented = set(missing) - names_in(question) - numbers_in(question)
        quotes = best_quotes(relevant, spans)
        by_quotes = overlap(relevant, " ".join([paper.title, *(span.text for span in quotes)]))
        by_paper = overlap(relevant, f"{paper.title} {paper.abstract}")
        shown = " ".join(span.text for span in quotes)
        denies = bool(wording.NEGATION.search(sentence)) and not wording.NEGATION.search(f"{shown} {question}")
        if invented or not relevant or by_paper < PARTIAL_BY_PAPER:
            support: Support = "unsupported"
        elif (
            by_quotes < SUPPORTED_BY_QUOTES
            or denies
            or missing
            or self._likely(sentence, paper, spans, relevant) < LIKELY
        ):
            support = "partial"
        else:
            support = "supported"
        return Checked(support, tuple(Quote(0, s.text, s.start, s.end) for s in quotes), by_quotes, missing)

    def _likely(self, sentence: str, paper: Paper, spans: Sequence[Span], weights: dict[str, float]) -> float:
        """What the trained classifier says (docs/support-check.md): it also sees numbers beside other words, turned
        comparisons and denials. Names and numbers that the paper lacks are judged above, by rules that know authors
        and acronyms; words without a weight are the user's."""
        source = [paper.title, *(span.text for span in spans)]
        features = self.model.features(sentence, source, weight=lambda stem: weights.get(stem, 0.0))
        return self.model.probability(features | {"name_missing": 0.0, "number_missing": 0.0})


def best_quotes(weights: dict[str, float], spans: Sequence[Span]) -> list[Span]:
    """The sentence that covers most of the weight, and a second one where it adds much to the first."""
    if not spans or not weights:
        return []
    first = max(spans, key=lambda span: overlap(weights, span.text))
    covered = overlap(weights, first.text)
    if covered == 0:
        return []
    others = [span for span in spans if span != first]
    second = max(others, key=lambda span: overlap(weights, f"{first.text} {span.text}"), default=None)
    if second is not None and overlap(weights, f"{first.text} {second.text}") - covered >= SECOND_QUOTE_ADDS:
        return [first, second]
    return [first]


def is_echo(sentence: str, question: str) -> bool:
    """Whether the sentence says nothing that the question did not say already."""
    return not (set(content_words(sentence)) - set(content_words(question))) and not (
        numbers_in(sentence) - numbers_in(question)
    )


def says_not_stated(sentence: str) -> bool:
    """Whether the sentence says that the paper does not tell, which is no statement about the paper's content."""
    return bool(wording.NOT_STATED.search(sentence))
