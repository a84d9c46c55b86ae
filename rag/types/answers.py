"""An answer: checked sentences, citations, what was searched, and how long it took."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from rag.types.papers import Quote

Route = Literal["catalogue", "find", "fact", "compare", "overview", "refuse"]
Support = Literal["supported", "partial", "unsupported"]
Aspect = Literal["problem", "method", "data", "result"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A paper that the answer cites."""

    n: int
    paper_id: str
    title: str
    authors: tuple[str, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One finished sentence of an answer, checked. `text` carries no markers; surfaces add `[n]`."""

    text: str
    citations: tuple[int, ...]
    support: Support
    quotes: tuple[Quote, ...] = ()

    @property
    def marked(self) -> str:
        """The sentence with its citation markers before the final punctuation: `It takes 12 hours [1].`"""
        marks = "".join(f" [{n}]" for n in self.citations)
        body = self.text.rstrip()
        if body and body[-1] in ".!?":
            return f"{body[:-1]}{marks}{body[-1]}"
        return f"{body}{marks}"


@dataclass(frozen=True, slots=True)
class Cell:
    """What the abstract cited as `n` says on one aspect, word for word; None when no sentence of it does."""

    n: int
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of a comparison: an aspect, and a cell for every paper compared."""

    aspect: Aspect
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """Papers of an overview that belong together: a label in words of their abstracts, and citation numbers."""

    label: str
    papers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """A paper that matched but is not shown in the answer."""

    paper_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many papers were searched, judged relevant, and cited."""

    read: int
    matched: int
    cited: int


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds from the start of `ask` (None where it did not happen), and token counts over all reads."""

    retrieve_s: float | None = None
    first_evidence_s: float | None = None
    first_token_s: float | None = None
    total_s: float = 0.0
    prompt_tokens: int = 0
    answer_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `to_json` is the object that the command line, the API and exports share."""

    question: str
    collection: str
    route: Route
    refused: bool
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    coverage: Coverage
    timings: Timings
    model: str
    index: str
    reason: str | None = None
    nearest: tuple[str, ...] = ()
    cancelled: bool = False
    grid: tuple[GridRow, ...] = ()  # of a comparison
    themes: tuple[Theme, ...] = ()  # of an overview
    others: tuple[Other, ...] = ()  # matched, but not shown

    @property
    def text(self) -> str:
        """All sentences with `[n]` markers. List items (starting with `- `) stand on lines of their own."""
        out = ""
        for sentence in self.sentences:
            marked = sentence.marked
            separator = "" if not out else "\n" if marked.startswith("- ") else " "
            out += separator + marked
        return out

    def to_json(self) -> dict[str, Any]:
        """The answer object of DESIGN section 6, made of plain JSON types."""
        out: dict[str, Any] = {
            "question": self.question,
            "collection": self.collection,
            "route": self.route,
            "refused": self.refused,
        }
        if self.reason is not None:
            out["reason"] = self.reason
        if self.nearest:
            out["nearest"] = list(self.nearest)
        if self.cancelled:
            out["cancelled"] = True
        out |= {
            "answer": self.text,
            "sentences": [
                {
                    "text": s.text,
                    "citations": list(s.citations),
                    "support": s.support,
                    "quotes": [asdict(q) for q in s.quotes],
                }
                for s in self.sentences
            ],
            "citations": [_drop_none(asdict(c)) for c in self.citations],
            "coverage": asdict(self.coverage),
        }
        for name in ("grid", "themes", "others"):
            if getattr(self, name):
                out[name] = [asdict(item) for item in getattr(self, name)]
        return out | {
            "model": self.model,
            "index": self.index,
            "timings": asdict(self.timings),
        }


def _drop_none(row: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in row.items() if value is not None}
