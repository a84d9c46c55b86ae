"""Collections on disk: names, listing without heavy libraries, opening, removing, damage."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import IndexCorrupt, IndexMismatch, UnknownCollection, UsageError
from rag.index.build import build
from rag.index.collections import Collections
from rag.testing import HashEmbedder
from rag.types import Paper

Build = Callable[..., Collections]


@pytest.fixture
def built(tmp_path: Path, papers: list[Paper]) -> Build:
    def make(*names: str, given: list[Paper] = papers) -> Collections:
        collections = Collections(tmp_path)
        for name in names:
            build(collections, name, given, HashEmbedder, sources=["garden.jsonl"])
        return collections

    return make


def test_there_are_none_at_first(tmp_path: Path) -> None:
    collections = Collections(tmp_path / "nowhere")
    assert (list(collections.names()), list(collections.list())) == ([], [])
    with pytest.raises(UnknownCollection, match="none yet"):
        collections.info("garden")
    assert not (tmp_path / "nowhere").exists()


def test_what_list_and_info_tell(built: Build, papers: list[Paper], make_paper) -> None:
    collections = built("garden")
    digest = make_paper("Short one", "In short.", text_kind="digest")
    build(collections, "b.2_x-y", [digest], HashEmbedder, sources=["a", "b"])
    garden = collections.info("garden")
    assert [info.name for info in collections.list()] == list(collections.names()) == ["b.2_x-y", "garden"]
    assert (garden.papers, garden.embedder, garden.sources) == (4, "hash-1", ("garden.jsonl",))
    assert garden.text_kind == "abstract"
    assert collections.info("b.2_x-y").text_kind == "digest"
    assert len(garden.fingerprint) == len(garden.generation) == 12
    assert garden.fingerprint == collections.info("b.2_x-y").fingerprint
    assert garden.generation != collections.info("b.2_x-y").generation


def test_an_open_collection_answers(built: Build, papers: list[Paper]) -> None:
    embedder = HashEmbedder()
    with built("garden").open("garden", embedder) as collection:
        assert collection.info == built().info("garden")
        assert collection.catalogue.papers() == papers
        (vector,) = embedder.embed(["untie knots in ropes"])
        assert collection.vectors.nearest(vector, 1)[0][0] == papers[2].id


def test_listing_is_light(built: Build, tmp_path: Path) -> None:
    built("garden")
    code = (
        "import sys; from pathlib import Path; from rag.index.collections import Collections;"
        "import rag.index.build, rag.index.lock;"
        "infos = Collections(Path(sys.argv[1])).list();"
        "heavy = {'chromadb', 'torch', 'sentence_transformers', 'numpy', 'onnxruntime'} & set(sys.modules);"
        "print(len(infos), sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "1 []\n"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "-x", ".hidden", "a b", "é", "x" * 65, "a\n", "a\x00"])
def test_names_that_cannot_be(tmp_path: Path, papers: list[Paper], name: str) -> None:
    collections = Collections(tmp_path)
    with pytest.raises(UsageError):
        build(collections, name, papers, HashEmbedder, sources=[])
    with pytest.raises(UsageError):
        collections.remove(name)
    assert list(tmp_path.iterdir()) == []


def test_unknown_names_are_told_the_known_ones(built: Build) -> None:
    collections = built("garden", "kitchen")
    for call in (
        collections.info,
        collections.catalogue,
        collections.remove,
        lambda n: collections.open(n, HashEmbedder()),
    ):
        with pytest.raises(UnknownCollection, match="cellar.*garden, kitchen") as error:
            call("cellar")
        assert "posterchat index" in error.value.hint


def test_another_embedder_is_refused_with_both_names(built: Build) -> None:
    collections = built("garden")
    for other in (HashEmbedder(name="hash-2"), HashEmbedder(dimension=32), HashEmbedder(max_tokens=100)):
        with pytest.raises(IndexMismatch, match="hash-1.*but this program runs") as error:
            collections.open("garden", other)
        assert "index" in error.value.hint and "remove" in error.value.hint
    assert collections.info("garden").papers == 4  # the catalogue needs no embedder
    collections.open("garden", HashEmbedder()).close()


def test_remove_deletes_all_of_it_and_nothing_else(built: Build, tmp_path: Path) -> None:
    collections = built("garden", "kitchen")
    collections.remove("garden")
    assert list(collections.names()) == ["kitchen"]
    assert [path.name for path in (tmp_path / "collections").iterdir()] == ["kitchen"]
    with pytest.raises(UnknownCollection):
        collections.open("garden", HashEmbedder())
    built("garden")
    assert collections.info("garden").papers == 4


@pytest.mark.parametrize("pointer", ["gen-000009\n", "", "../kitchen", "\x00", "gen-000001/../gen-000001"])
def test_a_broken_pointer_is_named_and_can_be_removed(built: Build, tmp_path: Path, pointer: str) -> None:
    collections = built("garden", "kitchen")
    (tmp_path / "collections" / "garden" / "CURRENT").write_text(pointer)
    for call in (collections.info, lambda n: collections.open(n, HashEmbedder())):
        with pytest.raises(IndexCorrupt, match="garden.*pointer") as error:
            call("garden")
        assert "collections remove garden" in error.value.hint
    assert list(collections.names()) == ["garden", "kitchen"]
    assert [info.name for info in collections.list()] == ["kitchen"]
    collections.remove("garden")
    assert list(collections.names()) == ["kitchen"]


@pytest.mark.parametrize("content", [b"", b"\x00" * 9000, b"not a database" * 99])
def test_a_damaged_catalogue_is_named(built: Build, tmp_path: Path, content: bytes) -> None:
    collections = built("garden")
    (tmp_path / "collections" / "garden" / "gen-000001" / "catalogue.sqlite").write_bytes(content)
    for call in (collections.info, collections.catalogue, lambda n: collections.open(n, HashEmbedder())):
        with pytest.raises(IndexCorrupt, match="catalogue"):
            call("garden")


def test_files_that_are_no_collections_are_ignored(built: Build, tmp_path: Path) -> None:
    collections = built("garden")
    (tmp_path / "collections" / "notes.txt").write_text("x")
    (tmp_path / "collections" / "empty").mkdir()
    (tmp_path / "collections" / "begun" / "gen-000001.tmp").mkdir(parents=True)
    assert list(collections.names()) == ["garden"]
