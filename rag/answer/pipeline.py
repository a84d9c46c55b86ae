"""`Assistant.ask`: from a question to the events of its answer. Every surface consumes this one stream."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answer import record_wording, several, wording
from rag.answer.abstain import (
    NEITHER_YES_NOR_NO,
    NO_QUESTION,
    NOTHING_RELEVANT,
    names_a_paper,
    not_stated,
    unknown_names,
)
from rag.answer.agree import agreed
from rag.answer.check import Checker, gives_number
from rag.answer.followup import Context, FollowUps, names_only, speaking_of
from rag.answer.overview import Overview, is_whole, names_topic
from rag.answer.parts import Parts
from rag.answer.phrases import Nearest, Recorded
from rag.answer.prompts import Prompts
from rag.answer.read import Read, Reader
from rag.answer.records import Records
from rag.answer.route import core
from rag.answer.router import Router
from rag.answer.run import Run
from rag.answer.support import SupportModel
from rag.errors import ModelError, Overloaded, PromptTooLong
from rag.ingest.clean import clean_text
from rag.retrieve.evidence import EvidenceFinder, overlap
from rag.retrieve.orders import asked
from rag.retrieve.relevance import DOUBTFUL, THRESHOLD
from rag.retrieve.search import Found, Searcher
from rag.types import (
    CollectionInfo,
    Done,
    Event,
    Generator,
    Hit,
    Refused,
    Route,
    Routed,
    Searching,
    Sentence,
    SentenceChecked,
    Turn,
)

HITS = 40
LONGEST_QUESTION = 2000
# Score of the best sentence (`EvidenceFinder.rank`) that is quoted instead of an unsure yes or no, or of a sentence
# without the number that was asked for, if it has one.
SPEAKS_TO_IT = 0.4
# A paper whose authors are asked for is the one described if its cosine, or the share of the question's weighted words
# that it has, is at least this.
DESCRIBED_COSINE = 0.45
DESCRIBED_WORDS = 0.5
# A question that the catalogue could answer is left to another route where its wording says that it is hardly one for
# the catalogue, and surely one of the other (0..1).
HARDLY_RECORDED = 0.2
SURELY_OTHER = 0.75
SURELY_RECORDED = 0.6


@dataclass(frozen=True)
class Assistant:
    """Answers questions about one collection. Safe to use from several threads: all state is in the run."""

    info: CollectionInfo
    searcher: Searcher
    finder: EvidenceFinder
    records: Records
    router: Router
    support: SupportModel
    generator: Callable[[], Generator]
    model_name: str
    prompts: Prompts
    answer_tokens: int
    parts: Parts = Parts()

    @property
    def followups(self) -> FollowUps:
        """Who resolves follow-up questions."""
        return FollowUps(self.searcher, self.records, self.router)

    def prepare(self) -> None:
        """Read what the first questions about a large collection would otherwise wait for."""
        self.records.prepare()
        self.searcher.catalogue.prepare()

    def ask(
        self, question: str, history: Sequence[Turn] = (), *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """The events of one answer; the last one is always `Done`.

        Setting `stop` ends the answer within a fraction of a second, with what is there; closing the iterator does
        too, without a `Done`. Raises Overloaded, ModelMissing or ModelCorrupt; when the model fails in the middle,
        the quotes stay and become the answer.
        """
        run = Run(asked=question, info=self.info, model=self.model_name, stop=stop or threading.Event())
        cleaned = asked(core(clean_text(question)[-LONGEST_QUESTION:]))
        if not cleaned:
            yield from self._refuse(run, NO_QUESTION)
            return
        run.question = cleaned
        context = self.followups.context(cleaned, history if self.parts.context else ())
        found: list[Found] = []

        def search() -> Found:
            if not found:
                found.append(self._search(cleaned, context))
                run.clock("retrieve_s")
                run.reason = found[0].notice or None
            return found[0]

        def nearest() -> list[str]:
            found = search()
            if named := self.records.named_one(cleaned, found.hits):
                return [named]
            goes_on = context.latest is None and self.followups.goes_on(context, found)
            meant = goes_on or self._describes(cleaned, found)
            return [hit.paper.id for hit in found.hits] if meant else []

        recorded = self.recorded(cleaned, nearest)
        run.route = "catalogue" if recorded is not None else context.route or self._route(cleaned, search)
        yield Routed(run.route, context.text)
        yield Searching(self.info.papers)
        if recorded is not None:
            yield from self._recorded(run, recorded)
            return
        alone = context.text == cleaned
        whole = run.route == "overview" and alone and (is_whole(cleaned) or names_topic(cleaned))
        off = self.parts.off_topic and not whole and search().relevance < THRESHOLD
        if off and (names_a_paper(cleaned, self.searcher.catalogue) or self.followups.goes_on(context, search())):
            off = False
        if off and (search().relevance < DOUBTFUL or run.route == "compare"):
            yield from self._refuse(run, NOTHING_RELEVANT, search())
            return
        named = self.parts.names and run.route != "find"
        unknown = unknown_names(cleaned, search().hits, self.searcher.catalogue) if named else []
        if unknown and not self.records.limited_to(cleaned):
            yield from self._refuse(run, f"No abstract in this collection mentions {', '.join(unknown)}.", search())
            return
        yield from self._answer(run, search(), alone=alone, doubtful=off)
        if run.refusal and not run.sentences and not run.stop.is_set():
            yield from self._refuse(run, run.refusal, search())
            return
        yield Done(run.answer())

    def recorded(self, question: str, nearest: Nearest) -> Recorded | None:
        """What the catalogue says by itself; None where it says nothing, or where the question is about something else
        by its wording."""
        routes = self.router.probabilities(question)
        likely = routes.get("catalogue", 0.0)
        recorded = self.records.answer(question, nearest, sure=likely >= SURELY_RECORDED)
        if recorded is None or recorded.refusal:
            return recorded
        return None if likely < HARDLY_RECORDED and max(routes.values()) >= SURELY_OTHER else recorded

    def _route(self, question: str, search: Callable[[], Found]) -> Route:
        """The most likely route that the collection allows."""
        routes = self.router.probabilities(question)
        if several.names_two(question, self.searcher, routes.get("compare", 0.0)):
            return "compare"
        for route, likely in routes.items():
            if route == "compare" and not several.comparable(question, search(), self.searcher, likely):
                continue
            asks_many = route == "overview" and not names_topic(question)
            asks_whether = route in ("find", "overview") and wording.YES_NO_ASKED.search(question)
            if asks_whether and likely < SURELY_OTHER:
                continue  # "do bigger nets beat waxed ones on ponds?" is one paper's finding
            if (asks_many or asks_whether) and self.records.named_one(question, search().hits):
                continue
            if route != "catalogue":
                return route
        return "fact"

    def _search(self, question: str, context: Context) -> Found:
        """The search, kept to the papers of the authors that the question names."""
        found = self.followups.search(question, context, limit=HITS)
        authors = self.records.limited_to(question)
        kept = tuple(hit for hit in found.hits if hit.paper.id in authors)
        return replace(found, hits=kept) if kept else found

    def _describes(self, question: str, found: Found) -> bool:
        """Whether a question that describes a paper, for its authors or its links, describes the best one."""
        if found.relevance < DOUBTFUL or not found.hits:
            return False
        best = found.hits[0]
        asked = self.finder.weights.of(question)
        asked = {stem: weight for stem, weight in asked.items() if stem not in record_wording.GENERAL_WORDS}
        doubtful = found.relevance < THRESHOLD  # then the title has to have the words
        words = overlap(asked, best.paper.title if doubtful else f"{best.paper.title} {best.paper.abstract}")
        return (best.dense >= DESCRIBED_COSINE and not doubtful) or words >= DESCRIBED_WORDS

    def _recorded(self, run: Run, recorded: Recorded) -> Iterator[Event]:
        """An answer from the catalogue: complete, without the model."""
        if recorded.refusal:
            yield from self._refuse(run, recorded.refusal, nearest=recorded.nearest)
            return
        ids = list(dict.fromkeys(paper for line in recorded.lines for paper in line.papers))
        papers = self.searcher.catalogue.papers_by_id(ids)
        yield run.offer([(Hit(papers[key], 1.0, 0.0, 0.0), []) for key in ids], matched=len(ids))
        for line in recorded.lines:
            sentence = Sentence(line.text, tuple(run.number(papers[key]) for key in line.papers), "supported")
            run.sentences.append(sentence)
            yield SentenceChecked(sentence)
        yield Done(run.answer())

    def _answer(self, run: Run, found: Found, *, alone: bool, doubtful: bool) -> Iterator[Event]:
        checker = Checker(self.finder.weights, self.support if self.parts.classifier else None)
        reader = Reader(
            self.generator, self.finder, checker, self.prompts, self.answer_tokens, forgiving=not self.parts.check
        )
        if run.route in ("find", "fact") and self.parts.nearest:
            found = replace(found, hits=self.finder.by_nearest_sentence(found.vector, found.hits))
        try:
            if run.route == "compare":
                compared = several.compare(
                    *(run, found, self.searcher, self.finder, reader),
                    narrow=self.parts.shared_words,
                    quote=self.parts.side_quotes,
                )
                yield from compared
            elif run.route == "overview":
                overview = Overview(self.searcher, self.finder, spelled=self.parts.spelled)
                authors = frozenset(self.records.limited_to(run.question))
                asked = reader if self.parts.belonging else None
                yield from overview.answer(run, found, alone=alone, limit_to=authors, reader=asked)
            elif run.route == "find":
                verify = (alone and self.parts.agreement) or doubtful
                yield from several.find(run, found, self.finder, reader, verify=verify)
            else:
                yield from self._fact(run, found, reader, follows=not alone, doubtful=doubtful)
        except (Overloaded, PromptTooLong):
            raise
        except ModelError as error:
            if not run.evidence:
                raise
            run.tell(f"{error} The answer is quoted from the abstract.")
            yield from several.quotes_only(run, found)

    def _fact(self, run: Run, found: Found, reader: Reader, *, follows: bool, doubtful: bool) -> Iterator[Event]:
        """Read the best paper. Where it is `doubtful` whether any paper speaks to the question, the model is asked
        which one does. Where the question `follows` others and only names something ("and on ponds?"), the sentences
        with that name are the answer."""
        hits = found.hits
        titled = {record.id for record in self.records.names.titles(run.question)}
        if len(titled) == 1 and any(hit.paper.id in titled for hit in found.hits):
            hits = tuple(hit for hit in found.hits if hit.paper.id in titled)  # only that paper can say it
        elif doubtful:
            chosen = yield from agreed(run, hits, reader)
            hits = chosen.hits
            if chosen.nothing and not run.stop.is_set():
                run.refusal, run.nearest = NOTHING_RELEVANT, chosen.nearest
                return
        best = hits[0].paper
        (ranked,) = self.finder.rank(run.question, found.vector, [best], beyond_titles=self.parts.beyond_titles)
        yield run.offer([(hits[0], [span for span, _ in ranked[:2]])], matched=1)
        if follows and (speaking := speaking_of(names_only(run.question), [span for span, _ in ranked])):
            yield from (several.quote_as_sentence(run, hits[0], span) for span in speaking)
            return
        job = Read(
            best,
            run.question,
            number=self.parts.number,
            verify=self.parts.said,
            speaks=ranked[0][0].text if ranked else "",
        )
        kept = yield from reader.read(run, job)
        if kept or run.stop.is_set() or not ranked:
            return
        span, score = ranked[0]
        if wording.YES_NO_ASKED.search(run.question) and score >= SPEAKS_TO_IT:
            # A yes or no that is not sure is no answer: the sentence that speaks to it is.
            run.tell(NEITHER_YES_NOR_NO)
            yield several.quote_as_sentence(run, hits[0], span)
        elif gives_number(span.text, run.question) and score >= SPEAKS_TO_IT:
            yield several.quote_as_sentence(run, hits[0], span)
        elif wording.ABOUT.search(run.question):
            yield several.quote_as_sentence(run, hits[0], self.finder.statement(run.question, best))
        else:
            # What the model cannot say with support is not in the abstract: the quotes stay on screen.
            run.refusal = not_stated(best.title)

    def _refuse(
        self, run: Run, reason: str, found: Found | None = None, *, nearest: Sequence[str] = ()
    ) -> Iterator[Event]:
        run.refused, reason = True, run.tell(reason)
        run.nearest = run.nearest or (tuple(hit.paper.title for hit in found.hits[:3]) if found else tuple(nearest))
        if not run.question:
            yield Routed("refuse", "")
        yield Refused(reason, run.nearest)
        yield Done(run.answer())
