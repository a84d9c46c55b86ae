"""Chunks cover every sentence, fit the model, and carry the title."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.index.chunk import make_chunks
from rag.text import split_sentences
from rag.types import Chunk, Paper


def count_tokens(text: str) -> int:
    """Like a word-piece tokeniser: long words cost more, and two special tokens."""
    return 2 + sum((len(word) + 4) // 5 for word in text.split())


def chunks_of(title: str, abstract: str, max_tokens: int) -> tuple[Paper, list[Chunk]]:
    paper = Paper("p", title, (), abstract)
    return paper, make_chunks(paper, split_sentences(abstract), count_tokens=count_tokens, max_tokens=max_tokens)


def test_a_short_paper_is_one_chunk_with_its_title() -> None:
    paper, chunks = chunks_of("On Tea", "Tea is hot. It cools.", 256)
    assert chunks == [Chunk(f"p:0-{len(paper.abstract)}", "p", "On Tea\nTea is hot. It cools.", 0, len(paper.abstract))]


def test_windows_share_one_sentence() -> None:
    abstract = "One two three. Four five six. Seven eight nine. Ten eleven twelve. Then we stop."
    paper, chunks = chunks_of("T", abstract, 2 + 1 + 9)
    covered = [[s.text for s in split_sentences(abstract) if c.start <= s.start and s.end <= c.end] for c in chunks]
    assert len(chunks) > 1
    for before, after in zip(covered, covered[1:], strict=False):
        assert after[0] == before[-1]
    assert all(chunk.text.startswith("T\n") and count_tokens(chunk.text) <= 12 for chunk in chunks)


def test_a_long_sentence_is_cut_between_words_and_loses_nothing() -> None:
    abstract = " ".join(f"w{n}" for n in range(100)) + "."
    _, chunks = chunks_of("T", abstract, 20)
    assert " ".join(chunk.text.removeprefix("T\n") for chunk in chunks) == abstract


def test_a_word_longer_than_a_chunk_is_cut_inside() -> None:
    abstract = "x" * 1000
    _, chunks = chunks_of("T", abstract, 20)
    assert "".join(chunk.text.removeprefix("T\n") for chunk in chunks) == abstract
    assert all(count_tokens(chunk.text) <= 20 for chunk in chunks)


def test_a_long_title_leaves_half_of_the_room() -> None:
    _, chunks = chunks_of("word " * 100, "Tea is hot. It cools down.", 40)
    assert all(count_tokens(chunk.text) <= 40 and "Tea" in chunk.text for chunk in chunks[:1])


def test_a_paper_without_text_is_found_by_its_title() -> None:
    _, chunks = chunks_of("On Tea", "", 256)
    assert [(chunk.text, chunk.start, chunk.end) for chunk in chunks] == [("On Tea", 0, 0)]


def test_counts_that_do_not_add_up_still_give_chunks_that_fit() -> None:
    def costly(text: str) -> int:  # joined text costs more than its parts do
        return 2 + len(text.split()) + text.count(". ")

    abstract = " ".join(["Tea is hot."] * 30)
    paper = Paper("p", "T", (), abstract)
    chunks = make_chunks(paper, split_sentences(abstract), count_tokens=costly, max_tokens=24)
    assert all(costly(chunk.text) <= 24 for chunk in chunks)
    assert chunks[-1].end == len(abstract)


SENTENCE = st.lists(st.text("abcdefg", min_size=1, max_size=40), min_size=1, max_size=30).map(
    lambda words: "We " + " ".join(words) + "."
)


@given(st.text("abc d", max_size=60), st.lists(SENTENCE, max_size=12).map(" ".join), st.integers(16, 80))
def test_every_character_is_covered_in_order(title: str, abstract: str, max_tokens: int) -> None:
    paper, chunks = chunks_of(title, abstract, max_tokens)
    covered = bytearray(len(abstract))
    for chunk in chunks:
        assert chunk.id == f"p:{chunk.start}-{chunk.end}"
        assert chunk.text.endswith(abstract[chunk.start : chunk.end])
        assert count_tokens(chunk.text) <= max_tokens
        covered[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    assert all(covered[at] or char.isspace() for at, char in enumerate(abstract))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)
