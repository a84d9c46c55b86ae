"""ACL Anthology XML and Atom feeds of arXiv, streamed through the standard library's expat. Files that declare
entities are refused, external ones are never fetched, and only one paper is held at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from xml.parsers import expat

from rag.errors import InputError
from rag.ingest.fields import Unusable, paper_of
from rag.types import Paper, Rejected

_PIECE = 65_536
_LONGEST_PAPER = 2_000_000
_DEEPEST = 60
_ANTHOLOGY = "https://aclanthology.org/"
# What a volume says of all its papers.
_OF_VOLUME = ("booktitle", "year")
# ACL marks formulas in titles and abstracts with an element of their own.
_FORMULA = "tex-math"


@dataclass(slots=True)
class _Element:
    """An element of a paper; `parts` are its texts and children in order."""

    tag: str
    attributes: dict[str, str]
    parts: list[str | _Element] = field(default_factory=list)

    def children(self, tag: str) -> list[_Element]:
        return [part for part in self.parts if isinstance(part, _Element) and part.tag == tag]

    def text(self) -> str:
        """All text below; formulas between dollar signs."""
        inner = "".join(part if isinstance(part, str) else part.text() for part in self.parts)
        return f"${inner}$" if self.tag == _FORMULA else inner

    def child_text(self, tag: str) -> str | None:
        found = self.children(tag)
        return " ".join(found[0].text().split()) if found else None


class _Refused(Exception):
    """Why parsing stops."""


class _Handler:
    """Collects the elements of one paper after another in `done`, with the line where each begins."""

    def __init__(self, parser: expat.XMLParserType, papers: frozenset[str], context: dict[str, str]) -> None:
        self.parser, self.papers, self.context = parser, papers, context
        self.done: list[tuple[int, _Element | None]] = []
        self.open: list[_Element] = []
        self.line = self.size = 0
        self.path: list[str] = []
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.EntityDeclHandler = self.refuse

    def refuse(self, *_: Any) -> None:
        raise _Refused("it declares XML entities, which papers do not need")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2].lower()
        self.path.append(tag)
        if len(self.path) > _DEEPEST:
            raise _Refused("it is nested too deeply")
        if self.open:
            element = _Element(tag, attributes)
            self.open[-1].parts.append(element)
            self.open.append(element)
        elif tag in self.papers:
            self.open = [_Element(tag, attributes)]
            self.line, self.size = self.parser.CurrentLineNumber, 0
        elif tag == "volume":
            self.context.clear()
        elif tag in _OF_VOLUME:
            self.context.pop(tag, None)

    def end(self, _: str) -> None:
        self.path.pop()
        if self.open:
            element = self.open.pop()
            if not self.open:
                self.done.append((self.line, element if self.size <= _LONGEST_PAPER else None))

    def text(self, data: str) -> None:
        if self.open:
            self.size += len(data)
            if self.size <= _LONGEST_PAPER:
                self.open[-1].parts.append(data)
        elif key := next((tag for tag in self.path if tag in _OF_VOLUME), None):
            self.context[key] = (self.context.get(key, "") + data)[:1000]


def parse_acl(file: BinaryIO, source: str) -> Iterator[Paper | Rejected]:
    """The papers of an ACL Anthology file. One that is cut off gives those before the break, and its line."""
    context: dict[str, str] = {}
    yield from _parse(file, source, frozenset(("paper",)), context, lambda element: _acl_record(element, context))


def parse_atom(file: BinaryIO, source: str) -> Iterator[Paper | Rejected]:
    """The entries of an Atom feed as arXiv's API returns them. One that is cut off gives those before the break."""
    yield from _parse(file, source, frozenset(("entry",)), {}, _atom_record)


def _parse(
    file: BinaryIO,
    source: str,
    papers: frozenset[str],
    context: dict[str, str],
    record: Callable[[_Element], dict[str, Any]],
) -> Iterator[Paper | Rejected]:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    handler = _Handler(parser, papers, context)
    problem = ""
    more = True
    while more and not problem:
        piece = file.read(_PIECE)
        more = bool(piece)
        try:
            parser.Parse(piece, not more)
        except expat.ExpatError as error:
            problem = f"the XML breaks off or is damaged here ({expat.ErrorString(error.code)})"
        except _Refused as error:
            problem = str(error)
        except (UnicodeError, LookupError, ValueError) as error:  # an encoding that expat or Python does not know
            raise InputError(
                f"{source} is XML in an encoding that cannot be read.", hint="Save it as UTF-8."
            ) from error
        for line, element in handler.done:
            yield _item(element, record, source, line)
        handler.done.clear()
    if problem:
        yield Rejected(source, parser.CurrentLineNumber, problem)


def _item(
    element: _Element | None, record: Callable[[_Element], dict[str, Any]], source: str, line: int
) -> Paper | Rejected:
    if element is None:
        return Rejected(source, line, "it is over 2 MB")
    try:
        return paper_of(record(element))
    except Unusable as reason:
        return Rejected(source, line, str(reason))


def _acl_record(paper: _Element, volume: dict[str, str]) -> dict[str, Any]:
    url = paper.child_text("url")
    awards = [award.text() for award in paper.children("award")]
    return {
        "title": paper.child_text("title"),
        "abstract": paper.child_text("abstract"),
        "authors": [name for person in paper.children("author") if (name := _person(person))],
        "url": url if not url or "://" in url else _ANTHOLOGY + url,
        "doi": paper.child_text("doi"),
        "venue": paper.child_text("booktitle") or volume.get("booktitle"),
        "year": paper.child_text("year") or volume.get("year"),
        "award": ", ".join(awards) or None,
        "keywords": paper.child_text("keywords"),
    }


def _person(person: _Element) -> str:
    parts = [person.child_text("first"), person.child_text("last")]
    return " ".join(part for part in parts if part) or " ".join(person.text().split())


def _atom_record(entry: _Element) -> dict[str, Any]:
    links = [(link.attributes.get("rel", "alternate"), link.attributes.get("href")) for link in entry.children("link")]
    page = next((href for rel, href in links if rel == "alternate" and href), entry.child_text("id"))
    return {
        "title": entry.child_text("title"),
        "abstract": entry.child_text("summary"),
        "authors": [name for person in entry.children("author") if (name := person.child_text("name"))],
        "url": page,
        "doi": entry.child_text("doi"),
        "venue": entry.child_text("journal_ref"),
        "year": (entry.child_text("published") or "")[:4] or None,
        "keywords": [term for category in entry.children("category") if (term := category.attributes.get("term"))],
    }
