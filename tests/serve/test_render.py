"""HTML of the chat page: nothing of a paper, a question or an answer ever becomes markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.serve.ui import cards, render
from rag.serve.ui.copytext import as_text
from rag.serve.ui.starters import starter_questions
from rag.serve.ui.suggest import follow_ups
from rag.serve.ui.turn import ShownTurn
from rag.testing import made_up_papers
from rag.types import Cell, Coverage, Evidence, GridRow, Other, Paper, Quote, Sentence, Theme

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
TAGS |= {"mark", "span", "h4", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"}
TAGS |= {"nav", "dialog", "dl", "dt", "dd", "kbd"}
TAGS |= {
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mspace",
    "msup",
    "msub",
    "msubsup",
    "mfrac",
    "msqrt",
    "mover",
    "munder",
}
TAGS |= {"form", "label", "input"}  # of the dialogs
LINKS = ("#card-", "#paper/", "#papers?", "http://", "https://")
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
        if tag != "input":  # which has no end
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
    assert f"{icon} {meaning.removesuffix(' by the abstract')}" in Seen(render.legend()).text


def test_list_items_stand_in_a_list_and_take_the_sentences_that_follow_them() -> None:
    texts = ("Two kites.", "Really.", "- Red: it is red.", "It is very red.", "- Blue: it is blue.")
    shown = replace(TURN, sentences=tuple(Sentence(text, (), "supported") for text in texts))
    seen = assert_harmless(render.turn(shown))
    assert seen.tags.count("ul") == 1 and seen.tags.count("li") == 2
    assert "Two kites.✓ Really.✓Red: it is red.✓ It is very red.✓Blue: it is blue.✓" in seen.text
    pending = assert_harmless(render.turn(replace(shown, busy=True, pending="- Green: it")))
    assert pending.tags.count("li") == 3 and pending.text.endswith("Green: it")


def test_a_title_that_opens_a_list_item_is_its_heading() -> None:
    said = Sentence(f"- {PAPER.title}: Kites need 3 strings.", (1,), "supported", (STRINGS,))
    html = render.turn(replace(TURN, sentences=(said, Sentence("They fly.", (1,), "partial"))))
    assert '<p class="item-title" dir="auto">Tiny Kites</p>' in html
    seen = assert_harmless(html)
    assert seen.tags.count("li") == 1
    assert "Tiny KitesKites need 3 strings [1].✓ They fly [1].~" in seen.text


FOUR = tuple(Evidence(n, replace(PAPER, id=f"p{n}", title=f"Kite {n}"), 1 / n, ()) for n in range(1, 5))


def test_a_list_of_titles_shows_authors_and_does_not_repeat_its_numbers_above() -> None:
    lead = Sentence("4 papers have Ann Kite as an author.", (1, 2, 3, 4), "supported")
    rows = tuple(Sentence(f"- {item.paper.title}", (item.n,), "supported") for item in FOUR)
    seen = assert_harmless(render.turn(replace(TURN, route="catalogue", evidence=FOUR, sentences=(lead, *rows))))
    assert "4 papers have Ann Kite as an author.✓Kite 1 [1]Ann Kite, Ben TailKite 2 [2]" in seen.text
    assert "supported by the abstract" in seen.values("aria-label")
    alone = assert_harmless(render.turn(replace(TURN, evidence=FOUR, sentences=(lead,))))
    assert "author [1] [2] [3] [4]." in alone.text


def test_a_long_list_is_folded() -> None:
    many = tuple(Evidence(n, replace(PAPER, id=f"p{n}", title=f"Kite {n}"), 1.0, ()) for n in range(1, 41))
    rows = tuple(Sentence(f"- {item.paper.title}", (item.n,), "supported") for item in many)
    seen = assert_harmless(render.turn(replace(TURN, evidence=many, sentences=rows)))
    assert seen.tags.count("li") == 40 and "Show the 20 other papers" in seen.text


def test_themes_are_headings_with_their_papers_and_their_sentences_are_not_repeated() -> None:
    themes = (Theme("long strings", (1, 2)), Theme("", (3,)))
    said = (
        Sentence("Long strings: 2 papers.", (1, 2), "supported"),
        Sentence("Others: 1 paper.", (3,), "supported"),
        *(
            Sentence(f"- {item.paper.title}: Kites fly.", (item.n,), "supported", (Quote(item.n, "Kites fly.", 0, 10),))
            for item in FOUR
        ),
    )
    shown = replace(TURN, evidence=FOUR, sentences=said, themes=themes, others=(Other("p9", "Kite 9"),))
    seen = assert_harmless(render.turn(shown))
    assert (
        "Long strings 2 papersKite 1Kites fly [1].✓Kite 2Kites fly [2].✓Others 1 paperKite 3Kites fly [3]" in seen.text
    )
    assert seen.text.count("2 papers") == 1
    assert "Kite 4Kites fly [4].✓Show the other paperKite 9" in seen.text  # of no theme, and not shown
    assert seen.values("aria-labelledby") == ["theme-2-1", "theme-2-2"]


def test_a_theme_with_more_papers_than_are_listed_says_so_and_lists_titles() -> None:
    said = Sentence("- Long strings, 12 papers: such as “Kite 1” and “Kite 2”.", (1, 2), "supported")
    shown = replace(TURN, evidence=FOUR, sentences=(said,), themes=(Theme("long strings", (1, 2)),))
    assert "Long strings 12 papers, 2 shownKite 1 [1]Ann Kite, Ben TailKite 2 [2]" in Seen(render.turn(shown)).text


def test_a_comparison_is_a_table_with_quotes() -> None:
    quote = Quote(1, "Kites fly.", 0, 10)
    shown = replace(TURN, evidence=FOUR[:2], grid=(GridRow("problem", (Cell(1, quote), Cell(2, None))),))
    seen = assert_harmless(render.turn(shown))
    assert "Kite 1 [1]Kite 2 [2]Problem[1] Kite 1Kites fly. [1][2] Kite 2not stated in the abstract" in seen.text
    assert seen.values("role").count("columnheader") == 2 and seen.values("role").count("rowheader") == 1
    assert "0-10" in seen.values("data-spans")


def test_web_addresses_in_an_answer_become_links_and_nothing_else_does() -> None:
    said = Sentence("- Tiny Kites: https://kites.example/a_b, javascript:alert(1)", (1,), "supported")
    seen = assert_harmless(render.turn(replace(TURN, route="catalogue", sentences=(said,))))
    assert seen.values("href") == ["https://kites.example/a_b", "#card-2-1"]
    written = assert_harmless(render.turn(replace(TURN, route="fact", sentences=(said,))))
    assert written.values("href") == ["#card-2-1"]  # a model may have made the address up


def test_the_author_asked_for_is_among_those_shown() -> None:
    paper = replace(PAPER, authors=tuple("ABCDEFG"))
    said = (Sentence("1 paper has F as an author.", (1,), "supported"), Sentence("- Tiny Kites", (1,), "supported"))
    shown = replace(TURN, evidence=(Evidence(1, paper, 1.0, ()),), sentences=said)
    assert "A, B, C, F and 3 more" in Seen(render.turn(shown)).text


def test_a_finished_turn_can_be_asked_again_edited_and_copied() -> None:
    seen = assert_harmless(render.turn(TURN))
    assert seen.values("data-asked") == ["How many strings?"] * 6
    (copied,) = seen.values("data-copy")
    assert copied == as_text(TURN)
    assert "data-copy" not in render.turn(replace(TURN, busy=True))


def test_copied_text_keeps_numbers_and_says_which_papers_they_are() -> None:
    paper = replace(PAPER, url="https://kites.example", venue="Kite Days", year=2031)
    said = (*TURN.sentences, Sentence("Kites are blue.", (), "unsupported"))
    assert as_text(replace(TURN, evidence=(Evidence(1, paper, 1.0, ()),), sentences=said)) == (
        "How many strings?\n\nKites need 3 strings [1]. Kites are blue. (not found in the abstract)\n\n"
        "References\n[1] Ann Kite, Ben Tail. Tiny Kites. Kite Days 2031. https://kites.example"
    )
    cells = GridRow("method", (Cell(1, STRINGS), Cell(2, None)))
    text = as_text(replace(TURN, sentences=(), grid=(cells,)))
    assert "Method:\n- [1] “They need 3 strings.”\n- [2] not stated in the abstract" in text
    assert text.endswith("References\n[1] Ann Kite, Ben Tail. Tiny Kites.")


def test_follow_ups_name_cited_papers_and_topics_only() -> None:
    done = replace(TURN, route="fact", cited=("p1",))
    assert follow_ups(done, {"p1": "long strings, wind"}) == (
        "Who wrote “Tiny Kites”?",
        "What problem does “Tiny Kites” address?",
        "Which papers are about long strings, wind?",
    )
    assert len(follow_ups(done, {"p1": "strings, wind"})) == 2  # a label that says too little to ask for it
    assert follow_ups(done, {}, ["who wrote  “tiny kites”?"]) == ("What problem does “Tiny Kites” address?",)
    for ended in (
        replace(done, cited=()),
        replace(done, refusal="No."),
        replace(done, problem="No."),
        replace(done, busy=True),
    ):
        assert follow_ups(ended, {"p1": "strings"}) == ()
    several = replace(done, evidence=FOUR, cited=("p1", "p2"), themes=(Theme("long strings", (1, 2)),))
    assert follow_ups(replace(several, route="overview"), {})[:2] == (
        "How do “Kite 1” and “Kite 2” differ?",
        "Which papers are about long strings?",
    )
    assert "What problem does “Kite 2” address?" in follow_ups(replace(several, route="compare"), {})
    awkward = replace(FOUR[0].paper, title="$x^2$ “kites”")
    assert follow_ups(replace(done, evidence=(Evidence(1, awkward, 1.0, ()),)), {"p1": "strings"}) == ()


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
    html = cards.evidence(TURN)
    seen = assert_harmless(html)
    assert f'<mark data-spans="0-10">Kites fly.</mark> <mark data-spans="11-31">{STRINGS.text}</mark>' in html
    assert PAPER.abstract in seen.text
    assert "Ann Kite, Ben Tail" in seen.text
    assert "digest" not in seen.text and "paper page" not in seen.text


def test_a_card_tells_award_digest_and_web_page() -> None:
    paper = replace(PAPER, award="Best Kite", text_kind="digest", url="https://kites.example/1?a=1&b=2")
    seen = assert_harmless(cards.evidence(replace(TURN, evidence=(Evidence(1, paper, 1.0, ()),))))
    assert "Best Kite" in seen.text
    assert "our short digest, not the abstract" in seen.text
    assert seen.values("href") == [
        "#paper/p1",
        "#papers?author=Ann+Kite",
        "#papers?author=Ben+Tail",
        "https://kites.example/1?a=1&b=2",
    ]
    assert seen.values("rel") == ["noopener noreferrer"]
    assert "Whole digest" in seen.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://[", "kites"])
def test_only_web_addresses_become_links(url: str) -> None:
    shown = replace(TURN, evidence=(Evidence(1, replace(PAPER, url=url), 1.0, ()),))
    assert not [link for link in Seen(cards.evidence(shown)).values("href") if not link.startswith("#paper")]


def test_only_the_last_turns_evidence_is_shown_at_first() -> None:
    newest, before = cards.evidence(TURN), cards.earlier([replace(TURN, number=1)])
    assert newest.count("<section") == before.count("<section") == 1
    assert before.count(" hidden>") == 1 and " hidden>" not in newest
    assert 'data-turn="1"' in before and 'data-turn="2"' in newest


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
    pieces = cards.segments(abstract, quotes)
    assert "".join(text for text, _ in pieces) == abstract
    for quote in quotes:
        if quote.text and quote.end <= len(abstract):
            name = f"{quote.start}-{quote.end}"
            assert "".join(text for text, spans in pieces if name in spans) == quote.text


@given(abstract=any_text, text=any_text, start=st.integers(0, 60))
def test_a_quote_that_is_not_in_the_abstract_is_not_marked(abstract: str, text: str, start: int) -> None:
    quote = Quote(1, text, start, start + len(text))
    marked = any(spans for _, spans in cards.segments(abstract, [quote]))
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
        grid=(GridRow("data", (Cell(1, Quote(1, body, 0, len(body))), Cell(2, None))),),
        others=(Other(title, title),),
    )
    seen = assert_harmless(render.turn(shown))
    assert question.strip() in seen.text
    assert title in seen.values("data-title")
    themed = replace(
        shown, busy=False, themes=(Theme(answer, (1,)), Theme("", ())), cited=("p",), refusal="", problem=""
    )
    assert_harmless(render.turn(themed, follow_ups=follow_ups(themed, {"p": body})))
    seen = assert_harmless(cards.evidence(shown))
    assert body in seen.text
    assert title in seen.text
    assert_harmless(render.status(shown, 3))
    assert_harmless(render.welcome(3, (title, question)))
    assert_harmless(render.header(collection=title, papers=2, model=body, state=question))
    assert_harmless(render.failure(title, body))


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
