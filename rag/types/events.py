"""The events of one answer, in the order in which they can come. Every surface consumes them."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types.answers import Answer, Coverage, GridRow, Other, Route, Sentence, Theme
from rag.types.papers import Evidence


@dataclass(frozen=True, slots=True)
class Waiting:
    """Other answers are being written first; `position` 1 means next."""

    position: int


@dataclass(frozen=True, slots=True)
class Routed:
    """Which way the question goes, and the question as it is searched (rewritten for follow-ups)."""

    route: Route
    question: str


@dataclass(frozen=True, slots=True)
class Searching:
    """The search has begun over `papers` papers."""

    papers: int


@dataclass(frozen=True, slots=True)
class EvidenceFound:
    """The papers offered for the answer with their quotes: shown at once, true whatever the model writes."""

    evidence: tuple[Evidence, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Compared:
    """The papers of a comparison side by side, in quotes: shown at once, before anything is written."""

    grid: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The papers of an overview in groups, and those that matched but are not shown."""

    themes: tuple[Theme, ...]
    others: tuple[Other, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the sentence being written. It is provisional until its `SentenceChecked` comes."""

    text: str


@dataclass(frozen=True, slots=True)
class SentenceChecked:
    """The sentence being written is finished: it replaces all `Token` text since the last such event."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class SentenceDropped:
    """The sentence being written was not supported: the `Token` text since the last event is withdrawn."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer: why, and titles of the nearest papers."""

    reason: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of every answer, refused and cancelled ones included."""

    answer: Answer


Event = (
    Waiting
    | Routed
    | Searching
    | EvidenceFound
    | Compared
    | Grouped
    | Token
    | SentenceChecked
    | SentenceDropped
    | Refused
    | Done
)


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier turn of the conversation: what the user asked, and the ids of the papers the answer cited."""

    question: str
    cited: tuple[str, ...] = ()
