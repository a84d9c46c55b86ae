"""What the Papers and Topics views show of a library. Read once for each state of a collection, then kept."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import UnknownCollection
from rag.serve.ui.scatter import Dot, scatter
from rag.types import Paper

if TYPE_CHECKING:
    from rag.index.topics import Topic
    from rag.wiring import Library

PAGE = 50
SIMILAR = 6
# Larger collections show the papers that are most central to each topic.
MOST_DOTS = 1500
SORTS = ("title", "-title", "author", "-author", "award", "topic")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the list of papers or the chat is limited to: words, an author, papers with an award, a topic (from 0), some
    papers by id; and for the list an order (one of SORTS, or empty for that of the page) and a page from 1."""

    words: str = ""
    author: str = ""
    award: bool = False
    topic: int | None = None
    sort: str = ""
    page: int = 1
    papers: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether no paper is left out."""
        return not (self.words or self.author or self.award or self.topic is not None or self.papers)


@dataclass(frozen=True, slots=True)
class Found:
    """The papers of one page of the list, how many there are in all, and how many of them fit."""

    papers: tuple[Paper, ...]
    fitting: int
    total: int


@dataclass(frozen=True)
class Contents:
    """The papers of a collection and the groups that they are in. `topic_of` gives the number of a paper's topic."""

    papers: dict[str, Paper]
    topics: tuple[Topic, ...]
    topic_of: dict[str, int]
    texts: dict[str, tuple[str, str]]  # title and all else, to search in

    def labels(self) -> dict[str, str]:
        """The label of each paper's topic, by the paper's id."""
        return {key: self.topics[number].label for key, number in self.topic_of.items()}


class Browse:
    """The library as the views need it. Safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._contents: dict[str, tuple[str, Contents]] = {}
        self._dots: dict[str, tuple[str, tuple[Dot, ...]]] = {}

    def contents(self, collection: str) -> Contents:
        """Papers and topics. Raises UnknownCollection or IndexCorrupt."""
        with self._lock:
            generation = self._generation(collection)
            kept = self._contents.get(collection)
            if kept is None or kept[0] != generation:
                kept = (generation, self._read(collection))
                self._contents[collection] = kept
            return kept[1]

    def find(self, collection: str, wish: Wish) -> Found:
        """The papers that fit. Every word must occur in title, authors, award or abstract, as the beginning of a
        word; those with the words in the title come first."""
        contents = self.contents(collection)
        chosen = _ordered(fitting(contents, wish), wish.sort, contents)
        at = PAGE * (max(1, wish.page) - 1)
        return Found(tuple(chosen[at : at + PAGE]), len(chosen), len(contents.papers))

    def chosen(self, collection: str, wish: Wish) -> frozenset[str] | None:
        """The ids of the papers that fit, None when all do. Raises as `contents`."""
        return None if wish.everything else frozenset(paper.id for paper in fitting(self.contents(collection), wish))

    def similar(self, collection: str, paper_id: str) -> list[Paper]:
        """The papers whose vectors are nearest to that of `paper_id`, nearest first. Raises as `Library.assistant`."""
        papers = self.contents(collection).papers
        vectors: Any = self._library.vectors(collection)
        own = vectors.means([paper_id]).get(paper_id)
        if own is None:
            return []
        near = [papers[key] for key, _ in vectors.nearest(own, SIMILAR + 1) if key != paper_id and key in papers]
        return near[:SIMILAR]

    def dots(self, collection: str) -> tuple[Dot, ...]:
        """The papers as points of the map, topic by topic. Raises as `Library.assistant`."""
        contents = self.contents(collection)
        generation = self._generation(collection)
        kept = self._dots.get(collection)
        if kept is None or kept[0] != generation:
            share = MOST_DOTS / max(MOST_DOTS, len(contents.papers))
            ids = [key for topic in contents.topics for key in topic.papers[: max(1, round(share * len(topic.papers)))]]
            means = self._library.vectors(collection).means(ids)
            placed = scatter([(key, contents.topic_of[key], means[key]) for key in ids if key in means])
            kept = (generation, placed)
            self._dots[collection] = kept
        return kept[1]

    def _generation(self, collection: str) -> str:
        for info in self._library.collections():
            if info.name == collection:
                return info.generation
        raise UnknownCollection(f"There is no collection named {collection}.", hint="Choose another one.")

    def _read(self, collection: str) -> Contents:
        papers = {paper.id: paper for paper in self._library.papers(collection)}
        topics = tuple(self._library.topics(collection))
        topic_of = {key: number for number, topic in enumerate(topics) for key in topic.papers if key in papers}
        return Contents(papers, topics, topic_of, {key: _texts(paper) for key, paper in papers.items()})


def fitting(contents: Contents, wish: Wish) -> list[Paper]:
    """The papers that a wish is for, those with its words in the title first, else in the order of the collection."""
    words, author, ids = folded(wish.words).split(), folded(wish.author), set(wish.papers)
    chosen = []
    for key, paper in contents.papers.items():
        title, rest = contents.texts[key]
        if (
            (not wish.award or paper.award)
            and (wish.topic is None or contents.topic_of.get(key) == wish.topic)
            and (not ids or key in ids)
            and (not author or any(folded(name) == author for name in paper.authors))
            and all(f" {word}" in title or f" {word}" in rest for word in words)
        ):
            chosen.append(paper)
    if words:
        chosen.sort(key=lambda p: not all(f" {word}" in contents.texts[p.id][0] for word in words))
    return chosen


def _ordered(papers: Sequence[Paper], sort: str, contents: Contents) -> list[Paper]:
    last = len(contents.topics)
    keys: dict[str, Any] = {
        "title": lambda paper: folded(paper.title),
        "author": lambda paper: (not paper.authors, folded(paper.authors[0]).split()[-1:] if paper.authors else []),
        "award": lambda paper: (not paper.award, folded(paper.award or "")),
        "topic": lambda paper: contents.topic_of.get(paper.id, last),
    }
    name = sort.removeprefix("-")
    return sorted(papers, key=keys[name], reverse=sort.startswith("-")) if sort in SORTS else list(papers)


def _texts(paper: Paper) -> tuple[str, str]:
    rest = " ".join((*paper.authors, paper.award or "", *paper.keywords, paper.abstract))
    return f" {folded(paper.title)}", f" {folded(rest)}"


def folded(text: str) -> str:
    """`text` without case, accents and punctuation, for searching and sorting."""
    split = unicodedata.normalize("NFKD", text.casefold())
    kept = (char if char.isalnum() else "" if unicodedata.combining(char) else " " for char in split)
    return " ".join("".join(kept).split())
