"""Names of people and titles in questions: variants, accents, initials, misspellings."""

from __future__ import annotations

import pytest

from rag.index.rows import Record
from rag.retrieve.names import Names, fold, person_named

RECORDS = [
    Record("1", "KiteNet: Flying Kites Indoors", ("Åsa Öberg", "Juan P Ibáñez", "Wei Song"), None, None),
    Record("2", "Why Ladders Lean Left", ("Juan Ibáñez", "Finn O'Hara"), "Best Ladder Paper", None),
    Record("3", "On the Colour of Water", ("Li Song", "Maria di Rossi", "Hao-Tien (Lewis) Chan"), None, None),
    Record("4", "Slow Clocks", ("Wei Song",), None, None),
]
NAMES = Names(RECORDS)


def papers(question: str) -> list[str]:
    return sorted({key for mention in NAMES.mentions(question) if mention.full for key in mention.papers})


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("papers by Åsa Öberg", ["1"]),
        ("papers by asa oberg", ["1"]),
        ("PAPERS BY ASA OBERG?", ["1"]),
        ("what did A. Öberg write", ["1"]),
        ("what did Öberg, Åsa write", ["1"]),
        ("papers by Juan Ibanez", ["1", "2"]),
        ("papers by Juan P. Ibáñez", ["1", "2"]),
        ("papers by Juan Ibanes", ["1", "2"]),
        ("Finn O’Hara's paper", ["2"]),
        ("Finn O'Hara and ladders", ["2"]),
        ("Maria di Rossi's work", ["3"]),
        ("Lewis Chan's work", ["3"]),
        ("papers by Wei Song", ["1", "4"]),
        ("papers by Li Song", ["3"]),
        ("papers by Ada Quill", []),
        ("what is the song of the clocks", []),
        ("a left ladder", []),
    ],
)
def test_full_names(question: str, expected: list[str]) -> None:
    assert papers(question) == expected


def test_a_bare_surname_names_everybody_who_has_it() -> None:
    (mention,) = NAMES.mentions("papers by Song")
    assert not mention.full and {p.name for p in mention.people} == {"Wei Song", "Li Song"}


def test_a_whole_name_beats_the_end_of_another() -> None:
    authors = ("Kai-Wei Song", "Ming-Wei Song", "Wei Song", "M. Wei Song")
    names = Names([Record(str(at), "Boats", (author,), None, None) for at, author in enumerate(authors)])
    for question, meant in {"by Kai-Wei Song": {"0"}, "papers of Song, Wei": {"2"}, "Wei Song?": set("0123")}.items():
        assert {key for mention in names.mentions(question) for key in mention.papers} == meant, question


def test_two_people_are_two_mentions() -> None:
    first, second = NAMES.mentions("papers by Juan Ibáñez and Wei Song together")
    assert set(first.papers) == {"1", "2"} and set(second.papers) == {"1", "4"}


def test_titles_and_the_names_before_their_colon() -> None:
    assert [r.id for r in NAMES.titles("who wrote why ladders lean left?")] == ["2"]
    assert [r.id for r in NAMES.titles("Does KiteNet beat slow clocks?")] == ["1", "4"]
    assert [r.id for r in NAMES.titles("kitenet speed?")] == ["1"]
    assert NAMES.titles("a kite net in two words, or a clock that is slow") == []


def test_a_title_is_known_by_its_beginning() -> None:
    titles = ("You Only Need One Boat for Pond Crossing", "Why Do Ladders Lean", "Why Do Ladders Lean Left", "Ponds")
    names = Names([Record(title, title, (), None, None) for title in titles])
    assert names.begun("who wrote You Only Need One Boat for crossing?") == names.titles(titles[0])[0]
    assert names.begun("why do ladders lean to the left?") is None  # as much of one as of another
    assert names.begun("who wrote why do ladders lean left or not?") == names.titles(titles[2])[-1]
    assert names.begun("you only need one") is not None and names.begun("only need one boat for pond crossing") is None
    assert names.begun("") is None


def test_the_first_part_of_a_name_stands_for_it_where_no_other_title_has_it() -> None:
    titles = (
        "Sherlog-Chat: Asking Otters",
        "Pondlog-Chat: Asking Herons",
        "Pondlog-2: Asking Toads",
        "Fox-Chat: A Fox",
    )
    names = Names([Record(title[:4], title, (), None, None) for title in titles])
    assert [r.id for r in names.titles("who wrote the Sherlog paper?")] == ["Sher"]
    assert names.titles("who wrote the Pondlog paper, or the Fox one?") == []


def test_the_closest_title_comes_with_its_likeness() -> None:
    record, likeness = NAMES.closest_title("Why Do Ladders Lean Left") or (None, 0.0)
    assert record is RECORDS[1] and likeness > 85
    assert (NAMES.closest_title("Quantum Soup for Robots") or (None, 0.0))[1] < 75


def test_similar_names_are_offered() -> None:
    assert NAMES.similar("Asa Obberg")[0] == "Åsa Öberg"
    assert NAMES.similar("Zxcv Qwerty") == []


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Give me Ada Quill's paper in this session", "Ada Quill"),
        ("any papers by Ada M. Quill?", "Ada M. Quill"),
        ("What did Ada Quill publish here?", "Ada Quill"),
        ("list papers with Ada Quill as an author", "Ada Quill"),
        ("papers by the ocean", None),
        ("What does the paper by contrast show?", None),
        ("How does KiteNet fly?", None),
    ],
)
def test_names_by_wording(question: str, name: str | None) -> None:
    assert person_named(question) == name


def test_folding() -> None:
    assert fold("Stéphane O'Neil-Łi’s") == ["stephane", "oneil", "li"]
