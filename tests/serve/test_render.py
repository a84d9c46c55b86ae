"""HTML of the chat page: nothing of a paper, a question or an answer ever becomes markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.serve.ui import render
from rag.serve.ui.starters import starter_questions
from rag.serve.ui.turn import ShownTurn
from rag.testing import made_up_papers
from rag.types import Coverage, Evidence, Paper, Quote, Sentence

PAPER = Paper("p1", "Tiny Kites", ("Ann Kite", "Ben Tail"), "Kites fly. They need 3 strings. They like wind.")
STRINGS = Quote(1, "They need 3 strings.", 11, 31)
TURN = ShownTurn(
    2,
    "How many strings?",
    busy=False,
    evidence=(Evidence(1, PAPER, 1.0, (Quote(1, "Kites fly.", 0, 10),)),),
    sentences=(Sentence("Kites need 3 strings.", (1,), "supported", (STRINGS,)),),
    coverage=Coverage(116, 3, 1),
    seconds=1.234,
)
TAGS = {"article", "section", "header", "div", "p", "ul", "li", "h1", "h2", "h3", "a", "b", "button", "code"}
TAGS |= {"mark", "span"}
LINKS = ("#card-", "http://", "https://")
PIECES = (
    "<b>",
    "</p>",
    "<script>",
    "<img src=x onerror=y>",
    "'",
    '"',
    "&amp;",
    "&lt",
    "--><!--",
    "${x}",
    "{{x}}",
    " x ",
)
any_text = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


class Seen(HTMLParser):
    """Tags, attributes and text of a piece of HTML, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


def assert_harmless(html: str) -> Seen:
    seen = Seen(html)
    assert not seen.open
    assert set(seen.tags) <= TAGS
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("style", "src", "srcdoc")]
    assert all(link.startswith(LINKS) for link in seen.values("href"))
    return seen


def test_a_sentence_carries_its_citation_before_the_full_stop() -> None:
    seen = assert_harmless(render.turn(TURN))
    assert "Kites need 3 strings [1].✓" in seen.text
    assert seen.values("data-quote") == [STRINGS.text]
    assert seen.values("data-spans") == ["11-31"]
    assert seen.values("href") == ["#card-2-1"]
    assert "Source 1: Tiny Kites" in seen.values("aria-label")
    assert "searched 116 papers · 3 relevant · 1 cited · 1.2 s" in seen.text


@pytest.mark.parametrize(
    ("support", "icon", "meaning"),
    [
        ("supported", "✓", "supported by the abstract"),
        ("partial", "~", "partly supported by the abstract"),
        ("unsupported", "!", "not found in the abstract"),
    ],
)
def test_support_is_told_by_a_sign_and_by_words(support: str, icon: str, meaning: str) -> None:
    sentence = Sentence("Kites are blue", (), support)  # type: ignore[arg-type]
    seen = assert_harmless(render.turn(replace(TURN, sentences=(sentence,))))
    assert f"Kites are blue{icon}" in seen.text
    assert meaning in seen.values("aria-label")
    assert icon in Seen(render.legend()).text and meaning in Seen(render.legend()).text


def test_list_items_stand_in_a_list_and_take_the_sentences_that_follow_them() -> None:
    texts = ("Two kites.", "Really.", "- Red: it is red.", "It is very red.", "- Blue: it is blue.")
    shown = replace(TURN, sentences=tuple(Sentence(text, (), "supported") for text in texts))
    seen = assert_harmless(render.turn(shown))
    assert seen.tags.count("ul") == 1 and seen.tags.count("li") == 2
    assert "Two kites.✓ Really.✓Red: it is red.✓ It is very red.✓Blue: it is blue.✓" in seen.text
    pending = assert_harmless(render.turn(replace(shown, busy=True, pending="- Green: it")))
    assert pending.tags.count("li") == 3 and pending.text.endswith("Green: it")


def test_before_the_first_word_dots_hold_its_place() -> None:
    assert 'class="dots"' in render.turn(replace(TURN, busy=True, sentences=()))
    assert 'class="dots"' not in render.turn(replace(TURN, busy=True, sentences=(), pending="Kites"))
    assert 'class="dots"' not in render.turn(replace(TURN, sentences=()))


def test_text_being_written_is_marked_as_such_and_what_broke_off_says_so() -> None:
    busy = replace(TURN, busy=True, pending=" They also ")
    assert 'class="pending"' in render.turn(busy)
    assert "not finished" not in render.turn(busy)
    assert "searched" not in render.turn(busy)
    assert "They also  (not finished, not checked)" in Seen(render.turn(replace(busy, busy=False))).text


def test_a_card_shows_the_whole_abstract_with_every_quote_marked() -> None:
    html = render.evidence([TURN])
    seen = assert_harmless(html)
    assert f'<mark data-spans="0-10">Kites fly.</mark> <mark data-spans="11-31">{STRINGS.text}</mark>' in html
    assert PAPER.abstract in seen.text
    assert "Ann Kite, Ben Tail" in seen.text
    assert "digest" not in seen.text and "paper page" not in seen.text


