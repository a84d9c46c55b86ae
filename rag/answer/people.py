"""Questions about people that the catalogue answers: who wrote a paper, with whom, how many, what somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.answer import record_wording
from rag.answer.facts import NAME, names_in
from rag.answer.phrases import (
    Line,
    Nearest,
    Recorded,
    authors_line,
    first_or_last,
    have,
    listed,
    paper_list,
    quoted,
)
from rag.index.catalogue import Catalogue
from rag.index.rows import Record
from rag.retrieve.names import ADDRESSED, Mention, Names, fold, person_named
from rag.text import content_words

NOT_DESCRIBED = "No paper in this collection seems to be the one that is described."


class People:
    """The rules, each None when it does not apply."""

    def __init__(self, records: Sequence[Record], names: Names, catalogue: Catalogue) -> None:
        self._all = records
        self._by_id = {record.id: record for record in records}
        self._names = names
        self._catalogue = catalogue

    def count(self, question: str, nearest: Nearest) -> Recorded | None:
        """How many authors a paper has."""
        if not record_wording.AUTHORS_COUNTED.search(question):
            return None
        papers = self._meant(question, nearest)
        return Recorded(tuple(_counted(record) for record in papers)) if papers else None

    def co_authors(self, question: str, nearest: Nearest) -> Recorded | None:
        """With whom somebody wrote a paper, or all of theirs."""
        if not record_wording.CO_AUTHORS.search(question):  # before the names are gone through, which takes longer
            return None
        people = [mention for mention in self._names.mentions(question) if mention.full]
        if len(people) != 1:
            return None
        (mention,) = people
        papers = [self._by_id[key] for key in mention.papers]
        left = set(self._left(question, [mention]))
        shared = [len(left & set(content_words(record.title))) for record in papers]
        if max(shared) > 0:
            papers = [record for record, words in zip(papers, shared, strict=True) if words == max(shared)]
        return Recorded(tuple(authors_line(record, "") for record in papers))

    def affiliation(self, question: str, nearest: Nearest) -> Recorded | None:
        """Where somebody works, which no session says."""
        if not record_wording.AFFILIATION.search(question):
            return None
        people = [mention for mention in self._names.mentions(question) if mention.full]
        if not people:
            titled = self._names.titles(question) if record_wording.PEOPLE.search(question) else []
            refusal = "Where the authors of a paper work is not recorded."
            return Recorded(refusal=refusal, nearest=tuple(record.title for record in titled)) if titled else None
        papers = tuple(self._by_id[key].title for key in people[0].papers[:3])
        return Recorded(refusal=f"Where {people[0].people[0].name} works is not recorded.", nearest=papers)

    def authors_of(self, question: str, nearest: Nearest) -> Recorded | None:
        """Who wrote a paper that the question names or describes."""
        if not record_wording.WHO.search(question) or record_wording.COUNT.search(question):
            return None
        if not self._names.titles(question) and any(m.full for m in self._names.mentions(question)):
            return None  # "who wrote with Ada Quill"
        papers = self._meant(question, nearest)
        if not papers:
            return Recorded(refusal=NOT_DESCRIBED) if record_wording.THE_PAPER.search(question) else None
        return Recorded(tuple(authors_line(record, question) for record in papers[:5]))

    def _meant(self, question: str, nearest: Nearest) -> list[Record]:
        """The papers whose titles the question has, else the one whose title it begins, else the one that alone has a
        coined name of the question, else the nearest one."""
        titled = self._names.titles(question)
        if titled:
            return titled
        if begun := self._names.begun(question):
            return [begun]
        coined = [word for word in NAME.findall(question) if names_in(word) and not question.isupper()]
        holding = [found for word in coined if len(found := self._catalogue.holding(word)) == 1]
        if holding:
            return [self._by_id[key] for key in sorted(holding[0])]
        return [self._by_id[key] for key in list(nearest())[:1]]

    def papers_by_surely(self, question: str, nearest: Nearest) -> Recorded | None:
        """The same as `papers_by`, whatever else the question says."""
        return self._papers_by(question, sure=True)

    def papers_by(self, question: str, nearest: Nearest) -> Recorded | None:
        """What the people wrote whom the question names, alone or together; None where it says more about content."""
        return self._papers_by(question, sure=False)

    def _papers_by(self, question: str, *, sure: bool) -> Recorded | None:
        cue = sure or bool(record_wording.AUTHOR.search(question))
        mentions = [m for m in self._names.mentions(question) if m.full or cue]
        if any(mention.full for mention in mentions):
            joined = record_wording.JOINED.search(question) is not None
            mentions = [m for m in mentions if m.full or (joined and self._surname_meant(m, question))]
        else:
            mentions = [m for m in mentions if self._surname_meant(m, question)]
        unknown = person_named(question)
        if unknown is not None and self._catalogue.holding(unknown):
            unknown = None  # "does Paper Boat bring …": what papers call a thing
        if unknown is not None and not any(m.full for m in mentions):
            similar = self._names.similar(unknown)
            also = f" Did you mean {listed(similar, last='or')}?" if similar else ""
            return Recorded(refusal=f"No author called {unknown} is in this collection.{also}")
        if not mentions:
            return None
        left = self._left(question, mentions)
        if sure:
            return self._papers_of(question, mentions)
        if not (cue or record_wording.COUNT.search(question) or record_wording.PLURAL.search(question)):
            # "What does Ada Quill have here?"
            return self._papers_of(question, mentions) if mentions[0].full and not left else None
        if len(left) >= 2:
            return None
        return self._papers_of(question, mentions)

    def _papers_of(self, question: str, mentions: Sequence[Mention]) -> Recorded:
        sets = [set(self._in_place(question, mention)) for mention in mentions]
        either = record_wording.EITHER.search(question)
        ids = set.union(*sets) if either else set.intersection(*sets)
        who = listed([mention.people[0].name for mention in mentions], last="or" if either else "and")
        if len({p.tokens for m in mentions for p in m.people}) > len(mentions) and len(mentions) == 1:
            who = listed(list(dict.fromkeys(p.name for p in mentions[0].people))[:6], last="or")
        chosen = [record for record in self._all if record.id in ids]
        place = (
            "first author"
            if first_or_last(question) == 0
            else "last author"
            if first_or_last(question) == -1
            else "author"
        )
        together = (
            "authors together"
            if len(mentions) > 1 and not either
            else f"{'an' if place == 'author' else 'the'} {place}"
        )
        if not chosen:
            return Recorded(refusal=f"No paper in this collection has {who} as {together}.")
        return paper_list(f"{have(len(chosen))} {who} as {together}.", chosen)

    def _in_place(self, question: str, mention: Mention) -> list[str]:
        place = first_or_last(question)
        if place is None:
            return list(mention.papers)
        spellings = {person.name for person in mention.people}
        return [key for key in mention.papers if self._by_id[key].authors[place] in spellings]

    def _surname_meant(self, mention: Mention, question: str) -> bool:
        """A bare surname counts where it is capitalised inside the sentence or stands behind `by` or `and`."""
        words = re.findall(r"[\w'’-]+", question)
        surname = mention.people[0].tokens[-1]
        places = [at for at, word in enumerate(words) if fold(word)[-1:] == [surname]]
        return any(
            at > 0
            and not _given_name(words[at - 1 : at + 1], question)
            and (words[at][0].isupper() or words[at - 1].lower() in record_wording.BEFORE_SURNAME)
            for at in places
        )

    def _left(self, question: str, mentions: Sequence[Mention]) -> list[str]:
        """Words of content that are neither names nor general: a question with two of them wants more than a list."""
        names = {stem for m in mentions for p in m.people for stem in content_words(p.name)}
        return [w for w in content_words(question) if w not in names | record_wording.GENERAL_WORDS and len(w) > 1]


def _given_name(pair: Sequence[str], question: str) -> bool:
    """Whether the word before a surname is a given name, and so of somebody else: `Jason Quill` where only Ada Quill is
    known. It has a capital inside the question."""
    before, surname = pair
    inside = re.search(rf"\w\W+{re.escape(before)}\s+{re.escape(surname)}", question)
    known = record_wording.BEFORE_SURNAME | ADDRESSED
    return bool(inside) and before[0].isupper() and not question.isupper() and before.lower() not in known


def _counted(record: Record) -> Line:
    many = len(record.authors)
    who = f": {listed(record.authors)}" if record.authors else ""
    return Line(f"{quoted(record)} has {many} author{'s' if many != 1 else ''}{who}.", (record.id,))
