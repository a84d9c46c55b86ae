"""The same paper from several sources becomes one. Papers wait in a temporary file, not in memory."""

from __future__ import annotations

import pickle
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import IO

from rag.types import Paper, Rejected


def merged(items: Iterable[Paper | Rejected], note: Callable[[str], None]) -> Iterator[Paper | Rejected]:
    """All items, with papers of one first author as one that share the title or an identifier: the longer abstract
    wins, an abstract over a digest, and what one lacks is taken from the other. Of papers with one title and different
    first authors the first stays and the others are rejected. A paper that comes again as it is comes again here.

    What is rejected is passed on at once; papers follow when all was read. In memory are about 200 bytes a paper.
    """
    places: dict[str, int] = {}
    known: dict[str, str] = {}  # identifier → id of a paper
    again: list[str] = []
    joined: dict[str, None] = {}
    with tempfile.TemporaryFile() as file:
        for item in items:
            if isinstance(item, Rejected):
                yield item
                continue
            twin = item.id if item.id in places else next((known[n] for n in _numbers(item) if n in known), item.id)
            before = _at(file, places[twin]) if twin in places else None
            if before is not None and twin != item.id and not same_first_author(before, item):
                before = None  # one number for a whole volume, say
            if before == item:
                again.append(item.id)
                continue
            if before is not None and not same_first_author(before, item):
                reason = f"has the title of a paper by other authors, which came first: {item.title[:80]}"
                yield Rejected("", 0, reason)
                continue
            if before is not None:
                item = join(before, item)
                joined[item.id] = None
                if item == before:
                    continue
                if item.id != before.id:  # the other one's title was kept
                    joined.pop(before.id, None)
                    del places[before.id]
            known.update(dict.fromkeys(_numbers(item), item.id))
            places[item.id] = file.seek(0, 2)
            pickle.dump(item, file, protocol=pickle.HIGHEST_PROTOCOL)
        if joined:
            some = "1 paper was" if len(joined) == 1 else f"{len(joined):,} papers were"
            note(f"{some} found in more than one place and merged; the longer abstract was kept.")
        for place in places.values():
            yield _at(file, place)
        for paper_id in filter(places.__contains__, again):
            yield _at(file, places[paper_id])


def join(one: Paper, other: Paper) -> Paper:
    """The better of two records of one paper, completed from the other."""
    best, rest = (other, one) if _rank(other) > _rank(one) else (one, other)
    numbers = {number.casefold(): number for number in reversed((*best.identifiers, *rest.identifiers))}
    return replace(
        best,
        authors=best.authors or rest.authors,
        award=best.award or rest.award,
        url=best.url or rest.url,
        venue=best.venue or rest.venue,
        session=best.session or rest.session,
        year=best.year or rest.year,
        keywords=best.keywords or rest.keywords,
        identifiers=tuple(reversed(numbers.values())),
    )


def same_first_author(one: Paper, other: Paper) -> bool:
    """Whether the first authors share a word of their names ("Quill, A." and "Ada Quill"); one without authors may be
    anybody's."""
    if not one.authors or not other.authors:
        return True
    first, second = _words(one.authors[0]), _words(other.authors[0])
    return bool(first & second) or not first or not second


def _numbers(paper: Paper) -> list[str]:
    return [one.casefold() for one in paper.identifiers]


def _rank(paper: Paper) -> tuple[bool, int]:
    return paper.text_kind == "abstract", len(paper.abstract)


def _words(name: str) -> set[str]:
    folded = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in folded).split()
    return {word for word in words if len(word) > 1} or set(words)


def _at(file: IO[bytes], place: int) -> Paper:
    file.seek(place)
    paper = pickle.load(file)  # our own, written a moment ago
    assert isinstance(paper, Paper)
    return paper
