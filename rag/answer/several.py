"""Questions that need several papers: find, compare, overview. Several short reads, best paper first; each
sentence is cited to the paper that was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answer.abstain import NO_SUCH_PAPER, no_overview, no_such_paper
from rag.answer.read import Read, Reader
from rag.answer.route import sides, topic
from rag.answer.run import Run
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.search import Found, Searcher
from rag.retrieve.select import SHARE_OF_FIND, relevant
from rag.types import Event, Hit, Sentence, SentenceChecked, Span

FIND_PAPERS = 3
OVERVIEW_PAPERS = 20


def find(run: Run, found: Found, finder: EvidenceFinder, reader: Reader, *, verify: bool) -> Iterator[Event]:
    """The best papers, each with one written sentence about what was looked for. With `verify` the model is asked first
    whether the best one is what was looked for; if not, `run.refusal` is set."""
    hits = relevant(found.hits, share=SHARE_OF_FIND)
    yield from _read_each(run, found, hits[:FIND_PAPERS], finder, reader, matched=len(hits), verify=verify)


def compare(run: Run, found: Found, searcher: Searcher, finder: EvidenceFinder, reader: Reader) -> Iterator[Event]:
    """Each side is searched by itself; every side gets its sentence."""
    chosen: dict[str, Hit] = {}
    for side in sides(run.question):
        hit = next(iter(searcher.search(side, limit=1).hits), None)
        if hit is not None and hit.paper.id in {h.paper.id for h in found.hits[:6]}:
            chosen.setdefault(hit.paper.id, hit)
    for hit in found.hits:
        if len(chosen) >= 2:
            break
        chosen.setdefault(hit.paper.id, hit)
    yield from _read_each(run, found, list(chosen.values())[:4], finder, reader, matched=len(chosen))


def overview(run: Run, found: Found, searcher: Searcher, finder: EvidenceFinder, *, alone: bool) -> Iterator[Event]:
    """Every relevant paper with the sentence of its abstract that says what it does, so no model is needed.

    A question that stands alone is searched by its topic; when even the best paper is far from it, `run.refusal` is
    set.
    """
    if alone:
        about = searcher.search(topic(run.question), limit=len(found.hits))
        allowed = {hit.paper.id for hit in found.hits}
        found = replace(about, hits=tuple(hit for hit in about.hits if hit.paper.id in allowed) or found.hits)
    if no_overview(run.question, found.hits, finder.weights):
        run.refusal = NO_SUCH_PAPER
        return
    hits = relevant(found.hits)
    shown = hits[:OVERVIEW_PAPERS]
    lines = [finder.statement(run.question, hit.paper) for hit in shown]
    yield run.offer([(hit, [line]) for hit, line in zip(shown, lines, strict=True)], matched=len(hits))
    for hit, line in zip(shown, lines, strict=True):
        if run.stop.is_set():
            return
        yield quote_as_sentence(run, hit, line, opening=f"- {_lead(hit)}")


def quote_as_sentence(run: Run, hit: Hit, span: Span, *, opening: str = "") -> SentenceChecked:
    """A sentence of the abstract, word for word, as a sentence of the answer."""
    proof = Sentence(opening + span.text, (run.number(hit.paper),), "supported", run.quote(hit.paper, [span]))
    run.sentences.append(proof)
    return SentenceChecked(proof)


def _read_each(
    run: Run,
    found: Found,
    hits: Sequence[Hit],
    finder: EvidenceFinder,
    reader: Reader,
    *,
    matched: int,
    verify: bool = False,
) -> Iterator[Event]:
    ranked = finder.rank(run.question, found.vector, [hit.paper for hit in hits])
    yield run.offer([(hit, [s for s, _ in r[:1]]) for hit, r in zip(hits, ranked, strict=True)], matched=matched)
    if verify:
        agreement = yield from reader.agreement(run, hits[0].paper, run.question)
        if no_such_paper(agreement, hits[0]) and not run.stop.is_set():
            run.refusal = NO_SUCH_PAPER
            return
    for hit, sentences in zip(hits, ranked, strict=True):
        opening = f"- {_lead(hit)}" if len(hits) > 1 else _lead(hit)
        job = Read(hit.paper, run.question, hit.paper.abstract, tail="line.tail", opening=opening, strict=True)
        kept: list[Sentence] = yield from reader.read(run, job)
        if run.stop.is_set():
            return
        if not kept and sentences:
            yield quote_as_sentence(run, hit, sentences[0][0], opening=opening)


def _lead(hit: Hit) -> str:
    """The title that opens a sentence about a paper."""
    title = hit.paper.title
    return f"{title} " if title.endswith(("?", "!", ".")) else f"{title}: "
