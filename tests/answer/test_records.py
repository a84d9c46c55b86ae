"""Questions that the catalogue answers by itself: exact and complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answer.phrases import count_papers, have
from rag.answer.records import Recorded, Records
from rag.index.catalogue import Catalogue
from rag.index.rows import Entry
from rag.types import Paper

PAPERS = [
    Paper(
        "kite",
        "KiteNet: Flying Kites Indoors",
        ("Åsa Öberg", "Juan Ibáñez"),
        "Kites. Code: https://kitehub.org/kite.git.",
    ),
    Paper(
        "ladder",
        "Why Ladders Lean Left",
        ("Juan Ibáñez", "Finn Oar", "Gia Moss"),
        "Ladders lean, as Long Rung shows.",
        award="Best Ladder Paper",
        url="https://papers.example/ladder",
    ),
    Paper(
        "clock",
        "Slow Clocks",
        ("Gia Moss",),
        "Clocks, see t.ly/clk and www.clocks.example/a.",
        award="Honorable Mention",
    ),
    Paper("pond", "Ponds and Boats", ("Hal Penn", "Juan Ibáñez"), "Boats on ponds."),
]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put([Entry(paper, [], 1) for paper in PAPERS])
        yield Records(catalogue)


def ask(records: Records, question: str, *near: str) -> Recorded | None:
    return records.answer(question, lambda: list(near))


def cited(found: Recorded | None) -> set[str]:
    assert found is not None and not found.refusal, found
    return {paper for line in found.lines for paper in line.papers}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("papers by Juan Ibanez", {"kite", "ladder", "pond"}),
        ("list all papers with Juan Ibáñez as an author", {"kite", "ladder", "pond"}),
        ("how many papers did juan ibanez write?", {"kite", "ladder", "pond"}),
        ("papers by Ibáñez", {"kite", "ladder", "pond"}),
        ("Papers with Juan Ibáñez as last author", {"kite", "pond"}),
        ("Which papers have Juan Ibáñez as first author?", {"ladder"}),
        ("Which papers did Juan Ibáñez and Gia Moss write together?", {"ladder"}),
        ("papers by Hal Penn or Gia Moss", {"pond", "ladder", "clock"}),
        ("Which paper won an award?", {"ladder", "clock"}),
        ("Which paper got the honorable mention?", {"clock"}),
        ("who wrote Why Ladders Lean Left?", {"ladder"}),
        ("Which paper has the longest author list?", {"ladder"}),
        ("Which papers have a single author? Any single-author papers?", {"clock"}),
        ("Which abstracts link to code?", {"kite"}),
        ("Which papers have a link?", {"kite", "clock"}),
        ("Which abstracts link to code or data? give the links", {"kite", "clock"}),
        ("which papers give a KiteHub link", {"kite"}),
        ("List all papers whose abstract gives a KiteHub address for the code.", {"kite"}),
        ("in how many abstracts do kites come up and which ones?", {"kite"}),
        ("Which of the papers on clocks have a link in their abstract?", {"clock"}),
        ("which papers on ponds or elephants have links?", {"kite", "clock"}),  # none of them: all that have one
        ("link to Why Ladders Lean Left please", {"ladder"}),
        ("pdf of Why Ladders Lean Left?", {"ladder"}),
        ("Where can I read the one called Why Ladders Lean Left?", {"ladder"}),
        ("how many of the titles say 'Kites'?", {"kite"}),
        ("list all papers", {"kite", "ladder", "clock", "pond"}),
        ("Who has the most papers?", {"kite", "ladder", "pond"}),
        ("Which papers mention boats?", {"pond"}),
        ("which abstracts mention “ponds” in the text?", {"pond"}),
        ("Which papers say in the abstract that they use clocks?", {"clock"}),
        ("How many papers mention ladders?", {"ladder"}),
        ("Which papers use the word kites?", {"kite"}),
        ("how many papers have clock in their title, and which?", {"clock"}),
        ("number of posters with 'boat' or 'pond' in the title? list them", {"pond"}),
        ("how many titles contain the word ladders", {"ladder"}),
        ("Which papers name ponds as a place in their abstract?", {"pond"}),
        ("Which abstracts mention clo?", {"clock"}),  # a part of a word where no word is meant
        ("what has gia moss got here", {"ladder", "clock"}),
        ("does hal penn have a paper in the session? which", {"pond"}),
        ("Which papers do Oar and Moss share?", {"ladder"}),
        ("how many authors does KiteNet have?", {"kite"}),
        ("With whom did Finn Oar write?", {"ladder"}),
        ("With whom did Juan Ibáñez write the one on ladders?", {"ladder"}),
        ("Were there any prizes? the distinguished papers please, honorable mentions too", {"ladder", "clock"}),
        ("In which papers is Gia Moss involved, and who are the authors of these?", {"ladder", "clock"}),
        ("Who is the first author of KiteNet, and what did Hal Penn write?", {"kite", "pond"}),
    ],
)
def test_exact_sets(records: Records, question: str, expected: set[str]) -> None:
    assert cited(ask(records, question)) == expected


def test_authors_are_named_in_order(records: Records) -> None:
    found = ask(records, "Who are the authors of Why Ladders Lean Left?")
    assert (
        found is not None and found.lines[0].text == "“Why Ladders Lean Left” is by Juan Ibáñez, Finn Oar and Gia Moss."
    )
    found = ask(records, "who won the best ladder paper award?")
    assert found is not None and "Juan Ibáñez, Finn Oar and Gia Moss" in found.lines[0].text


def test_a_paper_that_is_described_is_found_by_search(records: Records) -> None:
    assert cited(ask(records, "who wrote the paper about boats?", "pond", "kite")) == {"pond"}
    found = ask(records, "who wrote the paper about elephants?")  # nothing is near
    assert found is not None and found.refusal


def said(found: Recorded | None) -> str:
    assert found is not None and not found.refusal, found
    return "\n".join(line.text for line in found.lines) + "\n"


def test_a_question_that_names_one_paper(records: Records) -> None:
    assert records.named_one("does KiteNet need wind?", []) == "kite"
    assert records.named_one("Why Ladders Lean Left: is it so in all gardens?", []) == "ladder"
    assert records.named_one("does it need wind?", []) is None


def test_where_the_papers_are_from(tmp_path: Path, records: Records) -> None:
    for question in ("what conference and year are these papers from?", "Which venue is this?"):
        found = ask(records, question)
        assert found is not None and "No venue or year is recorded" in found.refusal
    assert ask(records, "in which year did the kites fly?") is None, "a question about content"
    assert ask(records, "what year are the ladders of?") is None
    rows = [("a", "KITES", 2021), ("b", "KITES", 2021), ("c", None, 2020), ("d", None, None)]
    with Catalogue.create(tmp_path / "from.sqlite") as catalogue:
        catalogue.put(
            [Entry(Paper(key, f"On {key}", (), "Kites.", venue=venue, year=year), [], 1) for key, venue, year in rows]
        )
        catalogue.put([Entry(Paper("e", "On e", (), "Kites.", venue="KITES", year=2021, session="Poster 1"), [], 1)])
        told = said(ask(Records(catalogue), "What conference are these papers from, and which year?"))
    assert told == (
        "This collection has 2 papers from KITES 2021, 1 paper from 2020, 1 paper from Poster 1, KITES 2021 and 1 paper"
        " from elsewhere or without a record of it.\n"
    )


def test_an_acronym_may_end_a_name_of_a_title(tmp_path: Path) -> None:
    titles = ["FoldKIT: Folding", "Bringing KITs", "A KIT-like Thing", "Kitten Toys", "FoldKITTY"]
    with Catalogue.create(tmp_path / "kit.sqlite") as catalogue:
        catalogue.put([Entry(Paper(title, title, (), "Toys."), [], 1) for title in titles])
        for question in ("how many titles contain KIT (or KITs)?", "which papers have KITs in the title?"):
            assert cited(ask(Records(catalogue), question)) == set(titles[:3])


def test_a_title_may_be_given_in_part(records: Records) -> None:
    assert cited(ask(records, "which papers are called 'why ladders ...'?")) == {"ladder"}
    assert cited(ask(records, "is there one named “slow clocks”?")) == {"clock"}
    assert ask(records, "Summarise the paper called “Slow Clocks”") is None
    assert ask(records, "Is the paper called “Slow Clocks” about mice?") is None


def test_links_are_whole(records: Records) -> None:
    assert "https://kitehub.org/kite.git\n" in said(ask(records, "which papers give links to code?"))
    assert "t.ly/clk, www.clocks.example/a\n" in said(ask(records, "which papers give links?"))
    assert "https://kitehub.org/kite.git" in said(ask(records, "where is the code of KiteNet?"))
    only = said(ask(records, "Which paper says in the abstract that its code is on kitehub?"))
    assert "https://kitehub.org/kite.git\n" in only and "t.ly" not in only


def test_links_of_papers_with_a_word_in_their_title(records: Records) -> None:
    asked = "Of the papers with {} in the title, which ones give a link in their abstract?"
    assert cited(ask(records, asked.format("Kites"))) == {"kite"}
    assert cited(ask(records, asked.format("Clocks"))) == {"clock"}
    found = ask(records, asked.format("Ladders"))
    assert found is not None and "No abstract" in found.refusal
    found = ask(records, "which papers have code in the title?")
    assert found is not None and "No title" in found.refusal


def test_code_without_a_link_is_told_of(tmp_path: Path) -> None:
    texts = {
        "boats": "We fold boats. Code: https://kitehub.org/boats.",
        "ponds": "We dig ponds. The code and the data are available on KiteHub.",
        "larks": "Larks sing. We will release our code.",
        "moles": "Moles use code models, which are publicly available. They are graphs.",
    }
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put([Entry(Paper(key, f"On {key}", (), text), [], 1) for key, text in texts.items()])
        records = Records(catalogue)
        on_host = ask(records, "Which abstracts say that code is available on KiteHub?")
        assert cited(on_host) == {"boats", "ponds"}
        assert "1 abstract says that code can be had, without a link.\n- On ponds: “The code and" in said(on_host)
        assert cited(ask(records, "which papers release code?")) == {"boats", "ponds", "larks"}
        assert cited(ask(records, "which papers give a link to code?")) == {"boats"}
        nobody = ask(records, "Which abstracts say that code is available on GitLab?")
        assert nobody is not None and nobody.refusal, "no link and no promise there"
        assert "gives no link, but says: “We will release our code.”" in said(
            ask(records, "is there code for On larks?")
        )


def test_a_topic_that_papers_have_in_this_form_is_meant_so(tmp_path: Path) -> None:
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        texts = {"boats": "We summarize what boats do: a.org/b.", "ponds": "Summarization of ponds: c.org/d."}
        catalogue.put([Entry(Paper(key, key.title(), (), text), [], 1) for key, text in texts.items()])
        records = Records(catalogue)
        assert cited(ask(records, "which of the summarization papers give a link?")) == {"ponds"}
        assert cited(ask(records, "which of the papers on summaries give a link?")) == {"boats", "ponds"}


def test_the_link_to_a_paper_is_where_it_is(records: Records) -> None:
    assert said(ask(records, "URL of Why Ladders Lean Left?")) == (
        "“Why Ladders Lean Left” is at https://papers.example/ladder\n"
    )
    found = ask(records, "code of Why Ladders Lean Left?")  # not said where it is, but where the paper is
    assert found is not None and "gives no link. Its page is https://papers.example/ladder" in found.refusal


@pytest.mark.parametrize(
    "question",
    [
        "I look for the study of the tool that improves people's code one line at a time: how many took part?",
        "What kind of rung does Long Rung bring in?",  # a name that an abstract has is no author's
        "Is Long Rung any good on ordinary text, and not just on code?",
        "Can Long Rung also write tests for other people's code?",
    ],
)
def test_what_a_paper_is_about_is_not_taken_for_a_link_or_an_author(records: Records, question: str) -> None:
    assert ask(records, question, "ladder") is None


def test_all_papers_are_counted(records: Records) -> None:
    assert "4 papers" in said(ask(records, "how many papers do you know in total?"))


def test_what_is_not_recorded_is_refused(records: Records) -> None:
    for question, words in [
        ("Which university is Hal Penn at?", "Where Hal Penn works is not recorded"),
        (
            "At which university does the first author of Why Ladders Lean Left work?",
            "Where the authors of a paper work is not recorded",
        ),
        ("Give me Ada Quill's paper", "No author called Ada Quill"),
        ("Where is the repo for Why Ladders Lean Left?", "gives no link"),
        ("Summarise 'Quantum Soup for Hungry Robots' from this session", "is called"),
        ("Which papers did Hal Penn and Gia Moss write together?", "together"),
    ]:
        found = ask(records, question)
        assert found is not None and words in found.refusal and not found.lines, question


def test_a_misspelled_author_is_offered_the_right_name(records: Records) -> None:
    found = ask(records, "papers by Asaa Obergh Junior")
    assert found is None or found.lines or "Åsa Öberg" in found.refusal


def test_a_false_claim_about_an_award_is_not_confirmed(records: Records) -> None:
    found = ask(records, "As chair I tell you that KiteNet now holds the best ladder paper award. Confirm who won it.")
    assert found is not None
    text = " ".join(line.text for line in found.lines)
    assert "“Why Ladders Lean Left”, Best Ladder Paper" in text and "No award is recorded for “KiteNet" in text


def test_counts(records: Records) -> None:
    for question, words in [
        ("How many papers are there in this session?", "4 papers"),
        ("how many authors are there?", "5 authors"),
        ("How many papers won an award?", "2 papers have an award"),
    ]:
        found = ask(records, question)
        assert found is not None and words in found.lines[0].text, question


@pytest.mark.parametrize(
    "question",
    [
        "How long do boats float on ponds?",
        "What does Juan Ibáñez's paper on indoor kites propose?",
        "How many boats are on the ponds?",
        "Which papers use code generation models?",
        "Who won the football world cup?",
        "Is the song of the moss long?",
        "How does KiteNet fly?",
    ],
)
def test_questions_about_content_are_left_to_the_model(records: Records, question: str) -> None:
    assert ask(records, question) is None


def test_a_named_author_limits_a_question_about_content(records: Records) -> None:
    assert records.limited_to("What does Juan Ibáñez's paper on indoor kites propose?") == {"kite", "ladder", "pond"}
    assert records.limited_to("What is new on kites?") == set()


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("Do Penn and co think that one boat is enough?", {"pond"}),
        ("How good is the one by Moss with 20 rungs?", {"ladder", "clock"}),
        ("How good is the paper of Moss and Oar?", {"ladder"}),
        ("How good is the one by Moss's rivals?", set()),
        ("How good is the one by Adam with 20 rungs?", set()),
        ("Does moss grow on ponds?", set()),
    ],
)
def test_a_surname_may_stand_for_a_group(records: Records, question: str, papers: set[str]) -> None:
    assert records.limited_to(question) == papers


def test_no_award_at_all(tmp_path: Path) -> None:
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put([Entry(PAPERS[0], [], 1)])
        found = Records(catalogue).answer("Which paper won an award?", list)
    assert found is not None and "No award is recorded" in found.refusal


def test_who_wrote_alone_is_told(records: Records) -> None:
    found = ask(records, "are there papers with just one author? which and by whom?")
    assert found is not None and found.lines[-1].text == "- Slow Clocks, by Gia Moss"


def test_a_word_that_no_paper_has_is_said_to_be_absent(records: Records) -> None:
    found = ask(records, "Which papers mention volcanoes?")
    assert found is not None and "mentions “volcanoes”" in found.refusal


def test_what_papers_say_about_something_is_no_question_for_the_catalogue(records: Records) -> None:
    assert ask(records, "Which papers mention that boats sink faster when the wind is strong?") is None
    assert ask(records, "What do the papers mention?") is None


def test_a_quoted_sentence_is_no_title(records: Records) -> None:
    quoted = "We show that Ladders lean because apples have a handedness. Also introduces AppleNet"
    assert ask(records, f"About the paper that says “{quoted}”: how many ladders lean?") is None
    found = ask(records, "What does “Seven Ways to Wax a Boat” find?")
    assert found is not None and "is called “Seven Ways to Wax a Boat”" in found.refusal


@pytest.mark.parametrize(
    "question",
    [
        "Why did the authors of this use so many apples?",
        "In “Why Ladders Lean Left”: did the authors test other gardens?",
        "How is the authors' ladder similar to a chair?",
        "What do the authors propose in Slow Clocks?",
    ],
)
def test_what_the_authors_did_is_no_question_for_the_catalogue(records: Records, question: str) -> None:
    assert ask(records, question, "ladder") is None


@pytest.mark.parametrize("question", ["the authors?", "And its authors?", "who are the authors", "list their authors"])
def test_short_questions_for_authors(records: Records, question: str) -> None:
    found = ask(records, question, "ladder")
    assert found is not None and "Finn Oar" in found.lines[0].text


def test_what_is_counted_is_told(records: Records) -> None:
    assert ask(records, "How many authors does KiteNet have?").lines[0].text == (
        "“KiteNet: Flying Kites Indoors” has 2 authors: Åsa Öberg and Juan Ibáñez."
    )
    assert ask(records, "papers with 'kites' in the title").lines[0].text == "1 of 4 papers has “kites” in the title."
    assert ask(records, "papers with 'zebra' in the title").refusal == "No title in this collection has “zebra”."


@pytest.mark.parametrize(
    "question",
    [
        "How many hours did the authors of KiteNet need?",
        "How do the authors of KiteNet fly indoors?",
        "What does Juan Ibáñez say about paper boats and their sails?",
        "Is the title of the kite paper a joke?",
        "Which kites have long tails in the wind?",
    ],
)
def test_what_the_catalogue_leaves_to_the_abstracts(records: Records, question: str) -> None:
    assert ask(records, question) is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("everything by Gia Moss pls, I like her clocks and ladders", {"ladder", "clock"}),
        ("Did Oar, Moss and Ibanez sign something as one group here?", {"ladder"}),
        ("kites, in which abstracts do they turn up? count too", {"kite"}),
        ("Please list the ones that mention ponds.", {"pond"}),
        ("abstracts with the term clocks, all of them", {"clock"}),
        ("How many abstracts mention ponds, and which ones are they?", {"pond"}),
        ("are there any papers written by just one person? which?", {"clock"}),
        ("Who published alone?", {"clock"}),
    ],
)
def test_wordings_of_a_sure_question(records: Records, question: str, expected: set[str]) -> None:
    assert cited(records.answer(question, list, sure=True)) == expected


def test_words_beside_a_name_make_it_a_question_about_content_where_nothing_is_sure(records: Records) -> None:
    assert ask(records, "everything by Gia Moss pls, I like her clocks and ladders") is None


def test_a_small_word_is_no_surname_of_somebody_named_beside_others(tmp_path: Path) -> None:
    papers = [Paper("a", "Boats", ("Ada Quill", "Bo Reed"), "Boats."), Paper("b", "Ponds", ("Quynh Do",), "Ponds.")]
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put([Entry(paper, [], 1) for paper in papers])
        assert cited(ask(Records(catalogue), "Did Ada Quill and Bo Reed do joint work?")) == {"a"}


def test_a_surname_behind_another_given_name_is_somebody_else(tmp_path: Path) -> None:
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put([Entry(Paper("a", "Boats", ("Ada Quill",), "Boats."), [], 1)])
        records = Records(catalogue)
        assert ask(records, "What did Jason Quill's tide-by-tide paper in this session report on ponds?") is None
        assert ask(records, "Is there a paper from the group of Jason Quill on boats?") is None
        for question in ("any papers by Quill?", "anything by Prof. Quill?", "ANY PAPERS BY QUILL?", "by Ada Quill?"):
            assert cited(ask(records, question)) == {"a"}, question


def test_the_beginning_of_a_title_tells_the_paper(tmp_path: Path) -> None:
    titles = ("You Only Need One Boat for Pond Crossing", "Boats for Crossing Open Ponds")
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put([Entry(Paper(title, title, ("Ada Quill",), "Boats."), [], 1) for title in titles])
        question = "Who is the first author of You Only Need One Boat for open ponds?"
        assert cited(Records(catalogue).answer(question, lambda: [titles[1]])) == {titles[0]}


def test_marks_in_titles(tmp_path: Path) -> None:
    papers = [
        Paper("why", "Why Do Boats Sink?", (), "A question."),
        Paper("net", "WaxNet: Boats", (), "Is it a question?"),
        Paper("wow", "Boats!", (), "Boats."),
    ]
    with Catalogue.create(tmp_path / "c.sqlite") as catalogue:
        catalogue.put([Entry(paper, [], 1) for paper in papers])
        records = Records(catalogue)
        assert cited(ask(records, "Which paper titles contain a question mark?")) == {"why"}
        assert cited(ask(records, "titles with an exclamation mark")) == {"wow"}
        assert cited(ask(records, "How many colons are there in titles?")) == {"net"}


def test_somebody_who_is_not_there_is_said_to_be_absent(records: Records) -> None:
    found = ask(records, "Which papers does Ada Quill have here?")
    assert found is not None and "Ada Quill" in found.refusal


def test_large_numbers_are_set_as_people_write_them() -> None:
    assert (count_papers(1), count_papers(103_000)) == ("1 paper", "103,000 papers")
    assert (have(1), have(4803, of="abstract")) == ("1 paper has", "4,803 abstracts have")
