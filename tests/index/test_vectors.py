"""Vectors with the real Chroma: nearest papers, replacement, removal, fingerprints, damage, and letting go of files."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexCorrupt, IndexMismatch
from rag.index.shape import Shape
from rag.index.vectors import Vectors
from rag.types import Chunk

SHAPE = Shape("m@1", 8, 256)


def chunk(paper: str, number: int = 0) -> Chunk:
    return Chunk(f"{paper}:{number}-{number + 1}", paper, "", number, number + 1)


def unit(*values: float) -> np.ndarray:
    row = np.zeros(8, dtype=np.float32)
    row[: len(values)] = values
    return row / np.linalg.norm(row)


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    with Vectors.create(tmp_path / "v", SHAPE) as made:
        made.put(
            [chunk("a", 0), chunk("a", 1), chunk("b", 0), chunk("c", 0)],
            np.stack([unit(1), unit(0, 1), unit(1, 1), unit(0, 0, 1)]),
        )
        yield made


def test_a_paper_counts_with_its_best_chunk(vectors: Vectors) -> None:
    hits = vectors.nearest(unit(0, 1), 3)
    assert [paper for paper, _ in hits] == ["a", "b", "c"]
    assert [round(score, 3) for _, score in hits] == [1.0, 0.707, 0.0]


def test_put_replaces_and_remove_removes(vectors: Vectors) -> None:
    vectors.put([chunk("b", 0)], np.stack([unit(0, 0, 0, 1)]))
    assert vectors.count() == 4
    assert vectors.nearest(unit(0, 0, 0, 1), 1)[0][0] == "b"
    vectors.remove_papers(["a", "nothing"])
    assert vectors.count() == 2
    assert {paper for paper, _ in vectors.nearest(unit(1), 9)} == {"b", "c"}
    vectors.remove_papers([])
    assert vectors.count() == 2


def test_as_many_papers_as_wanted_although_one_has_most_chunks(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(400, 8)).astype(np.float32)
    rows[:360] = unit(1) + 0.01 * rows[:360]
    chunks = [chunk("long", n) for n in range(360)] + [chunk(f"p{n}") for n in range(40)]
    with Vectors.create(tmp_path / "v", SHAPE) as vectors:
        vectors.put(chunks, rows)
        assert len(vectors.nearest(unit(1), 10)) >= 10
        assert len(vectors.nearest(unit(1), 1000)) == 41
        vectors.remove_papers([f"p{n}" for n in range(20)])
        assert len(vectors.nearest(unit(1), 1000)) == 21


def test_every_paper_is_reached_although_most_vectors_are_equal(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)
    rows[:2900] = rows[0]
    with Vectors.create(tmp_path / "v", SHAPE) as vectors:
        vectors.put([chunk(f"p{n}") for n in range(3000)], rows)
        hits = dict(vectors.nearest(rows[0], 3000))
        assert len(hits) == 3000
        assert hits["p5"] == pytest.approx(1, abs=1e-5)
        assert hits["p2999"] == pytest.approx(float(unit(*rows[0]) @ unit(*rows[2999])), abs=1e-5)


def test_lost_index_files_are_found_out(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(1500, 8)).astype(np.float32)
    with Vectors.create(tmp_path / "v", SHAPE) as vectors:
        vectors.put([chunk(f"p{n}") for n in range(1500)], rows)
    for folder in (tmp_path / "v").iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    with pytest.raises(IndexCorrupt), Vectors.open(tmp_path / "v", SHAPE) as vectors:
        vectors.nearest(rows[0], 5)


def test_empty_vectors_answer_with_nothing(tmp_path: Path) -> None:
    with Vectors.create(tmp_path / "v", SHAPE) as vectors:
        assert (vectors.count(), vectors.nearest(unit(1), 5)) == (0, [])


def test_more_rows_than_chroma_takes_at_once(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5600, 8)).astype(np.float32)
    with Vectors.create(tmp_path / "v", SHAPE) as vectors:
        vectors.put([chunk(f"p{n}") for n in range(5600)], rows)
        assert vectors.count() == 5600
        assert vectors.nearest(rows[5599], 1)[0][0] == "p5599"
        assert vectors.nearest(rows[7], 1)[0][0] == "p7"


def test_closed_files_can_be_moved_and_opened_again(tmp_path: Path, vectors: Vectors) -> None:
    vectors.close()
    vectors.close()
    (tmp_path / "v").rename(tmp_path / "w")
    with Vectors.open(tmp_path / "w", SHAPE) as moved:
        assert moved.count() == 4
        assert moved.nearest(unit(0, 0, 1), 1)[0][0] == "c"
    shutil.rmtree(tmp_path / "w")
    with Vectors.create(tmp_path / "w", SHAPE) as fresh:  # nothing of the old one lingers in this process
        assert fresh.count() == 0


def test_another_shape_is_refused_with_both_names(vectors: Vectors, tmp_path: Path) -> None:
    vectors.close()
    with pytest.raises(IndexMismatch, match="m@1.*m@2") as error:
        Vectors.open(tmp_path / "v", Shape("m@2", 8, 256))
    assert "posterchat index" in error.value.hint and "collections remove" in error.value.hint
    Vectors.open(tmp_path / "v", SHAPE).close()  # the refusal has not left it open


def test_missing_vectors_are_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(IndexCorrupt, match="missing"):
        Vectors.open(tmp_path / "v", SHAPE)
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000])
def test_a_damaged_store_is_named_every_time(tmp_path: Path, vectors: Vectors, content: bytes) -> None:
    vectors.close()
    (tmp_path / "v" / "chroma.sqlite3").write_bytes(content)
    for _ in range(2):
        with pytest.raises(IndexCorrupt):
            Vectors.open(tmp_path / "v", SHAPE)


def test_a_store_of_someone_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    sqlite3.connect(tmp_path / "v" / "chroma.sqlite3").close()
    with pytest.raises(IndexCorrupt):
        Vectors.open(tmp_path / "v", SHAPE)
