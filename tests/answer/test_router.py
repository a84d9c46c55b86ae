"""The router that comes with the program: what it reads of a question, and what it does with damaged files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.answer.router import MODEL_FILE, ROUTES, Router, tokens, wording_of
from rag.errors import PosterchatError


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


def test_subjects_are_only_known_by_their_kind() -> None:
    known = {"what", "does", "of", "the"}
    line = wording_of("What does WaxNet say of “the pond” of Ada Quill?", known)
    assert {"what", "does", "<coined>", "<word>", "<quoted>", "<Capital>", "of <Capital>", "<start> what"} <= set(line)
    assert not [piece for piece in line if "wax" in piece.lower() or "pond" in piece or "quill" in piece.lower()]


def test_several_unknown_words_count_as_one() -> None:
    assert wording_of("waxed paper boats", set()) == wording_of("boats", set())


def test_words_in_capitals_are_no_names_when_all_are() -> None:
    assert ("boats", "<word>") in tokens("WHERE ARE BOATS")
    assert ("BOATS".lower(), "<coined>") in tokens("Where are BOATS")


def test_probabilities_are_in_order_and_one_in_all(router: Router) -> None:
    for question in ("Who wrote the paper on boats?", "", "?!", "herons", "x" * 3000):
        found = router.probabilities(question)
        assert set(found) == set(ROUTES)
        assert sum(found.values()) == pytest.approx(1)
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_the_best_route_is_never_the_catalogue(router: Router) -> None:
    question = "How many papers are there?"
    assert next(iter(router.probabilities(question))) == "catalogue"
    assert router.best(question) != "catalogue"


def test_the_topics_of_the_page_are_overviews(router: Router) -> None:
    assert router.probabilities("Who wrote the topic “heron counts”?") == {"overview": 1.0}
    assert router.wants_many("What is in the topic “heron counts”?")


def test_subjects_of_many_fields_go_the_same_way(router: Router) -> None:
    for subject in ("heron counts", "bridge cables", "tax law", "chess endings", "gut bacteria", "graph colouring"):
        assert router.best(f"Which papers are about {subject}?") == "overview"
        assert router.best(f"Is there a paper that explains {subject} to children?") == "find"
        assert router.best(f"Two papers are about {subject}. How do they differ?") == "compare"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("pieces"),
        lambda data: data.update(form="another"),
        lambda data: data.update(routes=["fact"]),
        lambda data: data.update(constants=[0.0]),
        lambda data: data["pieces"].update(boats=[1.0, 2.0, 3.0, 4.0, float("inf")]),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, spoil: object) -> None:
    data = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    spoil(data)  # type: ignore[operator]
    path = tmp_path / "routes.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(PosterchatError, match="cannot be used"):
        Router.load(path)
    with pytest.raises(PosterchatError, match="cannot be used"):
        Router.load(tmp_path / "none.json")
