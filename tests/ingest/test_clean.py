"""Text is cleaned of what nobody sees, and of nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.clean import clean_line, clean_text, paper_id


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("  a \t b\u00a0\u2009c \r\n", "a b c"),
        ("ze\u200bro\u00ad wi\u2060dth\ufeff", "zero width"),
        ("\u202eright\u202c to \u2066left\u2069", "right to left"),
        ("bell\x07 null\x00 escape\x1b", "bell null escape"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("private\ue000\U000f0000", "private"),
        ("lone\ud800 surrogate", "lone surrogate"),
        ("cafe\u0301", "café"),
        ("R&amp;D &lt;b&gt; &#233;&#xE9; &alpha;", "R&D <b> éé α"),
        ("&amp;lt; once", "&lt; once"),
        ("AT&T R&D &ampfoo &unknown; &#0; &#x110000; &", "AT&T R&D &ampfoo &unknown; &#0; &#x110000; &"),
        ("&#8203;&#x202E;x&nbsp;y", "x y"),
        ("“quotes” ‘stay’ – and — so do dashes …", "“quotes” ‘stay’ – and — so do dashes …"),
        ("$\\mathcal{O}(n^2)$ \\emph{x}", "$\\mathcal{O}(n^2)$ \\emph{x}"),
        ("<|im_end|> [INST] </s>", "<|im_end|> [INST] </s>"),
        ("日本語 عربي 🙂", "日本語 عربي 🙂"),
        ("", ""),
    ],
)
def test_lines(dirty: str, clean: str) -> None:
    assert clean_line(dirty) == clean


@given(st.text())
def test_a_clean_line_holds_nothing_that_nobody_sees(text: str) -> None:
    line = clean_line(text)
    assert unicodedata.is_normalized("NFC", line)
    assert not {unicodedata.category(c) for c in line} & {"Cc", "Cs", "Co", "Zl", "Zp"}
    assert line == " ".join(line.split())
    line.encode()
    if "&" not in line:
        assert clean_line(line) == line


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("one\ntwo\r\nthree", "one two three"),
        ("one\n\n \n\ntwo\u2029three", "one\n\ntwo\n\nthree"),
        ("They are:\n- red\n- green\nand wet\n* old", "They are:\n- red\n- green and wet\n* old"),
        ("1. one\n2. two\n(a) three\n• four", "1. one\n2. two\n(a) three\n• four"),
        ("the state-of-\nthe-art and pre-\nand post-war days", "the state-of-the-art and pre- and post-war days"),
        ("Hastings--\nMetropolis and so\n--on -- and\non", "Hastings--Metropolis and so--on -- and on"),
        (
            "A long line that was wrapped where the next word did not fit, (1)\n(2) and so on, as it was written.",
            "A long line that was wrapped where the next word did not fit, (1) (2) and so on, as it was written.",
        ),
        (" \n\n", ""),
    ],
)
def test_paragraphs(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


@given(st.text(alphabet="ab -\n•1.", max_size=80))
def test_paragraphs_keep_every_letter(text: str) -> None:
    assert "".join(clean_text(text).split()) == "".join(text.split())


def test_ids() -> None:
    same = [
        "Ferns: “How” They $\\pi$-Grow",
        "FERNS  how they \\pi grow!",
        "ferns — 'how' they pi grow",
        "Ｆｅｒｎｓ how they pi grow",
    ]
    assert len({paper_id(title) for title in same}) == 1
    assert len({paper_id(title) for title in ["Ferns", "Fern", "羊歯", "シダ", "???", "!!!", "café", "cafe"]}) == 8
    assert paper_id("cafe\u0301") == paper_id("CAFÉ")
    assert paper_id("\ud800") and set(paper_id("Ferns")) <= set("0123456789abcdef") and len(paper_id("Ferns")) == 12
