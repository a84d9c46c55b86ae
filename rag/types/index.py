"""What the index tells about itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rag.types.papers import Rejected, TextKind

COLLECTION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # it is a folder's name, too


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A collection as `posterchat collections list` shows it."""

    name: str
    papers: int
    generation: str
    fingerprint: str
    embedder: str
    text_kind: TextKind = "abstract"
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run of `index` did. `generation` is unchanged when nothing was added or changed."""

    collection: str
    added: int
    changed: int
    unchanged: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    generation: str
    total: int
    seconds: float
    embedded_chunks: int = 0
    warnings: tuple[str, ...] = field(default=())
