"""Questions about a whole set of papers: a topic, a kind of contribution, or the whole session.

The set is every relevant paper of the collection, not the best few; each gets the sentence of its abstract that says
what it does, word for word, so no model is needed. Larger sets are grouped into themes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from rag.answer import record_wording, wording
from rag.answer.abstain import NO_SUCH_PAPER, no_overview
from rag.answer.agree import belonging
from rag.answer.phrases import count_papers, heading, listed
from rag.answer.read import Reader
from rag.answer.route import topic, topic_phrases
from rag.answer.run import Run
from rag.answer.several import lead, quote_as_sentence
from rag.errors import VectorsUnreachable
from rag.index.topics import Topic, group, label_groups, make_topics, stored_topics
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.search import SET_CANDIDATES, Found, Searcher
from rag.retrieve.select import relevant, relevant_set
from rag.text import content_words
from rag.types import Event, Grouped, Hit, Other, Paper, Sentence, SentenceChecked, Span, Theme

SHOWN = 20
ACRONYMS_FROM = 60  # papers whose abstracts are looked through for what an acronym stands for
OTHERS = 200
# Fewer papers are not grouped; a theme has about three.
LEAST_GROUPED = 5
PAPERS_A_THEME = 3
MOST_THEMES = 5
PAPERS_A_TOPIC = 3  # named for each topic of a whole session


@dataclass(frozen=True, slots=True)
class Overview:
    """Answers such questions about one collection."""

    searcher: Searcher
    finder: EvidenceFinder
    spelled: bool = True  # whether a topic that papers spell out is kept to those papers

    def answer(
        self, run: Run, found: Found, *, alone: bool, limit_to: frozenset[str], reader: Reader | None = None
    ) -> Iterator[Event]:
        """The answer to `run.question`, which was searched as `found`.

        A question that stands `alone` is searched by its topic; when even the best paper is far from it,
        `run.refusal` is set. `limit_to` are the papers of the authors that the question names, if it names any. With a
        `reader` the model is asked about the papers that the search is unsure of.
        """
        if alone and is_whole(run.question):
            yield from self._session(run)
            return
        named = self._topic(run.question)
        if named is not None:
            papers = self.searcher.catalogue.papers_by_id(named.papers)
            yield from self._list(run, [Hit(paper, 1.0, 0.0, 0.0) for paper in papers.values()], {})
            return
        lines: dict[str, Span] = {}
        long_forms: dict[str, str] = {}
        asked = about = topic(run.question) if alone else run.question
        if alone:
            lines = self._contributions(run.question)
            found = self.searcher.search(asked, limit=SET_CANDIDATES, candidates=SET_CANDIDATES)
            if len(topic_phrases(run.question)) == 1:  # of several, one with a common acronym would draw in its field
                long_forms = spelled_out(asked, [hit.paper.abstract for hit in found.hits[:ACRONYMS_FROM]])
            if long_forms:
                asked = " ".join([asked, *long_forms.values()])
                found = self.searcher.search(asked, limit=SET_CANDIDATES, candidates=SET_CANDIDATES)
        hits = [hit for hit in found.hits if not limit_to or hit.paper.id in limit_to]
        spelling = self._spelling(run.question, long_forms) if alone else set()
        if lines:
            hits = [hit for hit in hits if hit.paper.id in lines]
        elif not spelling and no_overview(asked, hits, self.finder.weights):
            run.refusal = NO_SUCH_PAPER
            return
        elif alone:
            chosen = relevant_set(hits, spelling if self.spelled else ())
            if reader:
                chosen = yield from belonging(run, about, hits, chosen, reader, spelled=bool(spelling))
            hits = chosen
        else:
            hits = relevant(hits)
        if not hits:
            run.refusal = NO_SUCH_PAPER
            return
        yield from self._list(run, hits, lines)

    def _topic(self, question: str) -> Topic | None:
        """The topic of the session that a question names in quotes: `the topic “neural operators”`."""
        asked = wording.TOPIC_NAMED.search(question)
        topics = stored_topics(self.searcher.catalogue) if asked else []
        return next((t for t in topics if asked and t.label.casefold() == asked.group("label").casefold()), None)

    def _spelling(self, question: str, long_forms: Mapping[str, str]) -> set[str]:
        """Ids of the papers that have a topic of the question word for word, or with its acronyms spelled out."""
        phrases = topic_phrases(question)
        written_out = [" ".join(long_forms.get(word, word) for word in phrase.split()) for phrase in phrases]
        holding = (self.searcher.catalogue.holding(phrase) for phrase in dict.fromkeys([*phrases, *written_out]))
        return set().union(*holding)

    def _contributions(self, question: str) -> dict[str, Span]:
        """For "which papers release a new dataset": the papers that say so, with the sentence that does."""
        asked = wording.CONTRIBUTES.search(question)
        objects = [obj for obj in wording.OR.split(asked.group("object")) if content_words(obj)] if asked else []
        found: dict[str, Span] = {}
        for wanted in (name for obj in objects for name in _names_of(obj)):
            stems = set(content_words(wanted))
            for key, spans in self.searcher.catalogue.sentences_of(sorted(self.searcher.catalogue.holding(wanted))):
                said = next((span for span in spans if announces(span.text, stems) and _is_so(wanted, span.text)), None)
                if said is not None:
                    found.setdefault(key, said)
        return found

    def _list(self, run: Run, hits: Sequence[Hit], lines: dict[str, Span]) -> Iterator[Event]:
        shown, rest = list(hits[:SHOWN]), hits[SHOWN:]
        groups = self._themes(run.question, shown)
        ordered = [hit for _, members in groups for hit in members]
        said = [lines.get(hit.paper.id) or self.finder.statement(run.question, hit.paper) for hit in ordered]
        yield run.offer([(hit, [line]) for hit, line in zip(ordered, said, strict=True)], matched=len(hits))
        run.others = tuple(Other(hit.paper.id, hit.paper.title) for hit in rest[:OTHERS])
        if sum(bool(label) for label, _ in groups) > 1:
            run.themes = tuple(
                Theme(label, tuple(run.number(hit.paper) for hit in members)) for label, members in groups
            )
        if run.themes or run.others:
            yield Grouped(run.themes, run.others)
        if record_wording.COUNT.search(run.question):
            count = f"{len(hits):,} of the {run.coverage.read:,} papers {'is' if len(hits) == 1 else 'are'} about this."
            yield _state(run, count, [run.number(hit.paper) for hit in ordered])
        for theme in run.themes:
            yield _state(run, theme_sentence(theme.label, len(theme.papers)), theme.papers)
        for hit, line in zip(ordered, said, strict=True):
            if run.stop.is_set():
                return
            yield quote_as_sentence(run, hit, line, opening=f"- {lead(hit)}")

    def _themes(self, question: str, hits: Sequence[Hit]) -> list[tuple[str, list[Hit]]]:
        """The hits in groups with their labels, best group first, those that stand alone together at the end; one
        group where there are few."""
        if len(hits) < LEAST_GROUPED:
            return [("", list(hits))]
        try:
            means = self.searcher.vectors.means([hit.paper.id for hit in hits])
        except VectorsUnreachable:
            return [("", list(hits))]
        rows = np.stack([means[hit.paper.id] for hit in hits])
        found = sorted(group(rows, min(MOST_THEMES, round(len(hits) / PAPERS_A_THEME))), key=min)
        groups = [members for members in found if len(members) > 1]
        alone = sorted(at for members in found if len(members) == 1 for at in members)
        ids = [[hits[at].paper.id for at in members] for members in groups]
        labels = label_groups(self.searcher.catalogue, ids, known=question)
        themes = [(label, [hits[at] for at in members]) for label, members in zip(labels, groups, strict=True) if label]
        alone = sorted(
            alone + [at for label, members in zip(labels, groups, strict=True) if not label for at in members]
        )
        return [*themes, ("", [hits[at] for at in alone])] if alone else themes

    def _session(self, run: Run) -> Iterator[Event]:
        """The topics of the whole collection, each with its most central papers."""
        catalogue = self.searcher.catalogue
        topics = stored_topics(catalogue) or make_topics(catalogue, self.searcher.vectors)
        named = [list(catalogue.papers_by_id(t.papers[:PAPERS_A_TOPIC]).values()) for t in topics]
        hits = [[Hit(paper, 1.0, 0.0, 0.0) for paper in papers] for papers in named]
        spans = [[(hit, [self.finder.statement(run.question, hit.paper)]) for hit in row] for row in hits]
        total = sum(len(t.papers) for t in topics)
        yield run.offer([pair for row in spans for pair in row], matched=total)
        shown = {paper.id for papers in named for paper in papers}
        left = [key for t in topics for key in t.papers if key not in shown][:OTHERS]
        run.others = tuple(Other(key, paper.title) for key, paper in catalogue.papers_by_id(left).items())
        run.themes = tuple(
            Theme(t.label, tuple(run.number(paper) for paper in papers))
            for t, papers in zip(topics, named, strict=True)
        )
        yield Grouped(run.themes, run.others)
        for t, theme, papers in zip(topics, run.themes, named, strict=True):
            if run.stop.is_set():
                return
            yield _state(run, f"- {topic_sentence(t, papers)}", theme.papers)


def spelled_out(topic_: str, texts: Sequence[str]) -> dict[str, str]:
    """The long forms of the acronyms in a topic, as `texts` introduce them: `paper boat racing (PBR)`. By the acronym
    in lower case; the most frequent one, if several are used."""
    found: dict[str, str] = {}
    for acronym in {word.lower() for word in re.findall(r"\b[^\W\d_]{2,5}\b", topic_)}:
        words = r"[\s-]+".join(rf"{letter}\w*" for letter in acronym)
        spelled = re.compile(rf"\b({words})\s*\(\s*{acronym}s?\s*\)", re.IGNORECASE)
        forms = Counter(match.group(1).lower() for text in texts for match in spelled.finditer(text))
        if forms:
            found[acronym] = forms.most_common(1)[0][0]
    return found


def is_whole(question: str) -> bool:
    """Whether an overview asks for the whole collection rather than for a topic of it."""
    return not content_words(wording.NOT_TOPIC.sub(" ", question))


def names_topic(question: str) -> bool:
    """Whether a question gives a topic of the session by its label, in quotes."""
    return bool(wording.TOPIC_NAMED.search(question))


def announces(sentence: str, wanted: Set[str]) -> bool:
    """Whether a sentence says that its authors made the thing with these stems, by itself or in a list: `we release a
    tool for folding; a large dataset of …`."""
    for match in wording.ANNOUNCES.finditer(sentence):
        for thing in wording.NEXT_THING.split(sentence[match.end() :]):
            clause = wording.CLAUSE_END.split(thing)[0]
            named = " ".join(clause.split()[: wording.WORDS_TO_THE_THING])
            # Stemming is what takes time, and most sentences have no such letters.
            if all(stem[:-1] in named.lower() for stem in wanted) and wanted <= set(content_words(named)):
                return True
    return False


def _is_so(wanted: str, sentence: str) -> bool:
    """Whether a thing that is called by another name is what the sentence means."""
    return wanted != wording.COLLECTION or bool(wording.NAMED_COLLECTION.search(sentence))


def _names_of(wanted: str) -> Sequence[str]:
    """What abstracts call the thing as well: a corpus is a dataset."""
    stems = set(content_words(wanted))
    groups = (names for names in wording.SAME_THING if any(set(content_words(name)) == stems for name in names))
    return next(groups, (wanted,))


def theme_sentence(label: str, papers: int) -> str:
    """`Neural operators: 4 papers.`"""
    return f"{heading(label)}: {count_papers(papers)}."


def topic_sentence(topic_: Topic, papers: Sequence[Paper]) -> str:
    """`Neural operators, 12 papers: such as “A”, “B” and “C”.`"""
    titles = [f"“{paper.title}”" for paper in papers]
    size = len(topic_.papers)
    such = "such as " if size > len(titles) else ""
    return f"{heading(topic_.label)}, {count_papers(size)}: {such}{listed(titles)}."


def _state(run: Run, text: str, papers: Sequence[int]) -> SentenceChecked:
    """A sentence that counts papers: true by the way it is made."""
    sentence = Sentence(text, tuple(papers), "supported")
    run.sentences.append(sentence)
    return SentenceChecked(sentence)
