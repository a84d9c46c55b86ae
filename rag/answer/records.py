"""Questions that the catalogue answers by itself: authors, awards, counts, lists, links. Exact, complete, no model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag.answer import wording
from rag.answer.phrases import Line, authors_line, count_papers, first_or_last, have, listed, quoted
from rag.index.catalogue import Catalogue
from rag.index.rows import Record
from rag.retrieve.names import Mention, Names, fold, person_named
from rag.text import content_words

MOST_LISTED = 200
LONGEST_TERM = 4  # words of content; more are a topic, not a term
_SMALL_WORD = 3  # letters of words that titles do not capitalise
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'\\{}]*[^\s<>\"'\\{}.,;:!?)\]]|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|ai|edu|ly|gle|dev|me)/[^\s<>\"'\\{}]*[^\s<>\"'\\{}.,;:!?)\]]"
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the catalogue says: lines to answer with, or `refusal` with names or titles that come near."""

    lines: tuple[Line, ...] = ()
    refusal: str = ""
    nearest: tuple[str, ...] = ()


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

    def limited_to(self, question: str) -> set[str]:
        """Ids of the papers of the authors that a question about content names in full; empty when it names none."""
        if not wording.AUTHOR.search(question):  # before the names are gone through, which every question would pay for
            return set()
        mentions = [mention for mention in self.names.mentions(question) if mention.full]
        return set.union(*(set(mention.papers) for mention in mentions)) if mentions else set()

    def answer(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        """The answer, or None when this is no question for the catalogue. `nearest` gives the ids of the papers that a
        search finds, best first, for questions that describe a paper instead of naming it."""
        rules = (self._unknown_title, self._extremes, self._awards, self._authors_of, self._papers_by, self._links)
        for rule in (*rules, self._mentions):
            found = rule(question, nearest)
            if found is not None:
                return found
        return self._counts(question)

    # --- rules, each None when it does not apply ---

    def _unknown_title(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        for named in re.findall(r"[\"“'‘]([^\"”'’“‘]{12,})[\"”'’]", question):
            close = self.names.closest_title(named)
            if _like_a_title(named) and close is not None and close[1] < 75:
                return Recorded(refusal=f"No paper in this collection is called “{named}”.", nearest=(close[0].title,))
        return None

    def _extremes(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        if wording.MOST_PAPERS.search(question):
            most = max(len(person.papers) for person in self.names.people)
            top = [person for person in self.names.people if len(person.papers) == most]
            if len(top) > 10:
                return Recorded((Line(f"{len(top)} people have {most} papers each, and nobody has more."),))
            return Recorded(tuple(Line(f"{p.name} is an author of {count_papers(most)}.", p.papers) for p in top))
        few, many = (
            wording.FEWEST_AUTHORS.search(question) or wording.SINGLE_AUTHOR.search(question),
            wording.MOST_AUTHORS.search(question),
        )
        if not (few or many) or not self._all:
            return None
        alone = wording.SINGLE_AUTHOR.search(question)
        size = 1 if alone else (min if few else max)(len(record.authors) for record in self._all)
        chosen = [record for record in self._all if len(record.authors) == size]
        if alone:
            return (
                self._list(f"{have(len(chosen))} a single author.", chosen)
                if chosen
                else Recorded((Line("No paper in this collection has a single author."),))
            )
        what = f"the {'shortest' if few else 'longest'} author list, with {size} {'author' if size == 1 else 'authors'}"
        return self._list(f"{have(len(chosen))} {what}.", chosen)

    def _awards(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        if not wording.AWARD.search(question):
            return None
        awarded = [record for record in self._all if record.award]
        asked = set(content_words(question))
        named = [r for r in awarded if (set(content_words(r.award or "")) - {"paper", "award"}) & asked]
        if not wording.AWARD_ITSELF.search(question) and not named:
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
        chosen = named or awarded
        if wording.COUNT.search(question):
            return self._list(f"{have(len(chosen))} an award.", chosen, award=True)
        wants_people = bool(
            wording.WHO.search(question) or wording.ANY_WHO.search(question)
        ) and not wording.WHICH_PAPER.search(question)
        if wants_people:
            people = [Line(f"{quoted(r)}, {r.award}, is by {listed(r.authors)}.", (r.id,)) for r in chosen]
            return Recorded((*people, *own))
        return Recorded((*own, *(Line(f"{r.award}: {quoted(r)} by {listed(r.authors)}.", (r.id,)) for r in chosen)))

    def _authors_of(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        if not wording.WHO.search(question) or wording.COUNT.search(question):
            return None
        named = self.names.titles(question)
        if not named:
            if any(mention.full for mention in self.names.mentions(question)):
                return None  # "who wrote with Ada Quill"
            best = next(iter(nearest()), None)
            if best is None:
                return None
            named = [self._by_id[best]]
        return Recorded(tuple(authors_line(record, question) for record in named[:5]))

    def _papers_by(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        cue = bool(wording.AUTHOR.search(question))
        mentions = [m for m in self.names.mentions(question) if m.full or cue]
        if any(mention.full for mention in mentions):
            mentions = [m for m in mentions if m.full or wording.JOINED.search(question)]
        else:
            mentions = [m for m in mentions if self._surname_meant(m, question)]
        unknown = person_named(question)
        if unknown is not None and not any(m.full for m in mentions):
            similar = self.names.similar(unknown)
            also = f" Did you mean {listed(similar, last='or')}?" if similar else ""
            return Recorded(refusal=f"No author called {unknown} is in this collection.{also}")
        if not mentions or not (cue or wording.COUNT.search(question) or wording.PLURAL.search(question)):
            return None
        if self._asks_for_content(question, mentions):
            return None
        return self._papers_of(question, mentions)

    def _papers_of(self, question: str, mentions: Sequence[Mention]) -> Recorded:
        sets = [set(self._in_place(question, mention)) for mention in mentions]
        either = wording.EITHER.search(question)
        ids = set.union(*sets) if either else set.intersection(*sets)
        who = listed([mention.people[0].name for mention in mentions], last="or" if either else "and")
        if len({p.tokens for m in mentions for p in m.people}) > len(mentions) and len(mentions) == 1:
            who = listed(list(dict.fromkeys(p.name for p in mentions[0].people))[:6], last="or")
        chosen = [record for record in self._all if record.id in ids]
        if not chosen:
            return Recorded(refusal=f"No paper in this collection has {who} as authors together.")
        place = (
            "first author"
            if first_or_last(question) == 0
            else "last author"
            if first_or_last(question) == -1
            else "author"
        )
        together = "authors" if len(mentions) > 1 and not either else f"{'an' if place == 'author' else 'the'} {place}"
        return self._list(f"{have(len(chosen))} {who} as {together}.", chosen)

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
            at > 0 and (words[at][0].isupper() or words[at - 1].lower() in wording.BEFORE_SURNAME) for at in places
        )

    def _asks_for_content(self, question: str, mentions: Sequence[Mention]) -> bool:
        """Whether the question wants more than the list: words are left that are neither names nor general."""
        names = {stem for m in mentions for p in m.people for stem in content_words(p.name)}
        left = [w for w in content_words(question) if w not in names | wording.GENERAL_WORDS and len(w) > 1]
        return len(left) >= 2

    def _links(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        if not wording.LINK.search(question) or wording.CODE_AS_TOPIC.search(question):
            return None
        if not wording.LINK_WANTED.search(question):
            return None
        if wording.PLURAL.search(question) and not self.names.titles(question):
            with_links = self._with_links()
            if not with_links:
                return Recorded(refusal="No abstract in this collection contains a link.")
            lines = [Line(f"{have(len(with_links), of='abstract')} a link.", tuple(with_links))]
            return Recorded(
                (*lines, *(Line(f"- {self._by_id[k].title}: {', '.join(u)}", (k,)) for k, u in with_links.items()))
            )
        named = self.names.titles(question)
        best = named[0].id if named else next(iter(nearest()), None)
        if best is None:
            return None
        urls = self._urls(best)
        title = quoted(self._by_id[best])
        if not urls:
            return Recorded(refusal=f"The abstract of {title} gives no link.", nearest=(self._by_id[best].title,))
        return Recorded((Line(f"{title} links to {listed(urls)}", (best,)),))

    def _mentions(self, question: str, nearest: Callable[[], Sequence[str]]) -> Recorded | None:
        asked = wording.MENTIONS.search(question)
        term = asked.group("term").strip("\"'“”‘’ ") if asked else ""
        if not term or not 1 <= len(content_words(term)) <= LONGEST_TERM:
            return None
        holding = self._catalogue.holding(term)
        if not holding:
            return Recorded(refusal=f"No title or abstract in this collection mentions “{term}”.")
        chosen = [record for record in self._all if record.id in holding]
        return self._list(
            f"{len(chosen)} of {count_papers(len(self._all))} mention{'' if len(chosen) > 1 else 's'} “{term}”.", chosen
        )

    def _counts(self, question: str) -> Recorded | None:
        left = [word for word in content_words(question) if word not in wording.GENERAL_WORDS]
        if wording.COUNT.search(question) and not left:
            if wording.PEOPLE.search(question):
                return Recorded(
                    (Line(f"This collection has {len(self.names.people)} authors of {count_papers(len(self._all))}."),)
                )
            return Recorded((Line(f"This collection has {count_papers(len(self._all))}."),))
        if wording.ALL.search(question):
            return self._list(f"There are {count_papers(len(self._all))} in this collection.", self._all)
        return None

    # --- pieces of answers ---

    def _list(self, lead: str, records: Sequence[Record], *, award: bool = False) -> Recorded:
        shown = records[:MOST_LISTED]
        lines = [Line(lead, tuple(r.id for r in shown) if len(shown) <= 20 else ())]
        lines += [Line(f"- {r.title}" + (f" ({r.award})" if award and r.award else ""), (r.id,)) for r in shown]
        if len(records) > len(shown):
            lines.append(Line(f"- … and {len(records) - len(shown)} more."))
        return Recorded(tuple(lines))

    def _with_links(self) -> dict[str, list[str]]:
        candidates = dict.fromkeys(
            key
            for mark in ("://", "www.", ".com/", ".org/", ".ly/", ".io/")
            for key in self._catalogue.containing(mark)
        )
        links = {key: self._urls(key) for key in self._by_id if key in candidates}
        return {key: urls for key, urls in links.items() if urls}

    def _urls(self, paper_id: str) -> list[str]:
        paper = self._catalogue.paper(paper_id)
        return list(dict.fromkeys(_URL.findall(paper.abstract))) if paper else []


def _like_a_title(quoted_text: str) -> bool:
    """Whether most longer words have a capital: a quoted sentence that describes a paper is no title."""
    words = [word for word in quoted_text.split() if len(word) > _SMALL_WORD]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) > len(words) / 2
