"""Questions that need several papers: find and compare. Several short reads, best paper first; each
sentence is cited to the paper that was read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.answer import grid, wording
from rag.answer.abstain import (
    NO_SUCH_PAPER,
    ONLY_NEAR,
    coined_names,
    names_in_small_letters,
    title_names,
)
from rag.answer.agree import agreed
from rag.answer.facts import NAME, fold, names_in
from rag.answer.read import Read, Reader
from rag.answer.route import sides
from rag.answer.run import Run
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.search import Found, Searcher
from rag.retrieve.select import SHARE_OF_FIND, relevant
from rag.text import content_words
from rag.types import Compared, Event, Hit, Paper, Quote, Sentence, SentenceChecked, Span

FIND_PAPERS, MOST_FOUND = 3, 5  # where one paper is asked for, and where papers are
MOST_SIDES = 4
# Score of the second paper, as a share of the first's. In the 8 dev comparisons it is .82 to .98; in 8 look-ups of
# another session that only sound like one, .39 to .63 (docs/decisions.md).
SHARE_OF_SIDE = 0.7
SHARE_OF_SURE_SIDE = 0.6  # where the wording surely compares
# A part of the question is about a paper of this cosine; the second one where its wording surely compares.
NEAR_A_SIDE = 0.45
NEAR_A_SURE_SIDE = 0.35
SURELY_COMPARES = 0.9
# A question that names two papers compares them even if its wording hardly says so ("WaxNet versus FoldPro, briefly").
HARDLY_COMPARES = 0.2
NEAR_THE_WHOLE = 6
NEAR_THE_SIDE = 3
WHOLE_COUNTS = 1.0  # as much as the side by itself (docs/decisions.md)
# Where the question says how many papers there are, and the last of so many is this near to the best one in score, they
# are those: so it is in 23 of 41 such comparisons of ten sets, and right in all of them (docs/decisions.md).
SHARE_OF_COUNTED = 0.85
SENTENCES_A_SIDE = 1  # beside the quote


def find(run: Run, found: Found, finder: EvidenceFinder, reader: Reader, *, verify: bool) -> Iterator[Event]:
    """The best papers, each with one written sentence about what was looked for. With `verify` the model is asked first
    which of the papers found is that; if none, `run.refusal` is set, and if that is doubtful, `run.reason`."""
    hits: Sequence[Hit]
    if not verify:
        hits = relevant(found.hits, share=SHARE_OF_FIND)
    else:
        chosen = yield from agreed(run, found.hits, reader)
        hits = chosen.hits
        if chosen.nothing and not run.stop.is_set():
            run.refusal, run.nearest = NO_SUCH_PAPER, chosen.nearest
            return
        if chosen.only_near:
            run.tell(ONLY_NEAR)
    most = MOST_FOUND if wording.SEVERAL_WANTED.search(run.question) else FIND_PAPERS
    yield from _read_each(run, found, hits[:most], finder, reader, matched=len(hits))


def comparable(question: str, found: Found, searcher: Searcher, likely: float) -> bool:
    """Whether a question that sounds like a comparison is about two papers of the collection: "how much better is it
    compared to other methods?" is about one, and no other comes near it. Two are near to the whole question, or each is
    near to a part of it or has the name that stands there. What a follow-up leans on is one side. `likely` is the
    probability that the wording compares."""
    if len(found.hits) < 2:
        return False
    sure = likely >= SURELY_COMPARES
    if found.hits[1].score >= (SHARE_OF_SURE_SIDE if sure else SHARE_OF_SIDE) * found.hits[0].score:
        return True
    least = NEAR_A_SURE_SIDE if sure else NEAR_A_SIDE
    near = [
        hit.paper.id
        for side, hit in _of_sides(question, found, searcher)
        if hit.dense >= least or names_in(side) & names_in(f"{hit.paper.title} {hit.paper.abstract}")
    ]
    other = found.leaned[:1] if set(near) - set(found.leaned) else ()
    return len({*near, *other}) > 1


def names_two(question: str, searcher: Searcher, likely: float) -> bool:
    """Whether a question that may compare has the coined names of two papers. `likely` as for `comparable`."""
    names = coined_names(question) if likely >= HARDLY_COMPARES else []
    return len(names) > 1 and len(_papers_named(question, names, searcher)) > 1


def _of_sides(question: str, found: Found, searcher: Searcher) -> list[tuple[str, Hit]]:
    """The best paper for each side of a comparison by itself, among the best for the whole question; where the question
    has the coined names of two papers' titles, those, and where it says how many there are, the first so many if they
    are about as near. With one side only, the other is what the question leans on."""
    named, counted = _named(question, found, searcher), _counted(question, found)
    if len(named) > 1 and len(named) >= len(counted):
        return named
    if counted:
        return [("", hit) for hit in counted]
    whole = {hit.paper.id: hit.score for hit in found.hits[:NEAR_THE_WHOLE]}
    best = []
    for side in dict.fromkeys(sides(question)[: 2 * MOST_SIDES]):
        if len(own := _papers_with(coined_names(side), searcher)) == 1:
            best += own
            continue
        near = [hit for hit in searcher.search(side, limit=NEAR_THE_SIDE).hits if hit.paper.id in whole]
        if near:
            best.append((side, max(near, key=lambda hit: hit.score + WHOLE_COUNTS * whole[hit.paper.id])))
    leaned = [("", hit) for hit in found.hits if hit.paper.id in found.leaned[:1]]
    alone = len({hit.paper.id for _, hit in best}) == 1
    return [*leaned, *best] if alone else best


def _counted(question: str, found: Found) -> Sequence[Hit]:
    """The first two or three papers, where a question that stands alone says so and they are alike in score; none
    elsewhere."""
    said = None if found.leaned else wording.SIDES_SAID.search(question)
    many = wording.SIDES_COUNTED[said.group().lower()] if said else 0
    hits = found.hits[:many]
    alike = len(hits) == many > 0 and hits[-1].score >= SHARE_OF_COUNTED * hits[0].score
    return hits if alike else ()


def _named(question: str, found: Found, searcher: Searcher) -> list[tuple[str, Hit]]:
    """The papers whose names the question has, each with its name; of those found, also where it is typed in small
    letters (`foldnet vs waxnet`)."""
    small = names_in_small_letters(question, found.hits[:NEAR_THE_WHOLE])
    return _papers_named(question, [*coined_names(question), *small], searcher)


def _papers_named(question: str, names: Sequence[str], searcher: Searcher) -> list[tuple[str, Hit]]:
    """The papers that alone have one of these names in their title, or, where the name is a side by itself, in their
    abstract."""
    best: dict[str, tuple[str, Hit]] = {}
    by_itself = {fold(side) for side in sides(question)}
    for name in dict.fromkeys(names):
        papers = searcher.catalogue.papers_by_id(searcher.catalogue.holding(name))
        meant = [paper for paper in papers.values() if fold(name) in title_names(paper.title)]
        if len(papers) > 1:
            meant = [paper for paper in meant if not _is_term(name, paper.title)]
        if not meant and fold(name) in by_itself:
            meant = list(papers.values())
        if len(meant) == 1:
            best.setdefault(meant[0].id, (name, Hit(meant[0], 1.0, 1.0, 0.0)))
    return list(best.values())


def _is_term(name: str, title: str) -> bool:
    """Whether a name of a title that other papers have, too, is a term of the field: an acronym that does not open it
    (`GAN`)."""
    spelled = [word for word in NAME.findall(title) if fold(word) == fold(name)]
    return all(word.isupper() for word in spelled) and fold(title.partition(":")[0]) != fold(name)


def _papers_with(names: Sequence[str], searcher: Searcher) -> list[tuple[str, Hit]]:
    """The papers that alone have one of these names, each with its name."""
    holding = ((name, searcher.catalogue.holding(name)) for name in names)
    alone = {key: name for name, held in holding if len(held) == 1 for key in held}
    papers = searcher.catalogue.papers_by_id(alone)
    return [(alone[key], Hit(paper, 1.0, 1.0, 0.0)) for key, paper in papers.items()]


def compare(
    run: Run,
    found: Found,
    searcher: Searcher,
    finder: EvidenceFinder,
    reader: Reader,
    *,
    narrow: bool = True,
    quote: bool = True,
) -> Iterator[Event]:
    """Each side is searched by itself. First a grid of quotes, side by side; then every side gets a written sentence
    and, with `quote`, the one of its abstract that is nearest to the question, unless the written one rests on it.

    With `narrow`, a side is asked only about those words of the question that it has itself: words of the other side
    would be taken for its own (docs/decisions.md).
    """
    chosen: dict[str, Hit] = {}
    for _, hit in _of_sides(run.question, found, searcher):
        chosen.setdefault(hit.paper.id, hit)
    for hit in found.hits:
        if len(chosen) >= 2:
            break
        chosen.setdefault(hit.paper.id, hit)
    hits = list(chosen.values())[:MOST_SIDES]
    rows = grid.compare([(n, finder.sentences(hit.paper)) for n, hit in enumerate(hits, start=1)])
    cells = [[_span(cell.quote) for row in rows for cell in row.cells if cell.n == n] for n in range(1, len(hits) + 1)]
    spans = [list(dict.fromkeys(span for span in column if span)) for column in cells]
    yield run.offer(list(zip(hits, spans, strict=True)), matched=len(hits))
    run.grid = rows
    yield Compared(rows)
    ranked = finder.rank(run.question, found.vector, [hit.paper for hit in hits], beyond_titles=True)
    for hit, quotes, column, sentences in zip(hits, spans, cells, ranked, strict=True):
        job = Read(
            *(hit.paper, run.question),
            tail="compare.tail",
            opening=f"- {lead(hit)}",
            strict=True,
            asked=shared_words(run.question, hit.paper) if narrow else "",
            most=SENTENCES_A_SIDE,
        )
        kept = yield from reader.read(run, job)
        if run.stop.is_set():
            return
        if not kept and quotes:
            said = next(span for row, span in zip(rows, column, strict=True) if row.aspect == "method" and span)
            yield quote_as_sentence(run, hit, said, opening=f"- {lead(hit)}")
        if quote and kept:
            own = finder.own_work(hit.paper)
            nearest = next((span for span, _ in sentences if span in own), None)
            rests_on = {proof.text for sentence in kept for proof in sentence.quotes}
            if nearest and nearest.text not in rests_on:
                yield quote_as_sentence(run, hit, nearest)


def shared_words(question: str, paper: Paper) -> str:
    """The words of a question that a paper has itself, those that stand together as one term: `inverse dynamics,
    distractors`. The whole question when it shares none."""
    own = set(content_words(f"{paper.title} {paper.abstract}"))
    terms: list[list[str]] = []
    before = -2
    for at, match in enumerate(re.findall(r"[^\s?!,;:()\"“”]+", question)):
        stems = content_words(match)
        if stems and own.issuperset(stems) and not wording.NO_SIDE.fullmatch(match):
            if at == before + 1:
                terms[-1].append(match)
            else:
                terms.append([match])
            before = at
    return ", ".join(dict.fromkeys(" ".join(term) for term in terms)) or question


def quotes_only(run: Run, found: Found) -> Iterator[SentenceChecked]:
    """The best quote of each paper of the evidence that no sentence is cited to: where nothing can be written."""
    cited = {n for sentence in run.sentences for n in sentence.citations}
    by_id = {hit.paper.id: hit for hit in found.hits}
    for evidence in run.evidence:
        if evidence.n not in cited and evidence.quotes and evidence.paper.id in by_id:
            best = evidence.quotes[0]
            yield quote_as_sentence(run, by_id[evidence.paper.id], Span(best.text, best.start, best.end))


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
) -> Iterator[Event]:
    ranked = finder.rank(run.question, found.vector, [hit.paper for hit in hits])
    yield run.offer([(hit, [s for s, _ in r[:1]]) for hit, r in zip(hits, ranked, strict=True)], matched=matched)
    for hit, sentences in zip(hits, ranked, strict=True):
        opening = f"- {lead(hit)}" if len(hits) > 1 else lead(hit)
        job = Read(hit.paper, run.question, tail="line.tail", opening=opening, strict=True)
        kept: list[Sentence] = yield from reader.read(run, job)
        if run.stop.is_set():
            return
        if not kept and sentences:
            yield quote_as_sentence(run, hit, sentences[0][0], opening=opening)


def _span(quote: Quote | None) -> Span | None:
    return Span(quote.text, quote.start, quote.end) if quote else None


def lead(hit: Hit) -> str:
    """The title that opens a sentence about a paper."""
    title = hit.paper.title
    return f"{title} " if title.endswith(("?", "!", ".")) else f"{title}: "