def test_a_card_tells_award_digest_and_web_page() -> None:
    paper = replace(PAPER, award="Best Kite", text_kind="digest", url="https://kites.example/1?a=1&b=2")
    seen = assert_harmless(render.evidence([replace(TURN, evidence=(Evidence(1, paper, 1.0, ()),))]))
    assert "Best Kite" in seen.text
    assert "our short digest, not the abstract" in seen.text
    assert seen.values("href") == ["https://kites.example/1?a=1&b=2"]
    assert seen.values("rel") == ["noopener noreferrer"]
    assert "Whole digest" in seen.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://[", "kites"])
def test_only_web_addresses_become_links(url: str) -> None:
    shown = replace(TURN, evidence=(Evidence(1, replace(PAPER, url=url), 1.0, ()),))
    assert Seen(render.evidence([shown])).values("href") == []


def test_only_the_last_turns_evidence_is_shown_at_first() -> None:
    html = render.evidence([replace(TURN, number=1), TURN])
    assert html.count("<section") == 2
    assert html.count(" hidden>") == 1
    assert html.index(" hidden>") < html.index('data-turn="2"')


def test_a_refusal_offers_titles_as_questions() -> None:
    seen = assert_harmless(render.turn(replace(TURN, sentences=(), refusal="Nothing fits.", nearest=("Tiny Kites",))))
    assert "Nothing fits." in seen.text
    assert seen.values("data-question") == ["What is “Tiny Kites” about?"]


def test_the_status_line_counts_seconds_only_while_busy() -> None:
    busy = replace(TURN, busy=True, status="Reading [1] <b>")
    assert "Reading [1] <b>" in Seen(render.status(busy, 7)).text
    assert "7 s" in render.status(busy, 7) and 'data-busy="true"' in render.status(busy, 7)
    assert "7 s" not in render.status(TURN, 7) and 'data-busy="false"' in render.status(TURN, 7)
    assert 'data-busy="false"' in render.status(None)


@given(abstract=any_text, edges=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_the_pieces_of_an_abstract_are_the_abstract(abstract: str, edges: list[tuple[int, int]]) -> None:
    quotes = [Quote(1, abstract[a:b], a, b) for a, b in edges]
    pieces = render.segments(abstract, quotes)
    assert "".join(text for text, _ in pieces) == abstract
    for quote in quotes:
        if quote.text and quote.end <= len(abstract):
            name = f"{quote.start}-{quote.end}"
            assert "".join(text for text, spans in pieces if name in spans) == quote.text


@given(abstract=any_text, text=any_text, start=st.integers(0, 60))
def test_a_quote_that_is_not_in_the_abstract_is_not_marked(abstract: str, text: str, start: int) -> None:
    quote = Quote(1, text, start, start + len(text))
    marked = any(spans for _, spans in render.segments(abstract, [quote]))
    assert marked == (bool(text) and abstract[start : start + len(text)] == text)


@given(any_text, any_text, any_text, any_text)
def test_no_text_becomes_markup(title: str, body: str, question: str, answer: str) -> None:
    paper = Paper("p", title, (body, question), body, award=title or None, url=f"https://{body}")
    shown = ShownTurn(
        1,
        question,
        understood=answer,
        evidence=(Evidence(1, paper, 1.0, (Quote(1, body, 0, len(body)),)),),
        sentences=(Sentence(answer, (1,), "partial", (Quote(1, body, 0, len(body)),)),),
        pending=answer,
        refusal=body,
        nearest=(title,),
        note=answer,
        problem=body,
        hint=title,
    )
    seen = assert_harmless(render.turn(shown))
    assert question.strip() in seen.text
    assert title in seen.values("data-title")
    seen = assert_harmless(render.evidence([shown]))
    assert body in seen.text
    assert title in seen.text
    assert_harmless(render.status(shown, 3))
    assert_harmless(render.welcome(3, (title, question)))
    assert_harmless(render.header(collection=title, papers=2, model=body, state=question))


def test_starter_questions_are_stable_and_of_several_kinds() -> None:
    papers = made_up_papers()
    questions = starter_questions(papers)
    assert questions == starter_questions(tuple(reversed(papers)))
    assert "Which papers won an award?" in questions
    assert len(questions) == 4
    assert all(any(paper.title in q for paper in papers) for q in questions if "award" not in q)
    assert starter_questions(()) == ()


def test_starter_questions_take_no_awkward_titles_and_no_award_where_there_is_none() -> None:
    long = "Kites " + "and " * 30 + "strings"
    titles = ["$x^2$ kites", "A “b” c", long, f"One: {long}", f"Two Kites: {long}"]
    papers = [replace(PAPER, id=str(n), title=title) for n, title in enumerate(titles)]
    assert starter_questions(papers) == ("What does “Two Kites” propose?",)
