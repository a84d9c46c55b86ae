"""Papers, their pieces, and what search finds. Offsets are character offsets into `Paper.abstract`, half open, so that
`paper.abstract[start:end] == text` holds for every sentence and quote."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

TextKind = Literal["abstract", "digest"]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as the user gave it. `id` is derived from the title, so two sources of a paper meet; `identifiers` are
    what it is known by elsewhere, such as `doi:10.1234/fog`, `arxiv:2101.00001` or `openreview:aBcD1234`."""

    id: str
    title: str
    authors: tuple[str, ...]
    abstract: str
    award: str | None = None
    url: str | None = None
    venue: str | None = None
    session: str | None = None
    year: int | None = None
    keywords: tuple[str, ...] = ()
    text_kind: TextKind = "abstract"
    identifiers: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """Hex SHA-256 over every field: equal hashes mean that nothing has to be indexed again."""
        fields = asdict(self)
        if not self.identifiers:  # as it was before there were any
            del fields["identifiers"]
        return hashlib.sha256(json.dumps(fields, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Input that could not be read as a paper. `line` is 1-based in the source, 0 for the whole source."""

    source: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an abstract: `abstract[start:end] == text`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is embedded: a title and a window of sentences that covers `abstract[start:end]`."""

    id: str
    paper_id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper found by search. `score` is the fused score in 0..1, `dense` the cosine of its best chunk
    in -1..1, `lexical` its BM25 score (0 when no term matched)."""

    paper: Paper
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of an abstract shown as proof; `n` is the citation number that it belongs to."""

    n: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A paper offered for an answer under citation number `n`, with its best sentences, best first."""

    n: int
    paper: Paper
    score: float
    quotes: tuple[Quote, ...]
