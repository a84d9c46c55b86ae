"""Is a written sentence supported by the abstract that it is cited to? Code decides, no model.

Numbers and names of the sentence must occur in the paper; the words that say something must be covered by the paper,
most of them by two of its sentences, which become the quotes; and a small trained classifier must find it likely.
What this cannot see: who did what to whom, and paraphrase that uses the paper's words to say something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rag.answer import wording
from rag.answer.facts import NAME, capitalised_in, fold, missing_names, names_in, names_of_amounts
from rag.answer.numbers import amounts, loose_numbers, numbers_in, told_in, uncounted_numbers
from rag.answer.reading import Reading, read
from rag.answer.support import SupportModel, share
from rag.retrieve.evidence import TermWeights
from rag.retrieve.orders import trusted
from rag.text import content_words
from rag.types import Paper, Quote, Span, Support

# Shares of the sentence's weighted words. Set by hand and not compared with other values (docs/decisions.md).
SUPPORTED_BY_QUOTES = 0.55
PARTIAL_BY_PAPER = 0.45
SECOND_QUOTE_ADDS = 0.15
AFFIRMED_FROM = 0.8
LIKELY = 0.5  # the classifier's own balanced threshold
PREMISE_WORDS = 2  # of the user's own in an answer to "why" or "is it so": docs/decisions.md
# `6,000-dimensional` is a number with its unit, no name.
_MEASURE = re.compile(r"(?<=\d)-(?=[a-z]{2,}\b)")
_NAME_WITH_NUMBER = re.compile(r"\b(?=[\w+-]*\d)(?=[\w+-]*[A-Z])[A-Za-z][\w+-]*(?:\.\d+)*")
_NUMBER_WITH_LETTERS = re.compile(r"(?<![\w.,])\d+[A-Za-z][\w+-]*")
_LIKE = re.compile(r"-(?:like|based|style|type|inspired|trained)\b")  # `WaxNet-like` is no other name than `WaxNet`
_PAPERS_KEPT = 16  # an answer reads six at most


@dataclass(frozen=True, slots=True)
class Checked:
    """Verdict on one sentence against one paper, with the sentences that prove it, best first."""

    support: Support
    quotes: tuple[Quote, ...]
    coverage: float
    missing: tuple[str, ...]


def missing_facts(sentence: str, paper: Paper) -> tuple[str, ...]:
    """Numbers and names of the sentence that the paper's title, abstract and authors do not contain."""
    source = " ".join((paper.title, paper.abstract, *paper.authors))
    known = {fold(word) for word in NAME.findall(source)}
    joined = re.sub(r"[^a-z0-9]", "", source.lower())
    # `MBRL` stands for "model-based reinforcement learning": the initials of words in a row.
    initials = "".join(word[0] for word in re.findall(r"[a-z0-9]+", source.lower()))
    told = told_in(_NAME_WITH_NUMBER.sub(" ", source))
    apart = _MEASURE.sub(" ", sentence)
    names = {
        name
        for name in names_in(_LIKE.sub("", apart)) - names_of_amounts(sentence, told)
        if name not in known and name not in joined and not (len(name) >= 3 and name in initials)
    }
    scaled = amounts(sentence)
    numbers = {number for number in _plain_numbers(apart) if told.isdisjoint({number, scaled.get(number)})}
    return tuple(sorted(numbers | names))


def _plain_numbers(sentence: str) -> set[str]:
    """The numbers of a sentence that are not part of a name (`Llama-3-8B`, `4M`)."""
    return numbers_in(_NUMBER_WITH_LETTERS.sub(" ", _NAME_WITH_NUMBER.sub(" ", sentence)))


def _own_numbers(sentence: str, question: str) -> set[str]:
    """The numbers of a sentence, amounts like `1.5B` too, that are no part of a name and not in the question."""
    bare = " ".join(word for word in sentence.split() if "-" not in word)
    return (_plain_numbers(sentence) | amounts(bare).keys()) - numbers_in(question)


