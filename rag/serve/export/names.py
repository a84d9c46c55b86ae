"""Names of authors in their parts, and citation keys that stay the same from one export to the next."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rag.serve.terminal import plain
from rag.types import Paper

_DOI = "doi:"
_ARXIV = "arxiv:"
_SUFFIXES = {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"}
_ARTICLES = {"a", "an", "the"}
# Letters that Unicode does not take apart into a letter and a mark.
_LATIN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)


@dataclass(frozen=True, slots=True)
class Name:
    """An author. `given` is empty where the name is one word or one unit; then `family` is the whole name."""

    family: str
    given: str = ""
    suffix: str = ""


def split_name(name: str) -> Name:
    """The parts of a name as written: `Ada Quill`, `Quill, Ada`, `Jan van der Berg`, `Ada Quill Jr.`.

    The family name is the last word with the lower-case words before it, as BibTeX has it (Patashnik, BibTeXing, 1988).
    """
    whole = plain(name)
    family, comma, given = (part.strip() for part in whole.partition(","))
    if comma and family and given and "," not in given:
        return Name(family, given)
    tokens = whole.split()
    if comma or len(tokens) < 2:
        return Name(whole)
    suffix = tokens.pop() if len(tokens) > 2 and tokens[-1].lower() in _SUFFIXES else ""
    first = len(tokens) - 1
    while first > 1 and tokens[first - 1][0].islower():
        first -= 1
    return Name(" ".join(tokens[first:]), " ".join(tokens[:first]), suffix)


def doi(paper: Paper) -> str:
    """The paper's DOI, empty when none is known."""
    return _number(paper, _DOI)


def arxiv(paper: Paper) -> str:
    """The paper's number at arXiv, empty when none is known."""
    return _number(paper, _ARXIV)


def _number(paper: Paper, kind: str) -> str:
    return next((plain(one.removeprefix(kind)) for one in paper.identifiers if one.startswith(kind)), "")


def lines_of(text: str) -> list[str]:
    """The lines of an abstract, each as `plain` makes it; an empty one parts paragraphs."""
    lines = [plain(line) for line in text.split("\n")]
    return lines if any(lines) else []


def citation_keys(papers: Iterable[Paper]) -> dict[str, str]:
    """A key for each paper id: `quill-2022-lanternfish`, all different, of `a-z`, `0-9` and dashes only.

    `nd` stands for an unknown year, `anon` for an unknown author. Papers that would share a key all get a piece of
    their id behind it, so that a key does not depend on their order.
    """
    by_id = {paper.id: paper for paper in papers}
    plain_keys = {key: _key(paper) for key, paper in by_id.items()}
    taken = Counter(plain_keys.values())
    keys: dict[str, str] = {}
    used = {key for key, count in taken.items() if count == 1}
    for paper_id, key in plain_keys.items():
        if taken[key] > 1:
            key = _unused(key, _folded(paper_id), used)
            used.add(key)
        keys[paper_id] = key
    return keys


def _key(paper: Paper) -> str:
    author = _folded(split_name(paper.authors[0]).family) if paper.authors else ""
    words = [word for word in (_folded(part) for part in re.split(r"[\s\-–—:/]+", paper.title)) if word]
    first = next((word for word in words if word not in _ARTICLES), words[0] if words else "untitled")
    return "-".join((author or "anon", str(paper.year or "nd"), first[:40]))


def _unused(key: str, paper_id: str, used: set[str]) -> str:
    tries = [f"{key}-{paper_id[:4]}", f"{key}-{paper_id}"] if paper_id else []
    number = 2
    while True:
        for candidate in tries:
            if candidate not in used:
                return candidate
        tries, number = [f"{key}-{number}"], number + 1


def _folded(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.lower().translate(_LATIN))
    return re.sub(r"[^a-z0-9]", "", split)
