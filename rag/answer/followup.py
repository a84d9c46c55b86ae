"""Follow-up questions: what a question leans on, and which papers the conversation is about.

A question that stands alone is searched as it is. One that leans on earlier turns is searched twice, by itself and with
those turns before it; papers of the earlier turns are favoured, and left out where the question asks for others. The
weights were chosen on the dev follow-ups (docs/decisions.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer import record_wording, wording
from rag.answer.abstain import names_a_paper
from rag.answer.facts import names_in
from rag.answer.records import Records
from rag.answer.router import Router
from rag.retrieve.relevance import THRESHOLD
from rag.retrieve.search import Found, Searcher
from rag.retrieve.select import relevant
from rag.text import content_words
from rag.types import Route, Span, Turn

ALONE_WEIGHT = 0.3
PICKING_WEIGHT = 0.7  # of the question alone, where it says which of the papers before is meant
FAVOURED_BONUS = 0.2
HELD_BONUS = 1.0  # as much as the best score: none but the favoured papers come first
MOST_TITLES = 3
FIRST_OF_LATEST = 3
# By itself the question finds one paper, which the conversation was not about: it leans on nothing after all.
NEW_TOPIC_COSINE = 0.4
NEW_TOPIC_MARGIN = 0.3
_OWN_TOPIC_WORDS = 3
_FRAGMENT_WORDS = 2  # of content
_FRAGMENT_LENGTH = 5  # all words
_FRAGMENT_NAMES = 4
_MOST_SPEAKING = 2


def leans_on_history(question: str) -> bool:
    """Whether a question cannot be understood without the turns before it.

    A pronoun that stands behind several words of content ("a paper on boats, and does it …") means those.
    """
    if wording.NEW_TOPIC.search(question):
        return False
    if wording.CONTINUES.search(question) or wording.LEANS.search(question):
        return True
    if wording.ABOUT_THEM.search(question) or _asks_only_for_link(question):
        return True
    pronoun = wording.PRONOUN.search(question)
    if pronoun and len(content_words(question[: pronoun.start()])) < _OWN_TOPIC_WORDS:
        return True
    short = len(question.split()) <= _FRAGMENT_LENGTH and len(content_words(question)) <= _FRAGMENT_WORDS
    return short and not names_in(question)


def _asks_only_for_link(question: str) -> bool:
    """Whether nothing is said of what the link is to: "could you send me the link please?"."""
    of_some = record_wording.PLURAL.search(question) or record_wording.WHICH_PAPER.search(question)
    known = record_wording.LINK_WORDS | wording.POLITE
    return bool(record_wording.LINK.search(question)) and not of_some and known.issuperset(content_words(question))


def names_only(question: str) -> frozenset[str]:
    """What a follow-up names that asks by nothing else ("and on ponds?", "what about owls?"), as stems. Empty where it
    asks in its own words, or for something other than what it names."""
    said = wording.ASKED_OF_THIS.match(question)
    rest = question[said.end() :] if said else ""
    stems = content_words(rest)
    asks = wording.ASKS.search(rest) or wants_others(rest)
    return frozenset() if asks or len(stems) > _FRAGMENT_NAMES else frozenset(stems)


def speaking_of(names: frozenset[str], sentences: Sequence[Span]) -> list[Span]:
    """Those of a paper's sentences that have most of `names`, in their order, two at most; `Pond` may be `Pond-51`.
    None where no sentence has one."""
    having = [sum(_has(set(content_words(span.text)), name) for name in names) for span in sentences]
    most = max(having, default=0)
    return [span for span, count in zip(sentences, having, strict=True) if count == most > 0][:_MOST_SPEAKING]


def _has(stems: set[str], name: str) -> bool:
    return name in stems or any(re.fullmatch(rf"{re.escape(name)}\d+", stem) for stem in stems)


def wants_others(question: str) -> bool:
    """Whether other papers are asked for, or other things than those of the turn before: "anything on ponds instead?",
    not "what do they use instead?"."""
    instead = wording.INSTEAD.search(question) and not wording.ABOUT_THEM.search(question)
    return bool(instead or wording.OTHERS.search(question))


@dataclass(frozen=True, slots=True)
class Context:
    """What a question is searched as: with the turns that it leans on (`text`), and the papers of those turns, of
    the latest turn first in `favoured`, those not wanted again in `excluded`. `route` is the latest turn's. With `held`
    the question is about one of `favoured`, whatever else it names. `latest` is the latest turn, where the question
    leans on none."""

    text: str
    favoured: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    route: Route | None = None
    held: bool = False
    latest: Turn | None = None


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Resolves follow-ups for one collection."""

    searcher: Searcher
    records: Records
    router: Router

    def context(self, question: str, history: Sequence[Turn]) -> Context:
        """The context of a question after earlier turns; its own text alone when it leans on none."""
        if not history or not leans_on_history(question):
            return Context(question, latest=history[-1] if history else None)
        the_other = bool(wording.THE_OTHER.search(question))  # of two that came up, if need be in turns further back
        leaned: list[Turn] = []
        for turn in reversed(history):
            leaned.insert(0, turn)
            if not leans_on_history(turn.question) and not (the_other and len(leaned) < 2):
                break
        texts: list[str] = []
        papers: list[tuple[str, ...]] = []
        for turn in leaned:
            text, about = self._about(turn, " ".join([*texts, turn.question]))
            texts.append(text)
            papers.append(about)
        excluded: tuple[str, ...] = ()
        if wants_others(question):
            excluded = papers[-1][:1] if len(papers) > 1 else papers[-1]
        held = bool(excluded and len(papers) > 1 and the_other)
        meant = papers[:-1] if held else papers
        favoured = tuple(dict.fromkeys(paper for about in reversed(meant) for paper in about))
        route = self._route(question, leaned[-1].question)
        held = held or bool(wording.OBJECTS.search(question))
        return Context(" ".join([*texts, question]), favoured, excluded, route, held)

    def goes_on(self, context: Context, found: Found) -> bool:
        """Whether the best paper is one of the turns that the question leans on, or one of the first of the latest turn
        where it leans on none: "what does it correlate with?" says little by itself."""
        if not found.hits:
            return False
        latest = self._about(context.latest, context.latest.question)[1][:FIRST_OF_LATEST] if context.latest else ()
        return found.hits[0].paper.id in (*context.favoured, *latest)

    def _route(self, question: str, last: str) -> Route | None:
        """The route of a question that leans on the question `last`; None where its own wording tells."""
        before, own = self.router.best(last), self.router.best(question)
        if wants_others(question) and wording.WANTS_PAPERS.search(question):
            return own if own in ("find", "overview") else "find"
        if not wording.ASKS.search(question):  # a fragment goes the way of the turn before
            return "overview" if self.router.wants_many(question) else before
        about_one = before in ("fact", "find") and own in ("find", "overview")
        return "fact" if about_one and not wording.WANTS_PAPERS.search(question) else None

    def search(self, question: str, context: Context, *, limit: int) -> Found:
        """The best papers for a question in its context."""
        alone = self.searcher.search(question, limit=limit)
        if context.text == question:
            return alone
        # "How does that differ from WaxNet?" and "why not just use WaxNet then?" find WaxNet by itself, but are about
        # the paper before.
        holds_on = context.held or self.router.best(question) == "compare"
        if _is_new_topic(alone, context) and not holds_on:
            return alone
        together = self.searcher.search(context.text, limit=limit)
        by_id = {hit.paper.id: hit for hit in (*alone.hits, *together.hits)}
        own = {hit.paper.id: hit.score for hit in alone.hits}
        joint = {hit.paper.id: hit.score for hit in together.hits}
        favoured, excluded = set(context.favoured), set(context.excluded)
        weight = PICKING_WEIGHT if wording.PICKS.search(question) else ALONE_WEIGHT

        def score(key: str) -> float:
            bonus = (HELD_BONUS if context.held else FAVOURED_BONUS) if key in favoured else 0.0
            return weight * own.get(key, 0.0) + (1 - weight) * joint.get(key, 0.0) + bonus

        ranked = sorted((key for key in by_id if key not in excluded), key=lambda key: (-score(key), key))[:limit]
        hits = tuple(replace(by_id[key], score=score(key)) for key in ranked)
        relevance = max(alone.relevance, together.relevance)
        return Found(hits, together.vector, relevance, together.notice, context.favoured)

    def _about(self, turn: Turn, text: str) -> tuple[str, tuple[str, ...]]:
        """The words by which a turn is searched, and its papers. A turn that the catalogue answered is searched by
        the titles of its papers, because its own words ("who won the award?") say nothing about them."""
        found = self.searcher.search(text, limit=20)
        answered = self.records.answer(turn.question, lambda: [hit.paper.id for hit in found.hits])
        if answered is not None and answered.lines:
            papers = tuple(dict.fromkeys(paper for line in answered.lines for paper in line.papers))
            titles = [paper.title for paper in self.searcher.catalogue.papers_by_id(papers[:MOST_TITLES]).values()]
            return (" ".join(titles) if len(papers) <= MOST_TITLES else ""), turn.cited or papers
        if turn.cited:
            return turn.question, turn.cited
        named = [record.id for record in self.records.names.titles(turn.question)]
        if len(named) == 1:
            return turn.question, tuple(named)
        authors = self.records.limited_to(turn.question)
        if by_them := tuple(hit.paper.id for hit in found.hits if hit.paper.id in authors):
            return turn.question, by_them
        on_topic = found.relevance >= THRESHOLD or names_a_paper(turn.question, self.searcher.catalogue)
        near = tuple(hit.paper.id for hit in relevant(found.hits)) if on_topic else ()
        near = near[:1] if self.router.best(turn.question) == "fact" else near  # as it would have been answered
        return turn.question, near


def _is_new_topic(alone: Found, context: Context) -> bool:
    if len(alone.hits) < 2 or alone.hits[0].paper.id in context.favoured:
        return False
    margin = alone.hits[0].score - alone.hits[1].score
    return alone.hits[0].dense >= NEW_TOPIC_COSINE and margin >= NEW_TOPIC_MARGIN
