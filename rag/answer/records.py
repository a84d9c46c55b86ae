"""Questions that the catalogue answers by itself: authors, awards, counts, lists, links. Exact, complete, no model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from rag.answer import record_wording, wording
from rag.answer.abstain import coined_names, names_in_small_letters
from rag.answer.facts import NAME, names_in
from rag.answer.links import Links
from rag.answer.people import People
from rag.answer.phrases import (
    MOST_LISTED,
    Line,
    Nearest,
    Recorded,
    authors_line,
    count_papers,
    have,
    listed,
    paper_list,
    quoted,
)
from rag.index.catalogue import Catalogue
from rag.index.rows import Record
from rag.retrieve.names import Names, fold
from rag.text import content_words
from rag.types import Hit

_Rule = Callable[[str, Nearest], Recorded | None]
MOST_ORIGINS = 5
LONGEST_TERM = 4  # words of content; more are a topic, not a term
_SMALL_WORD = 3  # letters of words that titles do not capitalise
_MARKS = {"question": "?", "exclamation": "!", "colon": ":"}


class Records:
    """The catalogue of one collection as an answerer."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    # Read when the first question comes, so that opening a large collection stays quick.
    @cached_property
    def _all(self) -> list[Record]:
        return self._catalogue.records()

    @cached_property
    def _by_id(self) -> dict[str, Record]:
        return {record.id: record for record in self._all}

    @cached_property
    def names(self) -> Names:
        """The people and titles of the collection."""
        return Names(self._all)

    @cached_property
    def _people(self) -> People:
        return People(self._all, self.names, self._catalogue)

    @cached_property
    def _links(self) -> Links:
        return Links(self._all, self.names, self._catalogue)

    def prepare(self) -> None:
        """Read all records, names and links now, which the first questions would wait for."""
        self._people  # noqa: B018
        self._links.prepare()

    def limited_to(self, question: str) -> set[str]:
        """Ids of the papers of the authors that a question about content names in full, or by the surname that stands
        for a group (`Oar and colleagues`, `the one by Oar`), or of two whose surnames it joins (`the two papers of Oar
        and Moss`); empty when it names none."""
        group = record_wording.GROUP_OF.search(question)
        # Before the names are gone through, which every question would pay for.
        if not group and not record_wording.AUTHOR.search(question):
            return set()
        mentions = self.names.mentions(question)
        full = [mention for mention in mentions if mention.full]
        if full:
            return set.union(*(set(mention.papers) for mention in full))
        pair = record_wording.TWO_SURNAMES.search(question)
        spelled = pair or group
        surnames = [tuple(fold(name)) for name in spelled.groups() if name] if spelled else []
        named = [mention for mention in mentions if mention.people[0].tokens[-1:] in surnames]
        if not surnames or len(named) != len(surnames):
            return set()
        return set.intersection(*(set(mention.papers) for mention in named))

    def named_one(self, question: str, hits: Sequence[Hit]) -> str | None:
        """The id of the one paper whose title a question has, or that alone has its only coined name: in small letters,
        that of the first of `hits`. None where it names no paper so."""
        titled = self.names.titles(question)
        if len(titled) == 1:
            return titled[0].id
        best = () if wording.WANTS_PAPERS.search(question) else hits[:1]  # "papers on foldnet": all of them
        named = coined_names(question) or names_in_small_letters(question, best)
        holding = self._catalogue.holding(named[0]) if len(named) == 1 else set()
        return next(iter(holding)) if len(holding) == 1 else None

    def answer(self, question: str, nearest: Nearest, *, sure: bool = False) -> Recorded | None:
        """The answer, or None when this is no question for the catalogue. `nearest` gives the ids of the papers that a
        search finds, best first, for questions that describe a paper instead of naming it. With `sure` it is known to
        be a question for the catalogue, so that words beside a name do not make it one about content."""
        parts = record_wording.NEXT_QUESTION.split(question)
        lines: list[Line] = []
        for part in parts if len(parts) > 1 else []:
            found = self._answer_next(part, nearest, lines, sure)
            if found is None or not found.lines:
                break
            lines += found.lines
        else:
            if lines:
                return Recorded(tuple(dict.fromkeys(lines)))
        return self._answer(question, nearest, sure)

    def _answer_next(self, part: str, nearest: Nearest, before: Sequence[Line], sure: bool) -> Recorded | None:
        """The answer to a part of a question; "who wrote these" is about the papers of the lines `before`."""
        papers = list(dict.fromkeys(paper for line in before for paper in line.papers))
        if papers and record_wording.WHO_OF_THESE.search(part):
            return Recorded(tuple(authors_line(self._by_id[key], part) for key in papers[:MOST_LISTED]))
        return self._answer(part, nearest, sure)

    def _answer(self, question: str, nearest: Nearest, sure: bool) -> Recorded | None:
        people = self._people
        rules: list[_Rule] = [self._origin, self._unknown_title, self._extremes, self._awards]
        rules += [people.affiliation, people.count, people.co_authors, people.authors_of, self._titled]
        rules += [people.papers_by_surely if sure else people.papers_by, self._links.answer, self._mentions]
        rules += [self._word_meant] if sure or record_wording.COUNT.search(question) else []
        for rule in rules:
            found = rule(question, nearest)
            if found is not None:
                return found
        return self._counts(question)

    # --- rules, each None when it does not apply ---

    def _origin(self, question: str, nearest: Nearest) -> Recorded | None:
        """What conference and year the papers of the collection are from."""
        known = record_wording.GENERAL_WORDS | record_wording.ORIGIN_WORDS
        if not record_wording.ORIGIN.search(question) or not known.issuperset(content_words(question)):
            return None
        origins = self._catalogue.origins()
        if not origins:
            return Recorded(refusal="No venue or year is recorded for the papers of this collection.")
        told = [f"{count_papers(count)} from {text}" for text, count in origins[:MOST_ORIGINS]]
        left = len(self._all) - sum(count for _, count in origins[:MOST_ORIGINS])
        told += [f"{count_papers(left)} from elsewhere or without a record of it"] if left else []
        return Recorded((Line(f"This collection has {listed(told)}."),))

    def _unknown_title(self, question: str, nearest: Nearest) -> Recorded | None:
        for named in re.findall(r"[\"“'‘]([^\"”'’“‘]{12,})[\"”'’]", question):
            close = self.names.closest_title(named)
            if _like_a_title(named) and close is not None and close[1] < 75:
                return Recorded(refusal=f"No paper in this collection is called “{named}”.", nearest=(close[0].title,))
        return None

    def _extremes(self, question: str, nearest: Nearest) -> Recorded | None:
        if record_wording.MOST_PAPERS.search(question):
            most = max(len(person.papers) for person in self.names.people)
            top = [person for person in self.names.people if len(person.papers) == most]
            if len(top) > 10:
                return Recorded((Line(f"{len(top)} people have {most} papers each, and nobody has more."),))
            return Recorded(tuple(Line(f"{p.name} is an author of {count_papers(most)}.", p.papers) for p in top))
        few, many = (
            record_wording.FEWEST_AUTHORS.search(question) or record_wording.SINGLE_AUTHOR.search(question),
            record_wording.MOST_AUTHORS.search(question),
        )
        if not (few or many) or not self._all:
            return None
        alone = record_wording.SINGLE_AUTHOR.search(question)
        size = 1 if alone else (min if few else max)(len(record.authors) for record in self._all)
        chosen = [record for record in self._all if len(record.authors) == size]
        if alone:
            return (
                paper_list(f"{have(len(chosen))} a single author.", chosen, by=True)
                if chosen
                else Recorded((Line("No paper in this collection has a single author."),))
            )
        what = f"the {'shortest' if few else 'longest'} author list, with {size} {'author' if size == 1 else 'authors'}"
        return paper_list(f"{have(len(chosen))} {what}.", chosen)

    def _awards(self, question: str, nearest: Nearest) -> Recorded | None:
        if not record_wording.AWARD.search(question):
            return None
        awarded = [record for record in self._all if record.award]
        asked = set(content_words(question))
        named = [r for r in awarded if (set(content_words(r.award or "")) - {"paper", "award"}) & asked]
        if not record_wording.AWARD_ITSELF.search(question) and not named:
            return None
        if not awarded:
            return Recorded(refusal="No award is recorded for any paper of this collection.")
        papers = self.names.titles(question)
        own = [
            Line(f"{r.award}: {quoted(r)}." if r.award else f"No award is recorded for {quoted(r)}.", (r.id,))
            for r in papers
        ]
        if own and not named:
            return Recorded(tuple(own))
        chosen = awarded if record_wording.AWARDS.search(question) else named or awarded
        if record_wording.COUNT.search(question):
            return paper_list(f"{have(len(chosen))} an award.", chosen, award=True)
        wants_people = bool(
            record_wording.WHO.search(question) or record_wording.ANY_WHO.search(question)
        ) and not record_wording.WHICH_PAPER.search(question)
        if wants_people:
            people = [Line(f"{quoted(r)}, {r.award}, is by {listed(r.authors)}.", (r.id,)) for r in chosen]
            return Recorded((*people, *own))
        return Recorded((*own, *(Line(f"{r.award}: {quoted(r)} by {listed(r.authors)}.", (r.id,)) for r in chosen)))

    def _titled(self, question: str, nearest: Nearest) -> Recorded | None:
        """Papers with a word in their title."""
        marked = record_wording.MARK_IN_TITLE.search(question)
        if marked:
            name = marked["mark"] or "colon"
            chosen = [record for record in self._all if _MARKS[name] in record.title]
            what = "colon" if name == "colon" else f"{name} mark"
            return paper_list(f"{have(len(chosen), of='title')} a {what}.", chosen)
        asked = record_wording.IN_TITLE.search(question)
        terms = _terms(asked, question)
        if not terms:
            return None
        chosen = self.names.titles_with(terms)
        shown = listed([f"“{term}”" for term in terms], last="or")
        if not chosen:
            return Recorded(refusal=f"No title in this collection has {shown}.")
        rest = question.replace(asked.group(), " ") if asked else ""
        if record_wording.PLURAL.search(rest) and self._links.wanted(rest):
            return self._links.of_all(rest, {record.id for record in chosen})
        verb = "has" if len(chosen) == 1 else "have"
        return paper_list(f"{len(chosen):,} of {count_papers(len(self._all))} {verb} {shown} in the title.", chosen)

    def _mentions(self, question: str, nearest: Nearest) -> Recorded | None:
        terms = _terms(
            record_wording.MENTIONS.search(question) or record_wording.IN_ABSTRACT.search(question), question
        )
        if not terms:
            return None
        return self._holding(terms)

    def _holding(self, terms: Sequence[str]) -> Recorded:
        """The papers that have one of the terms."""
        # `CIFAR` is a part of `CIFAR-10`.
        found = (self._catalogue.holding(term) or set(self._catalogue.containing(term)) for term in terms)
        holding: set[str] = set().union(*found)
        shown = listed([f"“{term}”" for term in terms], last="or")
        if not holding:
            return Recorded(refusal=f"No title or abstract in this collection mentions {shown}.")
        chosen = [record for record in self._all if record.id in holding]
        verb = "mentions" if len(chosen) == 1 else "mention"
        return paper_list(f"{len(chosen):,} of {count_papers(len(self._all))} {verb} {shown}.", chosen)

    def _word_meant(self, question: str, nearest: Nearest) -> Recorded | None:
        """Papers that mention the one word which can be meant: "kitti, in which abstracts does it turn up?"."""
        if not record_wording.MENTIONED.search(question):
            return None
        words = [
            word for word in NAME.findall(question) if not set(content_words(word)) <= record_wording.GENERAL_WORDS
        ]
        known = [word for word in words if content_words(word) and self._catalogue.document_frequency(word)]
        capitals = [word for word in known if word[0].isupper() and not question.startswith(word) or names_in(word)]
        meant = list(dict.fromkeys(capitals or known))
        return self._holding(meant) if len(meant) == 1 else None

    def _counts(self, question: str) -> Recorded | None:
        left = [word for word in content_words(question) if word not in record_wording.GENERAL_WORDS]
        if record_wording.COUNT.search(question) and not left:
            if record_wording.PEOPLE.search(question):
                people = f"{len(self.names.people):,} authors"
                return Recorded((Line(f"This collection has {people} of {count_papers(len(self._all))}."),))
            return Recorded((Line(f"This collection has {count_papers(len(self._all))}."),))
        if record_wording.ALL.search(question):
            return paper_list(f"There are {count_papers(len(self._all))} in this collection.", self._all)
        return None


def _terms(asked: re.Match[str] | None, question: str) -> list[str]:
    """The words that a question looks for in titles or abstracts: those in quotation marks, or what stands in the
    place of the term; none where that is too long to be one."""
    if asked is None:
        return []
    in_quotes = [term.strip() for term in record_wording.QUOTED_WORD.findall(question)]
    named = asked.groupdict()
    terms = in_quotes or [(named["term"] or named.get("word") or "").strip("\"'“”‘’ ")]
    return [term for term in terms if fold(term) and len(content_words(term)) <= LONGEST_TERM]


def _like_a_title(quoted_text: str) -> bool:
    """Whether most longer words have a capital: a quoted sentence that describes a paper is no title."""
    words = [word for word in quoted_text.split() if len(word) > _SMALL_WORD]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) > len(words) / 2
