"""Sentences and words: the rules of rag/text.py on cases made up for them, and invariants on anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text import STOP_WORDS, american, content_words, search_words, spellings, split_sentences, words
from rag.types import Span


def texts(spans: list[Span]) -> list[str]:
    return [span.text for span in spans]


ONE_SENTENCE = [
    "We study cheap priors, e.g. Gaussian ones, and dear ones, i.e. flows, for maps.",
    "This follows Harrow et al. (2019) and Lind et al. [4] closely.",
    "The loss is smooth w.r.t. Euclidean and i.i.d. Gaussian inputs vs. Laplacian ones.",
    "The rate (cf. Theorem 2. of the appendix) is tight, see Fig. 3, Eq. (4), Sec. IV and No. 7.",
    "The upper (resp. lower) bound costs approx. 3 days.",
    "We thank J. K. Marlow and the group of O. Brandt for their data.",
    "It scores 0.95 on version 2.0.1 and 3.5 points more on 4.2.",
    "The optimum of $f(x) = 0.5 x. A y$ is unique.",
    "Code is at https://example.org/a.b/C.git?x=1.A and works.",
    "Our method (it is simple. it is fast) beats all others.",
    "The library Quill.js runs in the browser.",
    "The tool torchlight.nn.Block is faster.",
    "We call it Wow! answers and keep it.",
    "It has three parts: 1. A parser for logs.",
    "We take clips, images, etc. from the open web.",
    "In Dr. Vega's office we asked Mr. Holt.",
    "“Why is it so?” asks the title of our study.",
    "Heat maps of X. laevis are rare.",
]


@pytest.mark.parametrize("text", ONE_SENTENCE)
def test_stays_whole(text: str) -> None:
    assert texts(split_sentences(text)) == [text]
    # ... also in the middle of an abstract
    assert texts(split_sentences(f"We begin here. {text} We end here.")) == ["We begin here.", text, "We end here."]


MANY_SENTENCES = [
    ["Can maps learn?", "We ask this.", "They can!", "So we stop."],
    ["Background.", "Commonly, nets are big."],
    ["We prove it.", "https://example.org/proof has the details."],
    ["It is fast.", '"Fast" means one second.', "“Quick” means two."],
    ["We call this (a name is due.)", "It works."],
    ["It reaches 95%.", "3 runs suffice.", "$k$-means is slower."],
    ["We follow Harrow et al.", "We also improve on them."],
    ["The data have classes A, B and C.", "The rest is noise."],
    ["We use labels, masks, etc.", "Results are good."],
    ["The answer is no.", "The proof is short."],
    ["Old models fail.", "iMap does not.", "t-Flow does not either."],
    ["It has three parts.", "(i) We parse.", "(ii) we rank.", "(iii) we write."],
    ["The score is $x = 1.$", "We stop here."],
    ["It ended in 2019.", "Nobody noticed ...", "Then we came."],
    ["第一句。", "第二句！"],
    ["We compare with MRS.", "The two differ."],
    ["It costs $5.", "Others cost $10 or more."],
]


@pytest.mark.parametrize("sentences", MANY_SENTENCES)
def test_splits(sentences: list[str]) -> None:
    assert texts(split_sentences(" ".join(sentences))) == sentences


def test_a_missing_space_after_a_full_stop_is_seen() -> None:
    text = "Background.Commonly, nets are deep.We make one shallow (MLP).However, it works.Ablations show why?We ask."
    assert texts(split_sentences(text)) == [
        "Background.",
        "Commonly, nets are deep.",
        "We make one shallow (MLP).",
        "However, it works.",
        "Ablations show why?",
        "We ask.",
    ]


def test_paragraphs_and_bullets_end_sentences() -> None:
    text = "We have a list\n\n- one thing\n- another thing\nthat goes on"
    assert texts(split_sentences(text)) == ["We have a list", "- one thing", "- another thing\nthat goes on"]


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b"[:0]])
def test_nothing_gives_nothing(text: str) -> None:
    assert split_sentences(text) == []


PIECES = st.sampled_from(
    [
        "We ",
        "go",
        ". ",
        ".",
        "? ",
        "!",
        " (",
        ") ",
        "$",
        "x ",
        "e.g. ",
        "\n",
        "A. ",
        "https://a.b/c",
        "”",
        "1",
        "é",
        "。",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_offsets_are_exact_and_nothing_is_lost(text: str) -> None:
    spans = split_sentences(text)
    at = 0
    for span in spans:
        assert text[span.start : span.end] == span.text == span.text.strip() != ""
        assert text[at : span.start].strip() == ""
        at = span.end
    assert text[at:].strip() == ""


NOUN = st.sampled_from(["maps", "trees", "flows", "agents", "images", "tokens", "policies", "graphs"])
OPENING = st.sampled_from(["We", "They", "These", "Results", "Our", "The"])
VERB = st.sampled_from(["help", "fail", "win"])
PLAIN = st.tuples(OPENING, NOUN, VERB, NOUN).map(" ".join)
PLAIN = st.tuples(PLAIN, st.sampled_from(".?!")).map("".join)


@given(st.lists(PLAIN, min_size=1, max_size=12), st.sampled_from([" ", "  ", "\n"]))
def test_plain_sentences_come_back(sentences: list[str], gap: str) -> None:
    assert texts(split_sentences(gap.join(sentences))) == sentences


@pytest.mark.parametrize(
    "text", [". " * 10_000, "a." * 10_000, "(" * 20_000, " " * 20_000, "http://" * 3000, "”" * 9999]
)
def test_hostile_text_does_not_hang(text: str) -> None:
    assert "".join("".join(texts(split_sentences(text))).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Model's RESULTS", ["the", "model", "results"]),
        ("95 % of 3,000 or 12.5\\% at 0.01%", ["95%", "of", "3000", "or", "12.5%", "at", "0.01%"]),
        (
            "text-to-image GPT-3 CIFAR-10 k-means 12-hour",
            ["text", "to", "image", "gpt3", "cifar10", "kmeans", "12", "hour"],
        ),
        ("Poincaré and Poincar\\'e, naïve", ["poincare", "and", "poincare", "naive"]),
        ("$L_2$ and $\\mathbf{x}^2$ in $\\mathcal{O}(n)$", ["l2", "and", "x2", "in", "o", "n"]),
        ("ﬁne‑tuning", ["fine", "tuning"]),
        ("don't “stop”", ["dont", "stop"]),
        ("7.1×fewer 128x128 v2.0", ["7.1", "fewer", "128x128", "v2", "0"]),
        ("…!? --", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=200))
def test_words_are_lower_case_and_survive_anything(text: str) -> None:
    for word in [*words(text), *search_words(text), *content_words(text)]:
        assert word and not any(char.isspace() or char in "$\\{}" for char in word)


def test_content_words_meet_across_forms_and_skip_stop_words() -> None:
    assert set(content_words("Which of the poisoned graphs was poisoning it?")) == set(content_words("poison graph"))
    assert content_words("what is it about and how does this do that") == []
    assert content_words("300 images") == ["300", "imag"]


def test_search_words_are_distinct_and_unstemmed() -> None:
    assert search_words("How do poisoned models, poisoned often, behave?") == ["poisoned", "models", "behave"]
    assert search_words("Boats of Oar et al., e.g. waxed, i.e. dry, etc.") == ["boats", "oar", "waxed", "dry"]


def test_stop_words_hold_question_words_in_the_form_that_words_gives() -> None:
    assert {"what", "which", "who", "how", "why", "dont"} <= STOP_WORDS
    for word in STOP_WORDS:
        assert words(word) == [word]


@pytest.mark.parametrize(
    ("british", "other"),
    [
        ("behaviour", "behavior"),
        ("quantising", "quantizing"),
        ("generalisation", "generalization"),
        ("colours", "colors"),
    ],
)
def test_british_and_american_spellings_meet(british: str, other: str) -> None:
    assert content_words(british) == content_words(other)
    assert other in spellings(british) and british in spellings(other)


@pytest.mark.parametrize("word", ["noise", "four", "or", "raise", "size", "our", "hour", "prior"])
def test_short_words_have_one_spelling(word: str) -> None:
    assert american(word) == word
