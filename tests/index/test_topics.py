"""Topics: every paper in exactly one, near papers together, labels in words of their papers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.index.build import build
from rag.index.collections import Collection, Collections
from rag.index.topics import central_first, group, label_groups, make_topics, stored_topics
from rag.testing import HashEmbedder
from rag.types import Paper

SUBJECTS = {
    "kite": "Kite strings tangle in wind. We reel kite strings on a kite drum so that kite strings stay straight.",
    "lantern": "Lantern oil burns away. We trim the lantern wick and refill lantern oil at dusk.",
    "boat": "Paper boat hulls get wet. We wax the boat hull and measure boat speed on a pond.",
}


def _papers(each: int) -> list[Paper]:
    return [
        Paper(f"{subject}-{number}", f"Better {subject} number {number}", ("Ada Quill",), f"{text} Trial {number}.")
        for number in range(each)
        for subject, text in SUBJECTS.items()
    ]


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    embedder = HashEmbedder(dimension=512)
    store = Collections(tmp_path)
    build(store, "ponds", _papers(4), lambda: embedder, sources=["test"])
    with store.open("ponds", embedder) as opened:
        yield opened


def test_near_papers_are_together_and_labelled(collection: Collection) -> None:
    topics = stored_topics(collection.catalogue)
    assert sorted(len(topic.papers) for topic in topics) == [4, 4, 4]
    for topic in topics:
        subject = topic.papers[0].split("-")[0]
        assert {paper.split("-")[0] for paper in topic.papers} == {subject}
        assert subject in topic.label


def test_topics_are_stored_with_the_index_and_made_the_same_again(collection: Collection) -> None:
    assert stored_topics(collection.catalogue) == make_topics(collection.catalogue, collection.vectors)


def test_known_words_are_no_label(collection: Collection) -> None:
    kites = [f"kite-{number}" for number in range(4)]
    boats = [f"boat-{number}" for number in range(4)]
    labels = label_groups(collection.catalogue, [kites, boats], known="which papers are about kites?")
    assert "kite" not in labels[0]
    assert "boat" in labels[1]


def test_every_row_is_in_one_group_whatever_the_size() -> None:
    random = np.random.default_rng(3)
    for rows, most in ((1, 5), (2, 5), (7, 3), (4100, 10)):
        vectors = random.normal(size=(rows, 8))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        groups = group(vectors, most)
        assert sorted(at for members in groups for at in members) == list(range(rows))
        assert len(groups) <= most


def test_the_most_central_paper_comes_first() -> None:
    rows = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8]])
    assert central_first(rows, [0, 1, 2])[0] == 1
