"""The conversation as the browser keeps it: small (papers by id only), and trusted for nothing when it comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from rag.serve.ui.turn import ShownTurn
from rag.types import Coverage, Evidence, GridRow, Other, Paper, Quote, Route, Sentence, Theme, Timings

VERSION = 1
MOST_TURNS = 40
CHANGED = "The papers of this answer have changed since. Ask again."


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """`Evidence` with the paper's id in place of the paper."""

    n: int
    paper: str
    score: float
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A finished `ShownTurn`."""

    question: str
    status: str = ""
    route: Route | None = None
    understood: str = ""
    evidence: tuple[KeptEvidence, ...] = ()
    coverage: Coverage | None = None
    sentences: tuple[Sentence, ...] = ()
    pending: str = ""
    refusal: str = ""
    nearest: tuple[str, ...] = ()
    note: str = ""
    problem: str = ""
    hint: str = ""
    stopped: bool = False
    seconds: float | None = None
    cited: tuple[str, ...] = ()
    grid: tuple[GridRow, ...] = ()
    themes: tuple[Theme, ...] = ()
    others: tuple[Other, ...] = ()
    scope: str = ""
    model: str = ""
    index: str = ""
    timings: Timings | None = None
    speed: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored."""

    version: int
    collection: str
    turns: tuple[KeptTurn, ...]


def keep(collection: str, turns: Sequence[ShownTurn]) -> dict[str, Any]:
    """The last turns of a conversation as JSON types; empty when there are none, and not None, which Gradio's
    BrowserState does not write over what it holds."""
    if not turns:
        return {}
    kept = Kept(VERSION, collection, tuple(_kept(turn) for turn in turns[-MOST_TURNS:]))
    made: dict[str, Any] = _adapter().dump_python(kept, mode="json")
    return made


def read(stored: Any) -> Kept | None:
    """What `keep` made; None for anything else, such as what another version stored."""
    from pydantic import ValidationError

    try:
        kept: Kept = _adapter().validate_python(stored)
    except ValidationError:
        return None
    return kept if kept.version == VERSION and kept.turns else None


def restore(kept: Kept, papers: Mapping[str, Paper]) -> tuple[ShownTurn, ...]:
    """The turns again, with the papers as they are now. A turn whose papers or quotes are not there any more keeps its
    question only: an answer is never shown without its proof."""
    return tuple(_restored(turn, number, papers) for number, turn in enumerate(kept.turns, start=1))


def _kept(shown: ShownTurn) -> KeptTurn:
    values = {field.name: getattr(shown, field.name) for field in fields(KeptTurn)}
    values["evidence"] = tuple(KeptEvidence(e.n, e.paper.id, e.score, e.quotes) for e in shown.evidence)
    return KeptTurn(**values)


def _restored(turn: KeptTurn, number: int, papers: Mapping[str, Paper]) -> ShownTurn:
    quotes = [quote for item in turn.evidence for quote in item.quotes]
    quotes += [cell.quote for row in turn.grid for cell in row.cells if cell.quote]
    quotes += [quote for sentence in turn.sentences for quote in sentence.quotes]
    known = {item.n: papers[item.paper] for item in turn.evidence if item.paper in papers}
    numbers = {n for sentence in turn.sentences for n in sentence.citations}
    proven = known.keys() >= numbers | {item.n for item in turn.evidence} and all(
        quote.n in known and known[quote.n].abstract[quote.start : quote.end] == quote.text for quote in quotes
    )
    if not proven:
        return ShownTurn(number, turn.question, status="", busy=False, note=CHANGED)
    values = {field.name: getattr(turn, field.name) for field in fields(KeptTurn)}
    values["evidence"] = tuple(Evidence(item.n, known[item.n], item.score, item.quotes) for item in turn.evidence)
    return ShownTurn(number=number, busy=False, **values)


@cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Kept)
