"""Building: what is counted, what is kept, and when vectors are made again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from index_world import World, counts

from rag.errors import IndexCorrupt, InputError
from rag.index.vectors import OnDisk
from rag.testing import HashEmbedder
from rag.types import Paper, Rejected


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_first_build(world: World, papers: list[Paper]) -> None:
    bad = Rejected("garden.jsonl", 3, "no title")
    report = world.index([papers[0], bad, *papers[1:]])
    assert counts(report) == (4, 0, 0, 0, 1, 4)
    assert report.rejected == (bad,)
    assert report.embedded_chunks == 4
    assert report.generation == world.collections.info("garden").generation
    assert world.files() == ["CURRENT", "gen-000001"]
    world.check(papers)


def test_the_same_again_changes_nothing_and_needs_no_embedder(world: World, papers: list[Paper]) -> None:
    first = world.index(papers)
    before = {path: path.stat().st_mtime_ns for path in world.folder.rglob("*")}
    second = world.index(papers)
    assert counts(second) == (0, 0, 4, 0, 0, 4)
    assert (second.generation, second.embedded_chunks, world.made) == (first.generation, 0, 1)
    assert {path: path.stat().st_mtime_ns for path in world.folder.rglob("*")} == before


def test_papers_are_added_and_those_not_given_stay(world: World, papers: list[Paper]) -> None:
    first = world.index(papers[:2], sources=["a"])
    asked = len(world.embedder.calls)
    second = world.index(papers[1:], sources=["b"])
    assert counts(second) == (2, 0, 1, 0, 0, 4)
    assert sum(map(len, world.embedder.calls[asked:])) == 2  # only the new ones
    assert second.generation != first.generation
    assert world.collections.info("garden").sources == ("a", "b")
    assert world.files() == ["CURRENT", "gen-000002"]
    world.check(papers)


def test_the_generation_depends_on_the_contents_alone(world: World, papers: list[Paper], tmp_path: Path) -> None:
    other = World(tmp_path / "other")
    other.index(papers[2:])
    assert other.index(papers[:2]).generation == world.index(papers).generation


def test_a_changed_paper_replaces_the_old_one_in_its_place(world: World, papers: list[Paper], make_paper) -> None:
    world.index(papers)
    new = make_paper(papers[1].title, "Marmalade clocks drip. " * 80)  # several chunks now
    report = world.index([new, papers[0]])
    assert counts(report) == (0, 1, 1, 0, 0, 4)
    assert report.warnings == (f"1 abstract replaced by a new text: “{papers[1].title}”.",)
    world.check([papers[0], new, papers[2], papers[3]])
    short = make_paper(papers[1].title, "They drip.")
    world.index([short])
    world.check([papers[0], short, papers[2], papers[3]])


def test_a_changed_detail_is_a_change_too(world: World, papers: list[Paper], make_paper) -> None:
    world.index(papers)
    awarded = make_paper(papers[0].title, papers[0].abstract, award="Best Robot")
    report = world.index([awarded])
    assert counts(report) == (0, 1, 0, 0, 0, 4) and report.warnings == ()
    world.check([awarded, *papers[1:]])


def test_twice_in_one_run(world: World, papers: list[Paper], make_paper) -> None:
    other = make_paper(papers[0].title, "Something else.")
    report = world.index([papers[0], papers[0], other, papers[1]])
    assert counts(report) == (2, 0, 0, 1, 1, 2)
    assert papers[0].title in report.rejected[0].reason and report.rejected[0].source == "garden.jsonl"
    world.check(papers[:2])
    assert counts(world.index([papers[0], papers[0]])) == (0, 0, 1, 1, 0, 2)


def test_a_digest_does_not_replace_an_abstract_but_an_abstract_replaces_a_digest(
    world: World, papers, make_paper
) -> None:
    digest = make_paper(papers[0].title, "Robots see.", text_kind="digest")
    world.index([digest])
    assert world.collections.info("garden").text_kind == "digest"
    assert counts(world.index([papers[0]])) == (0, 1, 0, 0, 0, 1)
    report = world.index([digest])
    assert counts(report) == (0, 0, 1, 0, 0, 1)
    assert len(report.warnings) == 1 and "1 digest" in report.warnings[0]
    world.check([papers[0]])


def test_nothing_to_index_is_refused(world: World) -> None:
    with pytest.raises(InputError, match="no paper"):
        world.index([])
    with pytest.raises(InputError, match="None of the 2.*no title"):
        world.index([Rejected("f", 1, "no title"), Rejected("f", 2, "no abstract")])
    assert not world.folder.exists() and world.made == 0


def test_text_that_is_not_unicode_is_rejected(world: World, papers: list[Paper]) -> None:
    report = world.index([Paper("broken", "Broken \ud800", (), "Text."), *papers])
    assert counts(report) == (4, 0, 0, 0, 1, 4)
    world.check(papers)


def test_many_papers_in_batches_with_progress(world: World, many_papers: list[Paper], make_paper) -> None:
    big = [make_paper(f"Long study {n}", f"Word{n} is here. " * 900) for n in range(40)]
    told: list[tuple[int, int | None, str]] = []
    report = world.index([*many_papers, *big], progress=lambda *args: told.append(args))
    assert report.embedded_chunks > 300
    done = [at for at, _, _ in told]
    assert done == sorted(done) and done[-1] == 100 and len(set(done)) > 5
    assert {(total, what) for _, total, what in told} == {(None, "papers")}
    assert max(map(len, world.embedder.calls)) <= 64  # memory stays bounded
    world.check([*many_papers, *big])


# --- building again ------------------------------------------------------------------------------------------


def test_another_embedder_makes_all_vectors_again(world: World, papers: list[Paper]) -> None:
    world.index(papers[:3])
    world.embedder = HashEmbedder(name="hash-2", dimension=32)
    report = world.index(papers[:3], embedder_name="hash-2")
    assert (counts(report), report.embedded_chunks) == ((0, 0, 3, 0, 0, 3), 3)
    world.check(papers[:3])
    world.embedder = HashEmbedder(name="hash-3")
    report = world.index([papers[3]])  # also when it is noticed only while adding
    assert (counts(report), report.embedded_chunks) == ((1, 0, 0, 0, 0, 4), 4)
    world.check(papers)


def test_lost_vectors_are_made_again_from_the_catalogue(world: World, papers: list[Paper]) -> None:
    world.index(papers)
    shutil.rmtree(world.folder / "gen-000001" / "vectors")
    with pytest.raises(IndexCorrupt, match="missing") as error:
        world.collections.open("garden", world.embedder)
    assert "posterchat index" in error.value.hint
    report = world.index(papers[:1])
    assert (counts(report), report.embedded_chunks) == ((0, 0, 1, 0, 0, 4), 4)
    world.check(papers)


def test_damaged_vectors_are_made_again_when_asked_to(world: World, papers: list[Paper]) -> None:
    first = world.index(papers)
    (world.folder / "gen-000001" / "vectors" / "chroma.sqlite3").write_bytes(b"garbage" * 999)
    with pytest.raises(IndexCorrupt):
        world.collections.open("garden", world.embedder)
    assert world.index([], rebuild=True).generation == first.generation
    world.check(papers)


class PassesOver(OnDisk):
    """Vectors whose graph leads past the last ones, as Chroma's does among many that are nearly equal; with `lost`,
    they are not there at all."""

    lost = False

    def open(self, path, shape):
        found = super().open(path, shape)
        found.nearest = lambda vector, papers: [("another", 0.91)]
        if self.lost:
            found.stored = lambda papers=None: iter([([], np.zeros((0, shape.dimension)))])
        return found


@pytest.mark.parametrize("lost", [False, True])
def test_a_graph_that_passes_over_the_last_paper(world: World, papers: list[Paper], lost: bool) -> None:
    store = PassesOver()
    store.lost = lost
    world.collections.vectors = store
    if lost:
        with pytest.raises(IndexCorrupt, match=r"similarity 0\.00"):
            world.index(papers)
    else:
        assert world.index(papers).total == len(papers)
