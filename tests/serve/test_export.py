"""Exports, each read back by an independent parser of its format."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import bibtexparser
import pytest
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_library import HERONS, PEBBLES, RIGHT, evidence, finished
from markdown_it import MarkdownIt
from pybtex.database import parse_string
from pylatexenc.latex2text import LatexNodes2Text

from rag.errors import InputError, UsageError
from rag.ingest.read import read_papers
from rag.serve.export import export_answers, export_papers
from rag.serve.export.bibtex import latex
from rag.serve.export.markdown import escaped
from rag.serve.export.names import Name, citation_keys, split_name
from rag.serve.export.read import read_answers
from rag.types import Answer, Paper, Quote, Sentence

PIECES = [*"{}\\$%#&~^_\"'@,=-– \n", "\\input{x}", "$x_1$", " and ", "é", "Ł", "日本", "&lt;", "Quill", "ER  - ", "- "]
ODD = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]), max_size=12).map("".join)
PAPERS = st.lists(
    st.builds(
        Paper,
        id=st.text("abcdef0123", min_size=1, max_size=6),
        title=ODD,
        authors=st.lists(ODD, max_size=4).map(tuple),
        abstract=ODD,
        award=st.none() | ODD,
        url=st.none() | ODD | ODD.map("https://example.org/{}".format),
        venue=st.none() | ODD,
        year=st.none() | st.integers(1000, 9999),
        keywords=st.lists(ODD, max_size=2).map(tuple),
        text_kind=st.sampled_from(["abstract", "digest"]),
    ),
    max_size=4,
    unique_by=lambda paper: paper.id,
)


def conversation() -> list[Answer]:
    """Two answers that number the same papers differently, the second a list."""
    quote = evidence(1, HERONS, RIGHT).quotes[0]
    first = finished(
        "How many ponds?", Sentence("It is right for 93 ponds.", (1,), "supported", (quote,)), papers=[HERONS]
    )
    pebble = Quote(1, "A microphone for 4 euros is enough.", 43, 78)
    second = finished(
        "Which *papers* count?",
        Sentence("There are two:", (), "supported"),
        Sentence("- One sorts pebbles.", (1,), "partial", (pebble,)),
        Sentence("- One counts herons.", (2,), "unsupported"),
        papers=[PEBBLES, HERONS],
    )
    return [first, second]


# --- names and keys ---


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Quill", Name("Quill", "Ada")),
        ("Quill, Ada B.", Name("Quill", "Ada B.")),
        ("Jan van der Berg", Name("van der Berg", "Jan")),
        ("Bo Marsh Jr.", Name("Marsh", "Bo", "Jr.")),
        ("ada quill", Name("quill", "ada")),
        ("PondLab", Name("PondLab")),
        ("Ponds, Lakes, and Seas", Name("Ponds, Lakes, and Seas")),
        ("", Name("")),
    ],
)
def test_names_are_split_as_bibtex_does(name: str, parts: Name) -> None:
    assert split_name(name) == parts


def test_keys_have_author_year_and_first_word() -> None:
    papers = [
        Paper("1", "The Herons: A Count", ("Björn Østerød",), "", year=2022),
        Paper("2", "ωμ", (), ""),
        Paper("3", "日本", ("李明",), ""),
    ]
    assert citation_keys(papers) == {"1": "osterod-2022-herons", "2": "anon-nd-untitled-2", "3": "anon-nd-untitled-3"}


def test_papers_with_one_key_get_a_piece_of_their_id_in_any_order() -> None:
    twins = [Paper(f"{n}abcdef", f"Ponds {n}", ("Ada Quill",), "", year=2020) for n in range(3)]
    keys = citation_keys(twins)
    assert keys == citation_keys(twins[::-1])
    assert keys["0abcdef"] == "quill-2020-ponds-0abc"


@given(PAPERS)
def test_keys_are_unique_and_plain(papers: list[Paper]) -> None:
    keys = citation_keys(papers)
    assert set(keys) == {paper.id for paper in papers}
    assert len(set(keys.values())) == len(papers)
    assert all(key.isascii() and key.replace("-", "").isalnum() for key in keys.values())


# --- BibTeX ---


def test_bibtex_has_only_the_cited_papers_once() -> None:
    text = export_answers(conversation(), "bibtex")
    entries = parse_string(text, "bibtex").entries
    assert list(entries) == ["quill-nd-counting", "marsh-nd-sorting"]
    herons = entries["quill-nd-counting"]
    assert [str(person) for person in herons.persons["author"]] == ["Quill, Ada", 'Tarn, Bj{\\"o}rn']
    assert LatexNodes2Text().latex_to_text(herons.fields["title"]) == HERONS.title
    assert export_answers([finished("?", papers=[])], "bibtex") == ""


def test_the_collection_adds_what_answers_do_not_carry() -> None:
    whole = replace(HERONS, venue="Pond & Lake", year=2021, award="Best Pond Paper", url="https://example.org/a_b")
    other = replace(PEBBLES, id="zz", title="Counting Again", authors=("Ada Quill",), year=2021)
    known = {paper.id: paper for paper in (whole, other)}
    fields = next(iter(parse_string(export_answers(conversation()[:1], "bibtex", known), "bibtex").entries.items()))
    assert fields[0] == "quill-2021-counting-abc1"  # as in an export of the whole collection
    assert dict(fields[1].fields) | {"title": ""} == {
        "title": "",
        "booktitle": "Pond {\\&} Lake",
        "year": "2021",
        "url": "https://example.org/a_b",
        "note": "Best Pond Paper",
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("50% of $5 and $10 & more", r"50{\%} of {\$}5 and {\$}10 {\&} more"),
        (r"an $\epsilon_1$-greedy bird", r"an $\epsilon_1$-greedy bird"),
        (r"$\input{secret}$", r"{\$}{\textbackslash}input{\textbraceleft}secret{\textbraceright}{\$}"),
        ("{open", r"{\textbraceleft}open"),
        ("naïve 日本", r"na{\"\i}ve 日本"),
    ],
)
def test_latex_is_escaped_and_simple_formulas_kept(text: str, wanted: str) -> None:
    assert latex(text) == wanted


def test_words_with_capitals_inside_keep_them() -> None:
    text = export_papers([replace(HERONS, title="Why BERT and PondNet Fail $K$ Times")], "bibtex")
    assert "title = {Why {BERT} and {PondNet} Fail {$K$} Times}" in text


@settings(max_examples=150, deadline=None)
@given(PAPERS)
def test_two_parsers_read_every_bibtex(papers: list[Paper]) -> None:
    text = export_papers(papers, "bibtex")
    keys = list(citation_keys(papers).values())
    entries = parse_string(text, "bibtex").entries
    assert list(entries) == keys
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == keys
    for paper, entry in zip(papers, entries.values(), strict=True):
        named = [name for name in paper.authors if split_name(name).family]
        assert len(entry.persons.get("author", [])) == len(named)


# --- RIS, CSL-JSON, JSON ---


def test_ris_has_only_the_cited_papers() -> None:
    records = rispy.loads(export_answers(conversation(), "ris"))
    assert [record["title"] for record in records] == [HERONS.title, PEBBLES.title]
    assert records[0]["authors"] == ["Quill, Ada", "Tarn, Björn"]
    assert records[0]["id"] == "quill-nd-counting"


@settings(max_examples=60, deadline=None)
@given(PAPERS)
def test_a_parser_reads_every_ris(papers: list[Paper]) -> None:
    records = rispy.loads(export_papers(papers, "ris"))
    assert [record["id"] for record in records] == list(citation_keys(papers).values())


def test_csl_json_has_what_a_citation_needs() -> None:
    paper = replace(HERONS, venue="Ponds", year=2021, url="https://example.org", authors=("Ada Quill", "PondLab"))
    item = json.loads(export_papers([paper], "csl-json"))[0]
    assert item == {
        "id": "quill-2021-counting",
        "type": "paper-conference",
        "title": HERONS.title,
        "author": [{"family": "Quill", "given": "Ada"}, {"literal": "PondLab"}],
        "container-title": "Ponds",
        "issued": {"date-parts": [[2021]]},
        "URL": "https://example.org",
        "abstract": HERONS.abstract,
    }


def test_a_digest_is_never_called_an_abstract() -> None:
    digest = replace(HERONS, text_kind="digest")
    assert "abstract" not in json.loads(export_papers([digest], "csl-json"))[0]
    assert "AB  -" not in export_papers([digest], "ris")
    fields = parse_string(export_papers([digest], "bibtex"), "bibtex").entries["quill-nd-counting"].fields
    assert (fields["digest"], "abstract" in fields) == (HERONS.abstract, False)


def test_json_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(export_answers(conversation(), "json"), encoding="utf-8")
    assert list(read_answers(path).answers) == conversation()


@settings(max_examples=60, deadline=None)
@given(PAPERS)
def test_exported_papers_are_read_again_as_they_were(papers: list[Paper]) -> None:
    # The reader takes braces and backslashes in names for LaTeX.
    papers = [replace(p, authors=tuple(re.sub(r"[{}\\\\]", "", name) for name in p.authors)) for p in papers]
    with TemporaryDirectory() as name:
        assert_read_again(Path(name), papers)


def assert_read_again(folder: Path, papers: list[Paper]) -> None:
    (folder / "given.jsonl").write_text(export_papers(papers, "jsonl") + '{"title":"t","abstract":"a"}\n', "utf-8")
    first = [item for item in read_papers(folder / "given.jsonl") if isinstance(item, Paper)]
    (folder / "again.jsonl").write_text(export_papers(first, "jsonl"), "utf-8")
    assert list(read_papers(folder / "again.jsonl")) == first


# --- Markdown ---


def test_a_conversation_shares_one_numbering() -> None:
    text = export_answers(conversation(), "markdown")
    assert "It is right for 93 ponds [1]." in text
    assert (
        "There are two:\n\n- One sorts pebbles [2]. *(partly supported)*\n- One counts herons [1]. *(not supported)*"
        in text
    )
    assert "> [1] “The count is right for 93 of 100 ponds.”" in text
    references = text.partition("## References\n\n")[2].splitlines()
    assert [line[:5] for line in references] == ["- [1]", "- [2]"]
    assert references[0] == "- [1] Ada Quill, Björn Tarn. *Counting Herons from Balloons*"


def test_one_answer_keeps_its_numbers() -> None:
    third = finished("?", Sentence("Yes.", (3,), "supported"), papers=[])
    third = replace(third, citations=(replace(conversation()[0].citations[0], n=3),))
    text = export_answers([third], "markdown")
    assert "Yes [3]." in text
    assert "- [3] Ada Quill" in text


def test_a_refusal_is_in_the_document() -> None:
    answer = finished("?", route="refuse", refused=True, reason="Nothing <b>speaks</b>.", nearest=("A_b_",))
    text = export_answers([answer], "markdown")
    assert r"*Not answered:* Nothing \<b\>speaks\</b\>." in text
    assert "- A\\_b\\_" in text
    assert "References" not in text


@settings(max_examples=200, deadline=None)
@given(ODD)
def test_markdown_shows_text_letter_by_letter(text: str) -> None:
    line = escaped(text)
    tokens = MarkdownIt("commonmark").parse(f"{line}\n") if line else []
    inline = [token for token in tokens if token.type == "inline"]
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    shown = "".join(child.content for token in inline for child in token.children or ())
    assert {child.type for token in inline for child in token.children or ()} <= {"text", "text_special"}
    assert shown.split() == text_as_shown(text).split()


def text_as_shown(text: str) -> str:
    from rag.serve.terminal import plain

    return plain(text)


# --- reading answers ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no answers"),
        ("[]", "has no answers"),
        ("{}", "item 1, is no answer object"),
        ("7", "item 1, is no answer object"),
        ('{"a": 1}\n{"b":', "line 2, is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ('{"id": 1, "error": "too long"}', "has no answers"),
        (json.dumps(conversation()[0].to_json() | {"sentences": [{"text": 3}]}), "item 1, is no answer object"),
        (json.dumps(conversation()[0].to_json() | {"route": "nowhere"}), "item 1, is no answer object"),
    ],
)
def test_what_is_no_answer_is_said(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_answers(path)
    assert caught.value.hint


def test_a_missing_file_and_an_unknown_form_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_answers(tmp_path / "none.json")
    (tmp_path / "latin").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        read_answers(tmp_path / "latin")
    with pytest.raises(UsageError, match="no export to docx"):
        export_answers(conversation(), "docx")
    with pytest.raises(UsageError, match="no export to markdown"):
        export_papers([HERONS], "markdown")
