"""Collections whose vectors are on a real Chroma server: built once, read by many, gone and back again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.errors import DataDirBusy, IndexCorrupt, InputError, UsageError, VectorsUnreachable
from rag.index import chroma
from rag.index.build import build
from rag.index.collections import VECTORS, Collections
from rag.index.lock import DataDirLock
from rag.index.vectors_server import OnServer
from rag.retrieve.relevance import Relevance
from rag.retrieve.search import BY_WORDS, Searcher
from rag.settings import Settings
from rag.testing import HashEmbedder, made_up_papers
from rag.wiring import Library
from tests.index.chroma_server import ChromaServer

PAPERS = made_up_papers()
EMBEDDER = HashEmbedder(dimension=256)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with ChromaServer(tmp_path_factory.mktemp("chroma"), port) as running:
        yield running


@pytest.fixture
def store(server: ChromaServer, tmp_path: Path) -> Collections:
    return Collections(tmp_path, OnServer(server.url))


def put(store: Collections, *papers: Any, rebuild: bool = False) -> str:
    return build(store, "ponds", papers, lambda: EMBEDDER, sources=["test"], rebuild=rebuild).generation


def on_server(server: ChromaServer) -> set[str]:
    client = chroma.on_server(server.url)
    names = {collection.name for collection in client.list_collections()}
    chroma.hang_up(client)
    return names


def searcher(collection: Any) -> Searcher:
    relevance = Relevance(EMBEDDER, ["what will the weather be", "how do I bake bread"])
    return Searcher(collection.catalogue, collection.vectors, EMBEDDER, relevance)


def test_the_same_papers_are_found_as_on_disk(store: Collections, tmp_path: Path) -> None:
    local = Collections(tmp_path / "local")
    assert put(store, *PAPERS) == put(local, *PAPERS)
    assert not (store.generation("ponds") / VECTORS / "chroma.sqlite3").exists()  # type: ignore[operator]
    with store.open("ponds", EMBEDDER) as there, local.open("ponds", EMBEDDER) as here:
        for paper in PAPERS:
            found = [searcher(one).search(paper.title).hits for one in (there, here)]
            assert [hit.paper.id for hit in found[0]] == [hit.paper.id for hit in found[1]]
            assert [hit.score for hit in found[0]] == pytest.approx([hit.score for hit in found[1]], abs=1e-5)
        assert set(there.vectors.means()) == set(here.vectors.means())
        assert list(there.vectors.means([PAPERS[0].id])) == [PAPERS[0].id]


def test_an_update_is_a_new_generation_and_the_one_before_stays_for_those_who_read_it(
    store: Collections, server: ChromaServer
) -> None:
    before = on_server(server)
    put(store, *PAPERS[:3])
    with store.open("ponds", EMBEDDER) as old:
        put(store, replace(PAPERS[0], abstract="Now about kites in storms."), PAPERS[3])
        with store.open("ponds", EMBEDDER) as new:
            assert new.catalogue.count() == 4
            assert searcher(new).search("kites in storms").hits[0].paper.id == PAPERS[0].id
            assert new.vectors.count() == new.catalogue.chunk_count()
        assert searcher(old).search(PAPERS[1].title).notice == ""  # still answers
        put(store, PAPERS[4])
        assert BY_WORDS in searcher(old).search(PAPERS[1].title).notice  # two generations ago
    assert len(on_server(server) - before) == 2
    store.remove("ponds")
    assert on_server(server) == before


def test_a_build_that_fails_leaves_nothing_on_the_server(store: Collections, server: ChromaServer) -> None:
    before = on_server(server)

    def broken() -> Iterator[Any]:
        yield from PAPERS
        raise InputError("made up", hint="none")

    with pytest.raises(InputError):
        build(store, "ponds", broken(), lambda: EMBEDDER, sources=["test"])
    assert (on_server(server), store.names()) == (before, [])


def test_without_the_server_papers_are_found_by_words_with_a_notice_and_later_by_vectors_again(
    store: Collections, server: ChromaServer
) -> None:
    put(store, *PAPERS)
    question = "How long do paper boats float on ponds?"
    with store.open("ponds", EMBEDDER) as collection:
        search = searcher(collection).search
        whole = search(question)
        server.kill()
        degraded = search(question)
        again = search(question)  # at once: nobody is asked for some seconds
        server.start()
        back = _until_back(search, question)
    assert degraded.notice.endswith(BY_WORDS) and "127.0.0.1" in degraded.notice
    assert again.notice == degraded.notice
    assert degraded.hits[0].paper.id == whole.hits[0].paper.id
    assert degraded.relevance > 0.5
    assert [hit.paper.id for hit in back.hits] == [hit.paper.id for hit in whole.hits]


def _until_back(search: Any, question: str) -> Any:
    import time

    for _ in range(100):
        if not (found := search(question)).notice:
            return found
        time.sleep(0.1)
    raise AssertionError("it never recovered")


def test_what_is_off_topic_is_told_without_vectors_too(store: Collections, server: ChromaServer) -> None:
    put(store, *PAPERS)
    with store.open("ponds", EMBEDDER) as collection:
        server.kill()
        found = searcher(collection).search("What will the weather be in Wombat?")
        server.start()
    assert found.notice and found.relevance < 0.5


def test_an_index_of_this_machine_is_not_taken_for_one_on_the_server(store: Collections, tmp_path: Path) -> None:
    put(Collections(tmp_path), *PAPERS)
    with pytest.raises(IndexCorrupt, match="on this machine") as caught:
        store.open("ponds", EMBEDDER)
    assert "--rebuild" in caught.value.hint
    put(store, PAPERS[0])  # makes all vectors again
    with store.open("ponds", EMBEDDER) as collection:
        assert collection.catalogue.count() == len(PAPERS)
        assert collection.vectors.count() == collection.catalogue.chunk_count()


def test_indexing_without_the_server_fails_and_keeps_what_is_there(store: Collections, server: ChromaServer) -> None:
    kept = put(store, *PAPERS[:2])
    server.kill()
    with pytest.raises(VectorsUnreachable, match="cannot be reached"):
        put(store, *PAPERS)
    server.start()
    assert store.info("ponds").generation == kept


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "file:///tmp", "http://", "http://user:word@127.0.0.1"])
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="Chroma"):
        OnServer(url)


def test_several_readers_and_one_writer_share_a_data_directory(server: ChromaServer, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, chroma_url=server.url)
    reading = Library(settings, purpose="serve"), Library(settings, purpose="serve")
    with reading[0], reading[1], DataDirLock(tmp_path, "index"), pytest.raises(DataDirBusy):
        reading[1].index(iter(PAPERS))
    alone = Settings(data_dir=tmp_path)
    with Library(alone, purpose="serve"), pytest.raises(DataDirBusy):
        Library(alone, purpose="serve")
