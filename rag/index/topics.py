"""Topics: groups of papers whose vectors are near each other, each with a label in words of its papers.

Groups are made by Ward's hierarchical clustering (Ward, JASA 58, 1963) of the papers' mean vectors. A label is the run
of one to three words that most papers of the group have and few others do, an idea from class-based TF-IDF
(Grootendorst, arXiv:2203.05794).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.index.catalogue import Catalogue
from rag.index.vectors import Vectors
from rag.text import STOP_WORDS, content_words
from rag.types import Paper

META = "topics"
MOST_TOPICS = 24
# Ward's method looks at every pair: of larger collections it groups this many papers, and the others join the nearest
# group.
_MOST_LINKED = 4000
_READ_FOR_LABEL = 60  # papers of a group, the most central ones
_LABEL_PARTS = 2
_LEAST_SHARE = 0.3  # of the papers of a group that have its label
_SECOND_PART = 0.6  # of the score of the first
_LONGEST_LABEL = 3  # words of a part
# What every abstract has, whatever it is about.
_GENERAL = frozenset(
    content_words(
        "paper approach method model problem propose result show state art work new novel existing performance"
        " demonstrate experiment based recent framework algorithm study task technique improve important address"
        " introduce present provide achieve number different various large small high low better first second training"
        " learning data network neural deep machine setting case general effective efficient significant analysis"
    )
)


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of papers, by id, the most central first."""

    label: str
    papers: tuple[str, ...]


def make_topics(catalogue: Catalogue, vectors: Vectors) -> list[Topic]:
    """The topics of a collection, the largest first; every paper is in exactly one."""
    means = vectors.means()
    ids = [key for key in catalogue.hashes() if key in means]
    if not ids:
        return []
    import numpy as np

    rows = np.stack([means[key] for key in ids])
    means.clear()  # as much memory as `rows`
    groups = group(rows, min(MOST_TOPICS, max(1, round(math.sqrt(len(ids))))))
    ordered = [[ids[at] for at in central_first(rows, members)] for members in sorted(groups, key=len, reverse=True)]
    labels = label_groups(catalogue, ordered)
    return [Topic(label, tuple(members)) for label, members in zip(labels, ordered, strict=True)]


def stored_topics(catalogue: Catalogue) -> list[Topic]:
    """The topics that were stored when the collection was built; none when an older version built it."""
    return [Topic(label, tuple(papers)) for label, papers in json.loads(catalogue.get_meta(META) or "[]")]


def store_topics(catalogue: Catalogue, topics: Sequence[Topic]) -> None:
    """Keep topics in the catalogue."""
    rows = [[topic.label, list(topic.papers)] for topic in topics]
    catalogue.set_meta(META, json.dumps(rows, ensure_ascii=False))


def group(rows: Any, most: int) -> list[list[int]]:
    """At most `most` groups of row numbers of an array (n, dimension) of vectors of length 1."""
    import numpy as np

    if len(rows) <= 2 or most < 2:
        return [list(range(len(rows)))]
    from scipy.cluster.hierarchy import fcluster, linkage

    linked = np.random.default_rng(0).permutation(len(rows))[:_MOST_LINKED]
    numbers = fcluster(linkage(rows[linked], "ward"), most, "maxclust")
    centres = np.stack([rows[linked[numbers == number]].mean(axis=0) for number in sorted(set(numbers))])
    # Squared distances but for the rows' own squares, which are the same for every centre.
    of_row = np.argmin((centres**2).sum(1) - 2 * (rows @ centres.T), axis=1)
    of_row[linked] = np.searchsorted(sorted(set(numbers)), numbers)
    return [members.tolist() for number in range(len(centres)) if len(members := np.flatnonzero(of_row == number))]


def central_first(rows: Any, members: Sequence[int]) -> list[int]:
    """Row numbers, the one nearest to the mean of all first."""
    centre = rows[list(members)].mean(axis=0)
    return sorted(members, key=lambda at: (-float(rows[at] @ centre), at))


