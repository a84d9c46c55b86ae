"""The data that flows through posterchat. Everything here is frozen and imports nothing else of the package."""

from __future__ import annotations

from rag.types.answers import Answer, Citation, Coverage, Route, Sentence, Support, Timings
from rag.types.events import (
    Done,
    Event,
    EvidenceFound,
    Refused,
    Routed,
    Searching,
    SentenceChecked,
    SentenceDropped,
    Token,
    Turn,
    Waiting,
)
from rag.types.index import CollectionInfo, IndexReport
from rag.types.papers import Chunk, Evidence, Hit, Paper, Quote, Rejected, Span, TextKind
from rag.types.seams import Embedder, Generation, Generator, Piece, Progress, Prompt

__all__ = [
    "Answer",
    "Chunk",
    "Citation",
    "CollectionInfo",
    "Coverage",
    "Done",
    "Embedder",
    "Event",
    "Evidence",
    "EvidenceFound",
    "Generation",
    "Generator",
    "Hit",
    "IndexReport",
    "Paper",
    "Piece",
    "Progress",
    "Prompt",
    "Quote",
    "Refused",
    "Rejected",
    "Route",
    "Routed",
    "Searching",
    "Sentence",
    "SentenceChecked",
    "SentenceDropped",
    "Span",
    "Support",
    "TextKind",
    "Timings",
    "Token",
    "Turn",
    "Waiting",
]
