"""Where a paper is, and what its abstract links to: code, data, a page; and who says that there is code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from urllib.parse import urlsplit

from rag.answer import record_wording
from rag.answer.phrases import Line, Nearest, Recorded, have, listed, quoted
from rag.index.catalogue import Catalogue
from rag.index.rows import Record
from rag.retrieve.names import Names
from rag.text import content_words, search_words, split_sentences, words
from rag.types import Paper

_END = r"[^\s<>\"'\\{}.,;:!?)\]]"  # a link does not end with the full stop of its sentence
_URL = re.compile(
    rf"(?:https?://|www\.)[^\s<>\"'\\{{}}]*{_END}"
    rf"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|ai|edu|ly|gle|dev|me)/[^\s<>\"'\\{{}}]*{_END}"
)
_MARKS = ("://", "www.", ".com/", ".org/", ".ly/", ".io/")
_LEAST_HOST = 4  # letters of a part of a host that may be meant by name: not `www`, `com`


class Links:
    """The rule about links."""

    def __init__(self, records: Sequence[Record], names: Names, catalogue: Catalogue) -> None:
        self._by_id = {record.id: record for record in records}
        self._names = names
        self._catalogue = catalogue

    def answer(self, question: str, nearest: Nearest) -> Recorded | None:
        """The links that a question asks for, of one paper or of all; None when it asks for none."""
        if not self.wanted(question):
            return None
        named = self._names.titles(question)
        if not named and (record_wording.PLURAL.search(question) or self._any_paper(question)):
            return self.of_all(question)
        best = named[0].id if named else next(iter(nearest()), None)
        return None if best is None else self._of_one(question, self._by_id[best])

    def wanted(self, question: str) -> bool:
        """Whether a question asks for links."""
        if not record_wording.LINK.search(question) or record_wording.CODE_AS_TOPIC.search(question):
            return False
        return bool(record_wording.LINK_WANTED.search(question))

    def _any_paper(self, question: str) -> bool:
        """Whether a question for the paper that has a link says nothing else of it."""
        if not record_wording.WHICH_PAPER.search(question):
            return False
        hosts = content_words(" ".join(self._hosts_named(question)))
        return set(content_words(question)) <= {*record_wording.GENERAL_WORDS, *record_wording.LINK_WORDS, *hosts}

    def prepare(self) -> None:
        """Read the links of all abstracts now, which the first question for links would wait for."""
        self._all, self._promises  # noqa: B018

    def of_all(self, question: str, among: Set[str] = frozenset()) -> Recorded:
        """The links that a question asks for, of all papers that it is about, or of those `among`."""
        hosts = self._hosts_named(question)
        linked = {key: urls for key, all_ in self._all.items() if (urls := _wanted(question, all_, hosts))}
        promised = self._promised(question, hosts, linked.keys())
        about = among or self._about(question, linked.keys() | promised.keys())
        linked = {key: urls for key, urls in linked.items() if not about or key in about}
        promised = {key: said for key, said in promised.items() if not about or key in about}
        if not linked and not promised:
            return Recorded(refusal="No abstract in this collection contains such a link.")
        lines = []
        if linked:
            lines.append(Line(f"{have(len(linked), of='abstract')} {_what(question)}.", tuple(linked)))
            lines += [Line(f"- {self._by_id[key].title}: {', '.join(urls)}", (key,)) for key, urls in linked.items()]
        if promised:
            say = "1 abstract says" if len(promised) == 1 else f"{len(promised):,} abstracts say"
            lines.append(Line(f"{say} that code can be had, without a link.", tuple(promised)))
            lines += [Line(f"- {self._by_id[key].title}: “{said}”", (key,)) for key, said in promised.items()]
        return Recorded(tuple(lines))

    def _promised(self, question: str, hosts: set[str], linked: Set[str]) -> dict[str, str]:
        """The sentences that say that code can be had, at one of `hosts` if there are some, of the papers that are not
        `linked`; none where a link itself is asked for, or something else than code."""
        if record_wording.LINK_ITSELF.search(question) or not (hosts or _only_code(question)):
            return {}
        return {
            key: said
            for key, said in self._promises.items()
            if key not in linked and (not hosts or hosts & set(words(said)))
        }

    def _about(self, question: str, among: Set[str]) -> set[str]:
        """Those `among` the papers that have all words of the topic of "which papers on kites have code?", as they
        stand there if some have them so (`summarization` is not what all do who summarize); empty without a topic."""
        general = record_wording.GENERAL_WORDS | record_wording.LINK_WORDS
        topic = [word for word in search_words(question) if not set(content_words(word)) <= general]
        holding = [ids for word in topic if (ids := self._catalogue.holding(word))]
        about = set.intersection(*holding) if holding else set()
        papers = self._catalogue.papers_by_id(about & among).values()
        texts = {paper.id: f"{paper.title} {paper.abstract}".lower() for paper in papers}
        so = {key for key, text in texts.items() if all(word.removesuffix("s") in text for word in topic)}
        return so or about & among

    def _of_one(self, question: str, record: Record) -> Recorded:
        paper = self._catalogue.paper(record.id)
        sentences = _links_of(paper) if paper else {}
        hosts = self._hosts_named(question)
        urls = list(sentences)
        wanted = _wanted(question, sentences, hosts) or urls
        thing = record_wording.THING_LINKED.search(question) or hosts
        if record.url and not thing:
            also = f" Its abstract links to {listed(urls)}" if urls else ""
            return Recorded((Line(f"{quoted(record)} is at {record.url}{'.' if also else ''}{also}", (record.id,)),))
        if not wanted and paper and _only_code(question) and (said := _promise_of(paper)):
            told = f"The abstract of {quoted(record)} gives no link, but says: “{said}”"
            return Recorded((Line(told, (record.id,)),))
        if not wanted:
            page = f" Its page is {record.url}" if record.url else ""
            return Recorded(refusal=f"The abstract of {quoted(record)} gives no link.{page}", nearest=(record.title,))
        return Recorded((Line(f"{quoted(record)} links to {listed(wanted)}", (record.id,)),))

    def _hosts_named(self, question: str) -> set[str]:
        """Parts of the hosts of links that the question names as such, `a github link`, or of hosts of code."""
        named = {word.lower() for pair in record_wording.AT_HOST.findall(question) for word in pair if word}
        known = named & record_wording.CODE_HOSTS
        return known | (self._hosts & named) if named else set()  # all abstracts are read for the hosts

    @cached_property
    def _all(self) -> dict[str, dict[str, str]]:
        """The links of all abstracts that have some, in the order of the papers, each with its sentence."""
        papers = self._catalogue.papers_by_id(self._catalogue.containing(*_MARKS))
        return {key: links for key, paper in papers.items() if (links := _links_of(paper))}

    @cached_property
    def _promises(self) -> dict[str, str]:
        """The sentence of each abstract that says that its code can be had, in the order of the papers."""
        papers = self._catalogue.papers_by_id(self._catalogue.containing("code", "implementation"))
        return {key: said for key, paper in papers.items() if (said := _promise_of(paper))}

    @cached_property
    def _hosts(self) -> set[str]:
        return {part for urls in self._all.values() for url in urls for part in _host(url)}


def _host(url: str) -> set[str]:
    address = url if "://" in url else f"//{url}"
    return {part for part in (urlsplit(address).hostname or "").split(".") if len(part) >= _LEAST_HOST}


def _links_of(paper: Paper) -> dict[str, str]:
    """The links of an abstract, in their order, and the sentence that each stands in."""
    links: dict[str, str] = {}
    for span in split_sentences(paper.abstract):
        for url in _URL.findall(span.text):
            links.setdefault(url, span.text)
    return links


def _promise_of(paper: Paper) -> str:
    """The sentence of an abstract that says that its code can be had; empty without one."""
    if not record_wording.CODE_PROMISED.search(paper.abstract):
        return ""
    sentences = [span.text for span in split_sentences(paper.abstract)]
    return next((text for text in sentences if record_wording.CODE_PROMISED.search(text)), "")


def _wanted(question: str, links: Mapping[str, str], hosts: set[str]) -> list[str]:
    """Those of a paper's links, each with its sentence, that the question asks for: at a host that it names, or to
    code."""
    if hosts:
        return [url for url in links if hosts & _host(url)]
    if _only_code(question):
        return [url for url, sentence in links.items() if record_wording.CODE_LINKED.search(sentence)]
    return list(links)


def _only_code(question: str) -> bool:
    """Whether links to code are asked for, and not to data or pages as well."""
    return bool(record_wording.CODE.search(question)) and not record_wording.MATERIAL.search(question)


def _what(question: str) -> str:
    return "a link to code" if _only_code(question) else "a link"