def _strange_names(claim: Reading, source: Sequence[Reading], paper: Paper, question: str) -> set[str]:
    """Words with a capital inside the claim that neither the paper nor the question has. Those that only the question
    has, too, where the claim gives a number for them: a figure of one language is not told of another one. Coined names
    are left out: who asks may call a thing by another one."""
    _, capitalised = missing_names(claim, source)
    authors = {fold(word) for name in paper.authors for word in NAME.findall(name)}
    asked = {fold(word) for word in NAME.findall(_LIKE.sub("", question))}
    strange = capitalised - authors
    return strange if _own_numbers(claim.text, question) else strange - asked


def _reader() -> Callable[[tuple[str, ...]], list[Reading]]:
    return lru_cache(maxsize=_PAPERS_KEPT)(read)


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks sentences for one collection, whose `weights` say how telling a word is; by the rules alone when there is
    no `model`. Keeps the papers that it has read; may be shared by threads."""

    weights: TermWeights
    model: SupportModel | None
    _read: Callable[[tuple[str, ...]], list[Reading]] = field(
        default_factory=_reader, init=False, repr=False, compare=False
    )

    def check(self, sentence: str, paper: Paper, spans: Sequence[Span], *, question: str = "") -> Checked:
        """Check one sentence against one paper. `spans` are all sentences of its abstract; words of the `question` that
        the paper does not use are the user's, so they count neither for nor against the sentence; but who asks why
        takes something for granted, who asks whether suggests something, and a sentence that says it again in those
        words is doubtful."""
        paper = trusted(paper)
        source = self._read((paper.title, *(span.text for span in spans)))
        title, *told = [reading.content for reading in source]
        paper_stems = title.union(*told)
        asked = (set(content_words(question)) | wording.PAPER_TALK) - paper_stems
        relevant = {stem: weight for stem, weight in self.weights.of(sentence).items() if stem not in asked}
        (claim,) = read([sentence])
        uncounted = uncounted_numbers(claim, source)
        missing = tuple(sorted(uncounted.union(missing_facts(sentence, paper))))
        # What only the user has said makes the sentence doubtful, not wrong: it may be another word for the same. A
        # figure is no other word: "1.6 ms on a Pixel 6" is not told by a paper that never says 6.
        invented = set(missing) - names_in(question) - loose_numbers(question)
        invented |= _strange_names(claim, source, paper, question)
        places = best_quotes(relevant, told)
        quotes = [spans[at] for at in places]
        by_quotes = share(relevant, title.union(*(told[at] for at in places)))
        shown = " ".join(span.text for span in quotes)
        denies = bool(wording.NEGATION.search(sentence)) and not wording.NEGATION.search(f"{shown} {question}")
        only_whether = wording.YES_NO_ASKED.search(question) and not wording.MORE_ASKED.search(question)
        suggested = only_whether and not _own_numbers(sentence, question)
        granted = suggested or wording.WHY_ASKED.search(question)
        premise = granted and len((asked - wording.PAPER_TALK) & set(content_words(sentence))) >= PREMISE_WORDS
        doubtful = denies or missing or premise
        if invented or not relevant or share(relevant, paper_stems) < PARTIAL_BY_PAPER:
            support: Support = "unsupported"
        elif by_quotes < SUPPORTED_BY_QUOTES or doubtful or self._likely(claim, source, relevant) < LIKELY:
            support = "partial"
        else:
            support = "supported"
        return Checked(support, tuple(Quote(0, s.text, s.start, s.end) for s in quotes), by_quotes, missing)

    def all_said(self, sentence: str, paper: Paper, spans: Sequence[Span]) -> bool:
        """Whether one or two sentences of the paper say nearly all of `sentence` (a yes or no before it put aside),
        words of the question included: what is asked of a sentence that only affirms."""
        checked = self.check(wording.YES_OR_NO.sub("", sentence), paper, spans)
        return checked.support == "supported" and checked.coverage >= AFFIRMED_FROM

    def _likely(self, claim: Reading, source: Sequence[Reading], weights: dict[str, float]) -> float:
        """What the trained classifier says (docs/support-check.md): it also sees numbers beside other words, turned
        comparisons and denials. Names and numbers that the paper lacks are judged above, by rules that know authors
        and acronyms; words without a weight are the user's."""
        if self.model is None:
            return 1.0
        features = self.model.features(claim, source, weight=lambda stem: weights.get(stem, 0.0))
        return self.model.probability(features | {"name_missing": 0.0, "number_missing": 0.0})


