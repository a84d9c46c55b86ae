"""The catalogue gives back what it was given, finds by words, and names what is wrong with a damaged file."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import IndexCorrupt, StorageFull
from rag.index.catalogue import Catalogue
from rag.index.rows import Entry
from rag.text import search_words, split_sentences
from rag.types import Paper


def entries(papers: Iterable[Paper]) -> Iterator[Entry]:
    return (Entry(paper, split_sentences(paper.abstract), 1) for paper in papers)


@pytest.fixture
def catalogue(tmp_path: Path, papers: list[Paper]) -> Iterator[Catalogue]:
    with Catalogue.create(tmp_path / "c.sqlite") as made:
        made.put(entries(papers))
        yield made


def test_papers_come_back_whole_and_in_order(tmp_path: Path, make_paper) -> None:
    full = make_paper(
        'A "Title" with ünïcode', "One. Two.", authors=("Zoë Ág", "O'Neil"), award="Best", url="https://a.example/?x=1",
        venue="V", session="S", year=2031, keywords=("k1", "k2"), text_kind="digest",
    )  # fmt: skip
    plain = make_paper("A plain one", "Text.", authors=())
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put(entries([full, plain]))
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        assert catalogue.papers() == [full, plain]
        assert catalogue.paper(full.id) == full
        assert catalogue.paper("nothing") is None
        assert catalogue.papers_by_id([plain.id, "nothing", full.id]) == {plain.id: plain, full.id: full}
        assert catalogue.hashes() == {full.id: full.content_hash, plain.id: plain.content_hash}
        assert catalogue.sentences(full.id) == split_sentences("One. Two.")
        assert catalogue.sentences("nothing") == []
        assert (catalogue.count(), catalogue.chunk_count(), catalogue.all_digests()) == (2, 2, False)


def test_a_replaced_paper_keeps_its_place_and_its_old_words_are_forgotten(
    catalogue: Catalogue, papers: list[Paper], make_paper
) -> None:
    new = make_paper(papers[1].title, "Marmalade clocks are new. They drip.")
    catalogue.put(entries([new]))
    assert catalogue.papers() == [papers[0], new, *papers[2:]]
    assert [hit for hit, _ in catalogue.search(["marmalade"], 5)] == [new.id]
    assert [hit for hit, _ in catalogue.search(["drift"], 5)] == [new.id]  # still in the title
    assert catalogue.search(["correction"], 5) == []
    assert len(catalogue.sentences(new.id)) == 2


def test_removed_papers_are_gone(catalogue: Catalogue, papers: list[Paper]) -> None:
    assert catalogue.remove([papers[2].id, "nothing"]) == 1
    assert catalogue.papers() == [papers[0], papers[1], papers[3]]
    assert catalogue.search(["ropes"], 5) == []
    assert catalogue.sentences(papers[2].id) == []


def test_search_ranks_by_words_and_joins_their_forms(catalogue: Catalogue, papers: list[Paper]) -> None:
    hits = catalogue.search(search_words("Which paper poisons clicks?"), 5)
    assert [hit for hit, _ in hits] == [papers[3].id, papers[2].id]
    assert all(score > 0 for _, score in hits)
    assert hits[0][1] > hits[1][1]
    assert len(catalogue.search(["poisoned"], 1)) == 1


def test_search_leaves_out_authors_unless_asked_for_them(catalogue: Catalogue, papers: list[Paper]) -> None:
    assert catalogue.search(["holt"], 5) == []
    assert {hit for hit, _ in catalogue.search(["Kiraly"], 5, authors=True)} == {paper.id for paper in papers}
    assert catalogue.search(["sundials"], 5, authors=True) == []


def test_a_title_word_weighs_more_than_a_word_of_the_abstract(tmp_path: Path, make_paper) -> None:
    title = make_paper("Kelp forests today", "We look at one thing for a while.")
    body = make_paper("Water plants today", "We look at kelp for a while.")
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put(entries([body, title, make_paper("Other", "Nothing of that kind is here at all.")]))
        assert [hit for hit, _ in catalogue.search(["kelp"], 5)] == [title.id, body.id]


def test_spellings_of_a_name_meet(tmp_path: Path, make_paper) -> None:
    paper = make_paper("Trees", "We train on TWIG-10 and use k-boughs for text-to-tree maps.")
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put(entries([paper]))
        for term in ("twig10", "TWIG-10", "kboughs", "k-Boughs", "text to tree", "text-to-tree"):
            assert catalogue.document_frequency(term) == 1, term
        assert catalogue.document_frequency("tree to text") == 0


def test_document_frequency_counts_papers(catalogue: Catalogue) -> None:
    assert catalogue.document_frequency("poison") == 2
    assert catalogue.document_frequency("zebra") == 0
    assert catalogue.document_frequency("?!") == 0


@given(st.lists(st.text(max_size=30), max_size=4), st.booleans())
def test_no_string_breaks_a_search(tmp_path_factory, terms: list[str], authors: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "any.sqlite"
    if not path.exists():
        with Catalogue.create(path) as made:
            made.put(entries([Paper("p", "Tea", ("Ann",), "Tea is hot.")]))
    with Catalogue.open(path) as catalogue:
        assert all(hit == "p" for hit, _ in catalogue.search(terms, 5, authors=authors))


@pytest.mark.parametrize(
    "term", ['"', "a OR b", "NEAR(a b)", "tea*", "title:tea", "-tea", "\x00tea", "'; DROP", "\ud800"]
)
def test_query_syntax_is_only_text(catalogue: Catalogue, term: str) -> None:
    catalogue.search([term], 5)
    assert catalogue.count() == 4


def test_a_failed_batch_leaves_nothing(catalogue: Catalogue, papers: list[Paper], make_paper) -> None:
    def broken() -> Iterator[Entry]:
        yield from entries([make_paper("New", "New text.")])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        catalogue.put(broken())
    assert catalogue.papers() == papers
    assert catalogue.search(["new"], 5) == []


def test_meta(catalogue: Catalogue) -> None:
    assert catalogue.get_meta("shape") is None
    catalogue.set_meta("shape", "a")
    catalogue.set_meta("shape", "b")
    assert catalogue.get_meta("shape") == "b"


def test_several_threads_may_read(catalogue: Catalogue, papers: list[Paper]) -> None:
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(50):
                assert catalogue.papers() == papers
                assert catalogue.search(["poison", "rope"], 5)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("content", [b"", b"garbage" * 5000, None])
def test_a_damaged_or_missing_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexCorrupt) as error:
        Catalogue.open(path)
    assert "c.sqlite" in str(error.value) and "collections remove" in error.value.hint


def test_pages_overwritten_in_the_middle_are_found_out(tmp_path: Path, many_papers: list[Paper]) -> None:
    path = tmp_path / "c.sqlite"
    with Catalogue.create(path) as catalogue:
        catalogue.put(entries(many_papers))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(IndexCorrupt), Catalogue.open(path) as catalogue:
        catalogue.papers()


def test_read_only_means_read_only(tmp_path: Path, papers: list[Paper]) -> None:
    Catalogue.create(tmp_path / "c.sqlite").close()
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue, pytest.raises(IndexCorrupt, match="readonly"):
        catalogue.put(entries(papers))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageFull):
        Catalogue.create(tmp_path / "missing" / "c.sqlite")
