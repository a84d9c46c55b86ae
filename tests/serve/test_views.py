"""The Papers and Topics views: what is found, in which order, and that nothing of it becomes markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from test_render import PIECES, TAGS, Seen

from rag.answer.wording import TOPIC_NAMED
from rag.errors import ModelMissing, UnknownCollection
from rag.serve.ui import views
from rag.serve.ui.browse import PAGE, Browse, Wish, folded
from rag.serve.ui.routes import add_views
from rag.serve.ui.scatter import HEIGHT, WIDTH, scatter
from rag.testing import made_up_papers
from rag.testing_library import FakeLibrary
from rag.types import Paper

PAPERS = made_up_papers()
BOATS = next(paper for paper in PAPERS if "Boats" in paper.title)


@pytest.fixture
def browse() -> Browse:
    return Browse(FakeLibrary())  # type: ignore[arg-type]


def titles(browse: Browse, **wish: Any) -> list[str]:
    return [paper.title for paper in browse.find("made-up", Wish(**wish)).papers]


def test_without_a_wish_all_papers_come_in_their_order(browse: Browse) -> None:
    found = browse.find("made-up", Wish())
    assert [paper.id for paper in found.papers] == [paper.id for paper in PAPERS]
    assert (found.fitting, found.total) == (5, 5)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("boats", [BOATS.title]),
        ("PAPER boat", [BOATS.title]),
        ("cleo tarn", [BOATS.title]),
        ("honourable", ["Slow Clocks for Fast Rooms"]),
        ("wind pond", [BOATS.title]),
        ("oats", []),
        ("boats herons", []),
        ("clock", ["Slow Clocks for Fast Rooms"]),
    ],
)
def test_every_word_must_begin_a_word_of_the_paper(browse: Browse, words: str, first: list[str]) -> None:
    assert titles(browse, words=words) == first


def test_titles_with_the_words_come_first() -> None:
    inside = Paper("a", "Of Kites", ("Ann",), "A lamp is mentioned.")
    named = Paper("b", "Of Lamps", ("Ben",), "Light.")
    assert titles(Browse(FakeLibrary({"made-up": (inside, named)})), words="lamp") == ["Of Lamps", "Of Kites"]  # type: ignore[arg-type]


def test_limits(browse: Browse) -> None:
    assert titles(browse, award=True) == [paper.title for paper in PAPERS if paper.award]
    assert titles(browse, author="CLEO  tarn") == [BOATS.title]
    assert titles(browse, author="Cleo") == []  # a limit is a whole name; words are for searching
    assert titles(browse, topic=0) == [paper.title for paper in PAPERS[:2]]
    assert titles(browse, topic=99) == []


@pytest.mark.parametrize("sort", ["title", "author"])
def test_orders_and_their_reverse(browse: Browse, sort: str) -> None:
    key: dict[str, Callable[[Paper], Any]] = {
        "title": lambda paper: paper.title.lower(),
        "author": lambda paper: paper.authors[0].split()[-1].lower(),
    }
    wanted = [paper.title for paper in sorted(PAPERS, key=key[sort])]
    assert titles(browse, sort=sort) == wanted
    assert titles(browse, sort=f"-{sort}") == wanted[::-1]
    assert titles(browse, sort="nonsense") == [paper.title for paper in PAPERS]


def test_awards_come_first_when_sorted_by_them(browse: Browse) -> None:
    assert titles(browse, sort="award")[:2] == [paper.title for paper in PAPERS if paper.award]


def test_pages() -> None:
    many = tuple(Paper(f"p{n:03}", f"Kite {n:03}", (), "Kites fly.") for n in range(PAGE * 2 + 1))
    browse = Browse(FakeLibrary({"made-up": many}))  # type: ignore[arg-type]
    sizes = [len(browse.find("made-up", Wish(page=page)).papers) for page in (1, 2, 3, 4)]
    assert sizes == [PAGE, PAGE, 1, 0]
    wish = Wish(page=2)
    seen = Seen(views.papers(browse.find("made-up", wish), wish, browse.contents("made-up")))
    assert "Page 2 of 3" in seen.text and seen.values("data-page") == ["1", "3"]


def test_similar_papers_are_others_of_the_collection(browse: Browse) -> None:
    found = browse.similar("made-up", BOATS.id)
    assert BOATS.id not in [paper.id for paper in found] and len(found) == 4
    assert browse.similar("made-up", "nobody") == []


def test_a_changed_collection_is_read_again() -> None:
    library = FakeLibrary()
    browse = Browse(library)  # type: ignore[arg-type]
    assert len(browse.contents("made-up").papers) == 5
    old = library.assistants["made-up"]
    library.assistants["made-up"] = replace(old, papers=PAPERS[:2])
    assert len(browse.contents("made-up").papers) == 5  # the same generation
    library.assistants["made-up"] = replace(old, info=replace(old.info, generation="gen-2"), papers=PAPERS[:2])
    assert len(browse.contents("made-up").papers) == 2
    with pytest.raises(UnknownCollection):
        browse.contents("elsewhere")


def test_the_map_has_every_paper_once_inside_the_drawing_and_is_always_the_same(browse: Browse) -> None:
    dots = browse.dots("made-up")
    assert sorted(dot.paper for dot in dots) == sorted(paper.id for paper in PAPERS)
    assert dots == Browse(FakeLibrary()).dots("made-up")  # type: ignore[arg-type]
    seen = Seen(views.topic_map(dots, browse.contents("made-up")))
    labels = seen.values("aria-label")
    assert all(any(label.startswith(paper.title) for label in labels) for paper in PAPERS)
    assert sorted(seen.values("tabindex")) == ["-1"] * 4 + ["0"]


@given(st.integers(0, 40), st.integers(1, 6), st.integers(0, 3))
def test_dots_stay_inside_and_apart(papers: int, size: int, copies: int) -> None:
    rows = np.random.default_rng(papers).normal(size=(papers, size))
    rows[: min(copies, papers)] = 1.0
    dots = scatter([(str(at), 0, row) for at, row in enumerate(rows)])
    assert len(dots) == papers
    assert all(0 < dot.x < WIDTH and 0 < dot.y < HEIGHT for dot in dots)
    places = {(dot.x, dot.y) for dot in dots}
    assert len(places) == papers


def test_near_papers_are_nearer_on_the_map_than_far_ones() -> None:
    axes = np.eye(3)
    rows = [axes[0], axes[0] + 0.05 * axes[1], axes[1], axes[1] + 0.05 * axes[0]]
    a, b, c, _ = scatter([(str(at), 0, row) for at, row in enumerate(rows)])
    assert abs(a.x - b.x) < abs(a.x - c.x)


def test_a_paper_page_says_everything_and_offers_questions(browse: Browse) -> None:
    paper = replace(PAPERS[0], url="https://example.org/x?a=1&b=2", venue="Pond Days", year=2031)
    seen = Seen(views.paper_page(paper, browse.contents("made-up"), "made-up"))
    for text in (paper.title, paper.abstract, "Ada Quill", "Best Lantern Paper", "Pond Days · 2031"):
        assert text in seen.text
    assert f"What is “{paper.title}” about?" in seen.values("data-question")
    assert "#papers?author=Ada+Quill" in seen.values("href") and paper.url in seen.values("href")


def test_the_topics_table_has_every_topic_with_its_size_and_an_overview(browse: Browse) -> None:
    contents = browse.contents("made-up")
    seen = Seen(views.topics(contents, "made-up"))
    assert len(contents.topics) == 3
    asked = (TOPIC_NAMED.search(question) for question in seen.values("data-question"))
    topic_names = {match.group("label") for match in asked if match}
    assert seen.values("data-question") == [views.topic_question(topic.label) for topic in contents.topics]
    assert topic_names == {topic.label for topic in contents.topics}
    bare = replace(contents, topics=tuple(replace(topic, label="") for topic in contents.topics))  # type: ignore[type-var]
    seen = Seen(views.topics(bare, "made-up"))
    assert seen.values("data-question") == [] and seen.values("aria-label").count("Papers of Others") == 3
    assert "made-up" in seen.values("data-load")[0]
    none = replace(contents, topics=(), topic_of={})
    assert "has no topics yet" in Seen(views.topics(none, "made-up")).text


any_text = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=5).map("".join)


@given(any_text, any_text, any_text)
def test_no_text_of_a_paper_becomes_markup(title: str, author: str, words: str) -> None:
    paper = Paper(f"id {title}", title, (author,), words, award=author or None, url=f"javascript:{title}", venue=words)
    browse = Browse(FakeLibrary({"made-up": (paper,)}))  # type: ignore[arg-type]
    contents, wish = browse.contents("made-up"), Wish(author=author, topic=0)
    made = [
        views.papers(browse.find("made-up", Wish()), wish, contents),
        views.paper_page(paper, contents, words),
        views.similar([paper]),
        views.topics(contents, words),
        views.topic_map(browse.dots("made-up"), contents),
    ]
    allowed = TAGS | {"svg", "circle", "rect", "polygon"}
    for html in made:
        seen = Seen(html)
        assert not seen.open and set(seen.tags) <= allowed
        assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("style", "src")]
        assert all(link.startswith("#paper") for link in seen.values("href"))


@pytest.mark.parametrize(("text", "wanted"), [("Éa-b  C!", "ea b c"), ("", ""), ("ÅNGSTRÖM", "angstrom")])
def test_folding(text: str, wanted: str) -> None:
    assert folded(text) == wanted


class NoVectors(FakeLibrary):
    def vectors(self, name: str | None = None) -> Any:
        raise ModelMissing("The model is not here.", hint="Fetch it.")


def client_of(library: Any) -> TestClient:
    app = FastAPI()
    add_views(app, Browse(library), device=lambda: "CPU")
    return TestClient(app)


def test_the_addresses_answer_and_failures_are_sentences() -> None:
    client = client_of(FakeLibrary())
    for path in ("papers", "topics", "map"):
        assert client.get(f"/view/{path}", params={"collection": "made-up"}).status_code == 200
    assert client.get("/view/device").text == "CPU"
    found = client.get("/view/papers", params={"collection": "made-up", "q": "boats", "topic": 1}).text
    assert BOATS.title in found and "1 of 5 papers" in found
    entry = client.get("/view/bibtex", params={"collection": "made-up", "id": BOATS.id})
    assert entry.text.startswith("@") and "Tarn" in entry.text
    for path in ("papers", "paper", "topics", "map", "bibtex", "similar"):
        unknown = client.get(f"/view/{path}", params={"collection": "<b>", "id": "x"})
        assert unknown.status_code == 404 and "<b>" not in unknown.text or path == "bibtex"
    assert "not in this collection" in client.get("/view/paper", params={"collection": "made-up", "id": "x"}).text
    assert client.get("/view/bibtex", params={"collection": "made-up", "id": "x"}).status_code == 404
    broken = client_of(NoVectors()).get("/view/map", params={"collection": "made-up"})
    assert broken.status_code == 404 and "The model is not here." in broken.text and "Fetch it." in broken.text
