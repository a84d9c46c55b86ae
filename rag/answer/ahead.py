"""Which papers the language model had better read before anybody asks about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from rag.answer.overview import is_whole
from rag.answer.pipeline import LONGEST_QUESTION, Assistant
from rag.answer.prompts import Prompts
from rag.answer.records import Records
from rag.answer.route import core
from rag.index.collections import Collections
from rag.index.topics import Topic, stored_topics
from rag.ingest.clean import clean_text
from rag.retrieve.relevance import THRESHOLD
from rag.types import Prompt, Turn

MOST_FOR_A_DRAFT = 3
_LOOKED_UP_AT_ONCE = 20


def likely(assistant: Assistant, draft: str, history: Sequence[Turn] = ()) -> list[Prompt]:
    """The beginnings of the prompts that a question would need, as far as it has been typed: the paper nearest to it
    first. None when it would be answered without the model."""
    question = core(clean_text(draft)[-LONGEST_QUESTION:])
    if not question or assistant.recorded(question, list) is not None:
        return []
    followups = assistant.followups
    context = followups.context(question, history)
    if (context.route or assistant.router.best(question)) == "overview":
        return []
    found = followups.search(question, context, limit=MOST_FOR_A_DRAFT)
    if found.relevance < THRESHOLD:
        return []
    return [assistant.prompts.about(hit.paper.title, hit.paper.abstract) for hit in found.hits]


def needs_model(collections: Collections, question: str, name: str) -> bool:
    """Whether the wording of a question about a collection says that the language model will be needed. Raises
    UnknownCollection or IndexCorrupt."""
    if is_whole(question):
        return False  # the topics of the session are made when it is indexed
    with collections.catalogue(name) as catalogue:
        return Records(catalogue).answer(question, list) is None


def all_papers(collections: Collections, name: str, prompts: Prompts) -> Iterator[Prompt]:
    """The beginnings of the prompts of all papers of a collection in the order of `by_topic`, looked up as they are
    drawn; the papers that are there at the first. Raises UnknownCollection or IndexCorrupt."""
    with collections.catalogue(name) as catalogue:
        order = by_topic(stored_topics(catalogue), list(catalogue.hashes()))
    for at in range(0, len(order), _LOOKED_UP_AT_ONCE):
        with collections.catalogue(name) as catalogue:
            papers = catalogue.papers_by_id(order[at : at + _LOOKED_UP_AT_ONCE])
        yield from (prompts.about(paper.title, paper.abstract) for paper in papers.values())


def by_topic(topics: Sequence[Topic], ids: Sequence[str]) -> list[str]:
    """`ids` ordered: the most central paper of every topic, then the second of every topic, and so on; last those
    without a topic."""
    known = set(ids)
    rounds = chain.from_iterable(zip_longest(*(topic.papers for topic in topics)))
    return list(dict.fromkeys(chain((paper for paper in rounds if paper in known), ids)))
