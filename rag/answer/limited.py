"""An assistant that knows only some papers of its collection. Every route obeys, because none sees another paper."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Any

from rag.answer.pipeline import Assistant
from rag.answer.records import Records
from rag.index.subset import SubsetVectors, subset_catalogue
from rag.retrieve.evidence import EvidenceFinder

KEPT = 8


def limited(assistant: Assistant, only: frozenset[str]) -> Assistant:
    """`assistant` for those papers alone whose ids are in `only`. How telling a word is, is still judged by the whole
    collection. Raises IndexCorrupt when they cannot be read."""
    searcher = assistant.searcher
    ids = sorted(only)
    catalogue = subset_catalogue(searcher.catalogue, ids)
    vectors: Any = SubsetVectors(searcher.vectors, ids)
    finder = EvidenceFinder(catalogue, searcher.embedder)
    finder.weights = assistant.finder.weights
    return replace(
        assistant,
        info=replace(assistant.info, papers=catalogue.count()),
        searcher=replace(searcher, catalogue=catalogue, vectors=vectors),
        finder=finder,
        records=Records(catalogue),
    )


class LimitedAssistants:
    """The last few limited assistants, so that a conversation with a filter does not make its own anew with every
    question. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, frozenset[str]], tuple[Assistant, Assistant]] = OrderedDict()

    def of(self, assistant: Assistant, only: frozenset[str]) -> Assistant:
        """`limited(assistant, only)`, perhaps made before."""
        key = (id(assistant), only)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = (assistant, limited(assistant, only))  # the first keeps its `id` from another's use
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key][1]
