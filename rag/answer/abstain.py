"""When not to answer, decided outside the written text: nothing relevant, no such paper, not stated.

Signs besides the relevance of the search (`rag/retrieve/relevance.py`), the support check, and what the model takes for
what is looked for (`rag/answer/agree.py`): a coined name in the question that no paper has, and an overview whose best
paper is far from the topic. How each was chosen: docs/decisions.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from rag.answer import wording
from rag.answer.facts import NAME, fold, names_in
from rag.index.catalogue import Catalogue
from rag.retrieve.evidence import TermWeights, overlap
from rag.text import STOP_WORDS, content_words, split_sentences, words
from rag.types import Hit

NO_QUESTION = "There is no question to answer. Ask something about the papers."
NOTHING_RELEVANT = "None of the abstracts in this collection speaks to this question."
NO_SUCH_PAPER = "No paper in this collection seems to be about this."
NEITHER_YES_NOR_NO = "Neither yes nor no is certain enough; this is the sentence of the abstract that comes nearest."
ONLY_NEAR = "This is the nearest there is; it may not be what you look for."

# A paper this near to the question is answered from even if a name in the question is unknown.
NEAR_ENOUGH = 0.6
# An overview of a topic that no paper has word for word needs one that is near enough: a logistic regression over the
# cosine and the share of the topic's weighted words that the paper has, fitted on 47 overviews of four sessions and 18
# topics that they lack, scaled to the share. With each set of questions left out in turn, 15 of the 18 are turned away
# and 1 of the 47 (docs/decisions.md).
COSINE_COUNTS = 4.0
LEAST_FOR_OVERVIEW = 1.72
# Probability that the model gives to "yes" when it is asked whether the abstract says the sentence that it wrote, where
# that sentence brings no number and no name of its own. Of 23 such answers to dev facts none is below .72; of 15 to
# readers' questions that no abstract answers, 8 are below .65 (docs/decisions.md).
LEAST_SAID = 0.65
NO_VERDICT = 0.5
# A name that more papers have is a term of the field.
FEW_PAPERS = 3
FEW_SHARE = 0.05
_LOOKED_AT = 5
_MOST_NEAR = 20
_LONGEST_ACRONYM = 5
_LEAST_LETTERS = 6  # of a name that may be misspelled: one letter makes another of a shorter one
_NEARLY = 93  # of 100: one letter too many in eight; another letter is another name (EfficientNet, EfficientDet)
_LISTED_TOPICS = 3  # "bees, pollen or orchards": a paper is about one of them


def not_stated(title: str) -> str:
    """The refusal when the best paper does not tell."""
    return f"The abstract of “{title}” does not state this."


def unknown_names(question: str, hits: Sequence[Hit], catalogue: Catalogue) -> list[str]:
    """Coined names of the question, as spelled there, that no paper has, nor as initials any of the first hits.
    Empty when the best hit is near enough all the same."""
    if not hits or max(hit.dense for hit in hits) >= NEAR_ENOUGH or question.isupper():
        return []
    texts = " ".join(f"{hit.paper.title} {hit.paper.abstract}" for hit in hits[:_LOOKED_AT])
    near = texts.lower()
    joined = re.sub(r"[^a-z0-9]", "", near)
    initials = "".join(word[0] for word in re.findall(r"[a-z0-9]+", near))
    unknown = []
    for word in NAME.findall(_asking(question)):
        name = next(iter(names_in(word)), None)
        if name is None or len(name) < 3 or name in joined or name in initials or _is_emphasis(word) or word.islower():
            continue
        if _in_parts(word, hits[:_LOOKED_AT]) or _misspelled(word, texts):
            continue
        first, _, rest = word.partition("-")
        variant = word[1:] if word[0].islower() and word[1:].isupper() else ""  # `mHULL`
        spellings = (
            word,
            fold(word),
            *([first] if rest.islower() else []),
            *([variant] if variant else []),
        )  # `HULL-like`
        if not any(catalogue.document_frequency(spelling) for spelling in spellings):
            unknown.append(word)
    return unknown


def _misspelled(word: str, texts: str) -> bool:
    """Whether a name is nearly one of those in `texts`, and has no other digits: `Pondas-LT` for `Ponda365-LT`. Nor has
    it other capitals inside: `BoatNeXt` is not `BoatNet`."""
    letters, digits = re.sub(r"\d", "", fold(word)), re.sub(r"\D", "", word)
    if len(letters) < _LEAST_LETTERS:
        return False
    capitals = _capitals(word)
    return any(
        (not digits or digits == re.sub(r"\D", "", other))
        and (len(capitals) < 2 or capitals == _capitals(other))
        and fuzz.ratio(letters, re.sub(r"\d", "", fold(other))) >= _NEARLY
        for other in set(NAME.findall(texts))
        if names_in(other)
    )


def _capitals(word: str) -> str:
    return "".join(letter for letter in word if letter.isupper())


def _in_parts(name: str, hits: Sequence[Hit]) -> bool:
    """Whether one sentence of a paper has all parts of a hyphenated name: `Ask-and-Tell` of "Ask, Think and Tell"."""
    parts = name.split("-")
    if len(parts) < 2 or not all(len(part) > 1 and part.isalpha() for part in parts):
        return False
    wanted = {fold(part) for part in parts}
    texts = [text for hit in hits for text in (hit.paper.title, *_sentences(hit.paper.abstract))]
    return any(wanted <= {fold(word) for word in words(text)} for text in texts)


def _sentences(text: str) -> list[str]:
    return [span.text for span in split_sentences(text)]


def _asking(question: str) -> str:
    """The sentences of a question that ask, where some do and others lead up to them."""
    return " ".join(text for text in _sentences(question) if text.endswith("?")) or question


def names_a_paper(question: str, catalogue: Catalogue) -> bool:
    """Whether the question has a coined name (`FoldNet`) that a few papers have: then it is about the collection,
    however little else it says ("how do FoldNet and WaxNet differ?")."""
    few = max(FEW_PAPERS, round(FEW_SHARE * catalogue.count()))
    return any(
        0 < max(catalogue.document_frequency(word), catalogue.document_frequency(fold(word))) <= few
        for word in coined_names(question)
    )


def coined_names(question: str) -> list[str]:
    """The coined names of a question, as spelled there."""
    if question.isupper():
        return []
    return [word for word in NAME.findall(question) if names_in(word) and len(word) > 2 and not _is_emphasis(word)]


def names_in_small_letters(question: str, hits: Sequence[Hit]) -> list[str]:
    """The words of a question that are a name in the title of one of `hits` (`foldnet accuracy?`)."""
    titled = {name for hit in hits for name in title_names(hit.paper.title)}
    return [word for word in words(question) if fold(word) in titled]


def title_names(title: str) -> set[str]:
    """The coined names of a title, folded, and the one word before its colon."""
    before = re.match(r"([\w-]{3,}):", title)
    return names_in(title) | ({fold(before[1])} if before else set())


def _is_emphasis(word: str) -> bool:
    """Whether a word is in capitals for emphasis (`REALLY`, `NOT`) rather than an acronym."""
    return word.isalpha() and word.isupper() and (len(word) > _LONGEST_ACRONYM or word.lower() in STOP_WORDS)


def no_overview(topic: str, hits: Sequence[Hit], weights: TermWeights) -> bool:
    """Whether even the best papers are far from the topic of an overview."""
    if not hits:
        return True
    parts = [part for part in wording.BETWEEN_TOPICS.split(topic) if content_words(part)]
    asked = [weights.of(text) for text in ((topic, *parts) if len(parts) >= _LISTED_TOPICS else (topic,))]
    near = (
        COSINE_COUNTS * hit.dense + max(overlap(own, f"{hit.paper.title} {hit.paper.abstract}") for own in asked)
        for hit in hits[:_MOST_NEAR]
    )
    return max(near) < LEAST_FOR_OVERVIEW


def not_said(agreement: float) -> bool:
    """Whether the model does not find its own sentence in the abstract; .5 is no verdict."""
    return agreement < LEAST_SAID and agreement != NO_VERDICT
