"""Every form gives the same papers, recognised by what the file holds."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from made_up_files import FILES, WITHOUT_ADDRESS, WITHOUT_AWARD, comma_table, json_lines, page_text
from made_up_ponds import PAPERS

from rag.errors import InputError
from rag.ingest import read as reader
from rag.ingest.read import read_all, read_papers
from rag.types import Paper, Rejected

Read = tuple[list[Paper], list[Rejected], list[str]]


def read(path: Path) -> Read:
    notes: list[str] = []
    items = list(read_papers(path, note=notes.append))
    return [i for i in items if isinstance(i, Paper)], [i for i in items if isinstance(i, Rejected)], notes


@pytest.mark.parametrize("suffix", ["", ".gz", ".download"])
@pytest.mark.parametrize("name", FILES)
def test_every_form_has_the_same_papers(tmp_path: Path, name: str, suffix: str) -> None:
    file = tmp_path / (name + suffix)
    data = FILES[name](PAPERS)
    file.write_bytes(gzip.compress(data) if suffix == ".gz" else data)
    papers, rejected, _ = read(file)
    assert not rejected
    assert [(p.title, p.authors, p.abstract) for p in papers] == [(p.title, p.authors, p.abstract) for p in PAPERS]
    if name not in WITHOUT_AWARD:
        assert [p.award for p in papers] == [p.award for p in PAPERS]
    if name not in WITHOUT_ADDRESS:
        assert [p.url for p in papers] == [p.address for p in PAPERS]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("page.txt", ("Pond Posters 3", None, None, ())),
        ("plain.html", ("Pond Posters 3", None, None, ())),
        ("linked_data.html", (None, "TideConf", 2031, ())),
        ("openreview_1.json", (None, "TideConf 2031 Poster", 2031, ("ponds", "rain"))),
        ("openreview_2.json", (None, "TideConf 2031 Poster", 2031, ("ponds", "rain"))),
        ("papers.bib", (None, "Proceedings of TideConf 3", 2031, ())),
        ("papers.ris", (None, "TideConf", 2031, ("ponds", "rain"))),
        ("acl.xml", (None, "Proceedings of TideConf", 2031, ())),
        ("arxiv.atom", (None, None, 2031, ("cs.PD",))),
    ],
)
def test_session_venue_year_and_keywords(tmp_path: Path, name: str, facts: tuple[object, ...]) -> None:
    file = tmp_path / name
    file.write_bytes(FILES[name](PAPERS))
    assert {(p.session, p.venue, p.year, p.keywords) for p in read(file)[0]} == {facts}


def test_openreview_pages_are_linked(tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    file.write_bytes(FILES["openreview_2.json"](PAPERS))
    assert read(file)[0][0].url == "https://openreview.net/forum?id=tideNote001"


@pytest.mark.parametrize("pack", ["folder", "zip"])
def test_a_folder_and_a_zip_hold_files_of_every_form(tmp_path: Path, pack: str) -> None:
    folder = tmp_path / "all"
    (folder / "page_files").mkdir(parents=True)
    for number, (name, write) in enumerate(FILES.items()):
        (folder / name).write_bytes(write((PAPERS[number % len(PAPERS)],) if number > 10 else PAPERS))
    (folder / "page_files" / "style.css").write_text("p {}")
    (folder / ".hidden.jsonl").write_text("{}")
    (folder / "notes.dat").write_bytes(b"\0\1\2")
    place = folder
    if pack == "zip":
        place = tmp_path / "all.zip"
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
    papers, rejected, notes = read(place)
    distinct = list(dict.fromkeys(p.id for p in papers))
    assert len(distinct) == len(PAPERS)
    assert [(r.source.endswith("notes.dat"), "binary" in r.reason) for r in rejected] == [(True, True)]
    assert any("2 files were passed over" in note for note in notes)
    assert any("5 papers were found in more than one place and merged" in note for note in notes)
    (first,) = (paper for paper in papers if paper.title == PAPERS[0].title)
    assert first.award and first.url and first.year == 2031 and first.session == "Pond Posters 3"


def test_the_longer_abstract_wins_and_what_it_lacks_is_kept(tmp_path: Path) -> None:
    short, long = tmp_path / "a.jsonl", tmp_path / "b.csv"
    short.write_text(
        '{"title": "A Pond", "authors": ["Quill, A."], "abstract": "Short.", "award": "Best", "year": 2031}'
    )
    long.write_text("title,authors,abstract\nA pond,Ada Quill,A much longer text about the pond.\n")
    notes: list[str] = []
    (paper,) = read_all([short, long], note=notes.append)
    assert isinstance(paper, Paper)
    assert paper.abstract == "A much longer text about the pond." and paper.authors == ("Ada Quill",)
    assert (paper.award, paper.year) == ("Best", 2031)
    assert notes[-1] == "1 paper was found in more than one place and merged; the longer abstract was kept."


def test_an_abstract_replaces_a_longer_digest(tmp_path: Path) -> None:
    one, two = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    one.write_text('{"title": "A Pond", "tldr": "A digest that is longer than the abstract."}')
    two.write_text('{"title": "A Pond", "abstract": "The abstract."}')
    for paths in ([one, two], [two, one]):
        (paper,) = read_all(paths)
        assert isinstance(paper, Paper) and (paper.abstract, paper.text_kind) == ("The abstract.", "abstract")


def test_one_title_of_two_first_authors_is_two_papers(tmp_path: Path) -> None:
    one, two = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    one.write_text('{"title": "A Pond", "authors": ["Ada Quill"], "abstract": "One."}')
    two.write_text('{"title": "A Pond", "authors": ["Bo Marsh"], "abstract": "Quite another."}')
    paper, rejected = sorted(read_all([one, two]), key=lambda item: isinstance(item, Rejected))
    assert isinstance(paper, Paper) and paper.abstract == "One."
    assert isinstance(rejected, Rejected) and "by other authors" in rejected.reason


def test_the_same_file_twice_gives_the_same_papers_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(json_lines(PAPERS))
    notes: list[str] = []
    papers = [item for item in read_all([file, file], note=notes.append) if isinstance(item, Paper)]
    assert len(papers) == 10 and papers[:5] == papers[5:] and not notes


def test_one_file_that_cannot_be_read_stops_before_any_paper_comes(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.txt", tmp_path / "b.pdf"
    good.write_bytes(page_text(PAPERS))
    bad.write_bytes(b"%PDF-1.7")
    with pytest.raises(InputError, match="PDF"):
        read_all([good, bad])


def test_a_folder_without_papers_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file of papers"):
        list(read_papers(tmp_path))


def test_bombs_are_refused(tmp_path: Path) -> None:
    row = b'{"title": "A", "abstract": "%s"}\n' % (b"x" * 10_000)
    packed, archive = tmp_path / "a.jsonl.gz", tmp_path / "a.zip"
    with gzip.open(packed, "wb") as out:
        for _ in range(2_200):
            out.write(row)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files, files.open("a.jsonl", "w") as member:
        for _ in range(2_200):
            member.write(row)
    assert packed.stat().st_size < 200_000
    with pytest.raises(InputError, match="unpacks to more than"):
        list(read_papers(packed))
    items = list(read_papers(archive))
    assert any(isinstance(item, Rejected) and "unpacks to more than" in item.reason for item in items)


def test_archives_in_archives_office_documents_and_damage(tmp_path: Path) -> None:
    inner, outer, office, cut = (tmp_path / name for name in ("in.zip", "out.zip", "table.xlsx", "cut.jsonl.gz"))
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.jsonl", json_lines(PAPERS))
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "in.zip")
        archive.writestr("b.csv.gz", gzip.compress(comma_table(PAPERS)))
    with zipfile.ZipFile(office, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    cut.write_bytes(gzip.compress(json_lines(PAPERS) * 500)[:-300])
    assert "archive inside an archive" in read(outer)[1][0].reason and len(read(outer)[0]) == 5
    with pytest.raises(InputError, match="Office document"):
        read(office)
    with pytest.raises(InputError, match="damaged or cut off"):
        read(cut)


def test_lines_are_streamed(tmp_path: Path) -> None:
    """The first papers come before the rest of the file is looked at."""
    for name, data in (("a.jsonl", json_lines(PAPERS)), ("a.csv", comma_table(PAPERS))):
        file = tmp_path / name
        file.write_bytes(data + b"\xff\xfe\xfd \x81\x8d\n" * 1)
        items = read_papers(file)
        assert [type(next(items)) for _ in PAPERS] == [Paper] * 5
        with pytest.raises(InputError, match="not UTF-8"):
            list(items)


def test_a_page_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_PAGE_BYTES", 1000)
    for name in ("page.txt", "plain.html"):
        file = tmp_path / name
        file.write_bytes(FILES[name](PAPERS))
        with pytest.raises(InputError, match="too much to be held in memory"):
            read(file)