def best_quotes(weights: dict[str, float], told: Sequence[frozenset[str]]) -> list[int]:
    """Places of the sentence that covers most of the weight, and of a second one where it adds much to the first.
    `told` are the stems of each sentence."""
    if not told or not weights:
        return []
    first = max(range(len(told)), key=lambda at: share(weights, told[at]))
    covered = share(weights, told[first])
    if covered == 0:
        return []
    others = [at for at in range(len(told)) if at != first]
    second = max(others, key=lambda at: share(weights, told[first] | told[at]), default=None)
    if second is not None and share(weights, told[first] | told[second]) - covered >= SECOND_QUOTE_ADDS:
        return [first, second]
    return [first]


def is_echo(sentence: str, question: str) -> bool:
    """Whether the sentence says nothing that the question did not say already. To deny what was asked says something:
    it is a no in other words; and so does who takes one of two things that it offers."""
    said = set(content_words(sentence))
    new = said - set(content_words(question)) or numbers_in(sentence) - numbers_in(question)
    return (
        not new
        and not _chooses(said, question)
        and not (wording.NEGATION.search(sentence) and not wording.NEGATION.search(question))
    )


def _chooses(said: set[str], question: str) -> bool:
    """Whether a sentence of these stems has one side of an "or" of the question and not the other."""
    pairs = ([set(content_words(side)) for side in pair] for pair in wording.EITHER_OR.findall(question))
    return any((one - other <= said) != (other - one <= said) for one, other in pairs if one - other and other - one)


def only_affirms(sentence: str, question: str) -> bool:
    """Whether the sentence is a yes or no with the words of the question: `Yes, boats sink in wind.`"""
    return bool(wording.YES_OR_NO.match(sentence)) and is_echo(wording.YES_OR_NO.sub("", sentence), question)


def brings_a_fact(sentence: str, question: str) -> bool:
    """Whether the sentence has a number or a coined name that the question did not have. Those are looked up in the
    abstract; a sentence without is only words."""
    return bool(numbers_in(sentence) - numbers_in(question) or names_in(sentence) - names_in(question))


def gives_number(sentence: str, question: str) -> bool:
    """Whether the question asks for a number and the sentence has one that the question did not have, or a word like
    `twice` or an order like `O(n)`. The digits of an address are no number."""
    said = wording.ADDRESS.sub(" ", sentence)
    given = numbers_in(said) - numbers_in(question) or wording.NUMBER_WORD.search(said)
    return bool(wording.NUMBER_ASKED.search(question) and given)


def lacks_number(sentence: str, question: str) -> bool:
    """Whether the question asks for a number and the sentence gives none."""
    return bool(wording.NUMBER_ASKED.search(question)) and not gives_number(sentence, question)


def lacks_name(sentence: str, question: str) -> bool:
    """Whether the question asks what something is called and the sentence has no name (a word with a capital inside the
    sentence, or in quotation marks) that the question did not have."""
    if not wording.NAME_ASKED.search(question):
        return False
    asked = {fold(word) for word in NAME.findall(question)}
    return not (names_in(sentence) | capitalised_in(sentence)) - asked and not wording.IN_QUOTES.search(sentence)


def unsure_yes_or_no(sentence: str, question: str, verdict: Checked, speaks: str = "") -> bool:
    """Whether the sentence answers a yes-or-no question without a number of its own, and may well have it the wrong way
    round: it is supported in part only, or its quotes, or the sentence of the abstract that `speaks` to the question
    best, deny something and it does not."""
    if not wording.YES_NO_ASKED.search(question) or _own_numbers(sentence, question):
        return False
    quoted = " ".join(quote.text for quote in verdict.quotes)
    denies = bool(wording.NEGATION.search(sentence))
    turned = bool(wording.NEGATION.search(quoted)) != denies or (not denies and bool(wording.NEGATION.search(speaks)))
    return verdict.support != "supported" or turned


def says_not_stated(sentence: str, abstract: str) -> bool:
    """Whether the sentence says that the paper does not tell, which is no statement about the paper's content; not
    where the abstract itself uses those words (`of unknown size`)."""
    said = wording.NOT_STATED.search(sentence)
    return said is not None and said.group().lower() not in abstract.lower()
