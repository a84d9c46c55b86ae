"""A data directory to build in, shared by the tests of building."""

from __future__ import annotations

from pathlib import Path

from rag.index.build import build
from rag.index.collections import Collections
from rag.testing import HashEmbedder
from rag.types import IndexReport, Paper


class World:
    """A data directory with one collection and an embedder that counts."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "collections" / "garden"
        self.collections = Collections(data_dir)
        self.embedder = HashEmbedder()
        self.made = 0

    def factory(self) -> HashEmbedder:
        self.made += 1
        return self.embedder

    def index(self, items, **options) -> IndexReport:
        return build(self.collections, "garden", items, self.factory, **{"sources": ["garden.jsonl"], **options})

    def check(self, papers: list[Paper]) -> None:
        """The collection holds exactly these papers, finds each, and nothing is left beside it."""
        with self.collections.open("garden", self.embedder) as collection:
            assert collection.catalogue.papers() == papers
            assert collection.info.papers == len(papers)
            assert collection.vectors.count() == collection.catalogue.chunk_count()
            for paper in papers[:20]:
                (vector,) = self.embedder.embed([f"{paper.title}\n{paper.abstract}"])
                assert collection.vectors.nearest(vector, 1)[0][0] == paper.id
                assert paper.id in [hit for hit, _ in collection.catalogue.search([paper.title], 5)]
        assert len(self.files()) == 2, self.files()

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


def counts(report: IndexReport) -> tuple[int, int, int, int, int, int]:
    return (
        *(report.added, report.changed, report.unchanged, report.duplicates),
        *(len(report.rejected), report.total),
    )