def label_groups(catalogue: Catalogue, groups: Sequence[Sequence[str]], *, known: str = "") -> list[str]:
    """A label for each group of paper ids: words that tell it from the other groups, none of those in `known`; empty
    when there are none."""
    read = [list(catalogue.papers_by_id(ids[:_READ_FOR_LABEL]).values()) for ids in groups]
    told = set(content_words(known))
    terms = [
        [{key: term for key, term in _terms(paper).items() if told.isdisjoint(key.split())} for paper in papers]
        for papers in read
    ]
    total = catalogue.count()
    return [
        _label(own, [of for other in terms if other is not own for of in other], catalogue.document_frequency, total)
        for own in terms
    ]


def _label(
    own: Sequence[Mapping[str, _Spelling]],
    others: Sequence[Mapping[str, _Spelling]],
    frequency: Callable[[str], int],
    total: int,
) -> str:
    """`own` and `others` are the terms of each paper: its stems, and how they are spelled."""
    count = Counter(stems for paper in own for stems in paper)
    titled = {stems for paper in own for stems, spelling in paper.items() if spelling.in_title}
    outside = Counter(stems for paper in others for stems in paper)
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for paper in own:
        for stems, spelling in paper.items():
            spelled[stems][spelling.text] += 1
    least = 1 if len(own) == 1 else max(2, math.ceil(_LEAST_SHARE * len(own)))
    scores = {}
    for stems, papers in count.items():
        share, elsewhere = papers / len(own), outside[stems] / max(1, len(others))
        if papers < least or share <= elsewhere or stems not in titled:
            continue
        rare = math.log(1 + total / (1 + frequency(spelled[stems].most_common(1)[0][0])))
        scores[stems] = (share - elsewhere) * rare * (1 + 0.4 * (len(stems.split()) - 1))
    parts: list[str] = []
    used: set[str] = set()
    ranked = sorted(scores, key=lambda key: (-scores[key], key))
    for stems in ranked:
        if scores[stems] < _SECOND_PART * scores[ranked[0]] or len(parts) == _LABEL_PARTS:
            break
        # `RL` adds nothing to `reinforcement learning`.
        initials = "".join(stem[0] for stem in ranked[0].split())
        if used.isdisjoint(stems.split()) and stems != initials:
            parts.append(spelled[stems].most_common(1)[0][0])
            used |= set(stems.split())
    return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class _Spelling:
    text: str
    in_title: bool


def _terms(paper: Paper) -> dict[str, _Spelling]:
    """Runs of up to three telling words of a paper: their stems, joined, and how they are spelled first."""
    found: dict[str, _Spelling] = {}
    for text, in_title in ((paper.title, True), (paper.abstract, False)):
        for stems, spelled in _runs(text):
            found.setdefault(stems, _Spelling(spelled, in_title))
    return found


def _runs(text: str) -> Iterator[tuple[str, str]]:
    for piece in re.split(r"[.,;:!?()\[\]\"“”]|\s[-–—]+\s", text):
        words = re.findall(r"[^\W_]+(?:-[^\W_]+)*", piece)
        for at in range(len(words)):
            for size in range(1, _LONGEST_LABEL + 1):
                run = words[at : at + size]
                if len(run) < size or any(word.lower() in STOP_WORDS for word in run):
                    break
                stems = content_words(" ".join(run))
                if all(stem in _GENERAL for stem in stems) or any(len(word) < 2 for word in run) or not stems:
                    continue
                if stems[-1] in _GENERAL - {"learn", "network", "model"} or run[0].lower().endswith("ly"):
                    continue
                if not run[-1].isdigit():
                    yield " ".join(stems), " ".join(run) if _is_name(run) else " ".join(run).lower()


def _is_name(run: Sequence[str]) -> bool:
    return any(sum(char.isupper() for char in word) >= 2 for word in run)
