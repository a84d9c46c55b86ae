"""Finding papers in a catalogue by words, author and award; no model is needed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag.text import search_words

if TYPE_CHECKING:
    from rag.index.catalogue import Catalogue
    from rag.types import Paper


def find_papers(
    catalogue: Catalogue, *, words: str = "", author: str = "", award: bool | None = None, limit: int, offset: int
) -> tuple[int, list[Paper]]:
    """How many papers fit, and those at `offset`. With `words` the best match comes first (BM25 over title and
    abstract, any of the words), else the order is that of the page. `award` True keeps the papers with one, False the
    others. Raises IndexCorrupt."""
    records = {
        record.id: record
        for record in catalogue.records()
        if (award is None or bool(record.award) == award) and (not author or by_author(record.authors, author))
    }
    if words.strip():
        ranked = catalogue.search(search_words(words), limit=catalogue.count())
        ids = [paper_id for paper_id, _ in ranked if paper_id in records]
    else:
        ids = list(records)
    return len(ids), list(catalogue.papers_by_id(ids[offset : offset + limit]).values())


def by_author(authors: Sequence[str], wanted: str) -> bool:
    """Whether one of `authors` has `wanted` in the name; case and accents do not matter."""
    return any(folded(wanted) in folded(name) for name in authors)


def folded(text: str) -> str:
    """`text` without case, accents and doubled spaces."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in split if not unicodedata.combining(char)).split())
