"""DOI, arXiv and OpenReview numbers: found in every form, kept in the index, used to join two records of a paper."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rag.index.catalogue import Catalogue
from rag.index.rows import Entry
from rag.ingest.read import read_all, read_papers
from rag.types import Paper

TEXT = "Fog is heavy. We weigh it with two kites and a spring, on a slope, in five valleys."


def one(path: Path, content: str) -> Paper:
    path.write_text(content, encoding="utf-8")
    (paper,) = read_papers(path)
    assert isinstance(paper, Paper)
    return paper


@pytest.mark.parametrize(
    ("fields", "identifiers", "url"),
    [
        ({"doi": "10.1234/Fog_1"}, ("doi:10.1234/Fog_1",), "https://doi.org/10.1234/Fog_1"),
        ({"DOI": "https://doi.org/10.1234/a:b"}, ("doi:10.1234/a:b",), "https://doi.org/10.1234/a:b"),
        ({"doi": "doi: 10.1234/x."}, ("doi:10.1234/x",), "https://doi.org/10.1234/x"),
        ({"arxiv": "arXiv:3105.01234v2"}, ("arxiv:3105.01234",), "https://arxiv.org/abs/3105.01234"),
        ({"url": "http://arxiv.org/abs/cs.LG/0105123v1"}, ("arxiv:cs.LG/0105123",), "http://arxiv.org/abs/cs.LG/0105123v1"),
        ({"pdf": "https://arxiv.org/pdf/3105.01234.pdf"}, ("arxiv:3105.01234",), "https://arxiv.org/pdf/3105.01234.pdf"),
        ({"forum": "aBcD_123-4", "content": {}}, ("openreview:aBcD_123-4",), "https://openreview.net/forum?id=aBcD_123-4"),
        (
            {"externalIds": {"DOI": "10.1234/s2", "ArXiv": "3105.01234", "CorpusId": 7}},
            ("doi:10.1234/s2", "arxiv:3105.01234"),
            "https://doi.org/10.1234/s2",
        ),
        (
            {"url": "https://ponds.example/1", "link": "https://openreview.net/forum?id=aBcD12345&noteId=x"},
            ("openreview:aBcD12345",),
            "https://ponds.example/1",
        ),
        ({"doi": "forthcoming", "arxiv": 7, "eprint": "in press", "url": "not/10.1234"}, (), None),
        ({"identifiers": ["doi:10.1/x", "DOI:10.1234/x", 5, {"propertyID": "doi", "value": "10.1234/X"}]},
         ("doi:10.1234/x",), "https://doi.org/10.1234/x"),
    ],
)  # fmt: skip
def test_identifiers_of_records(
    tmp_path: Path, fields: dict[str, Any], identifiers: tuple[str, ...], url: str | None
) -> None:
    paper = one(tmp_path / "a.jsonl", json.dumps({"title": "Fog", "abstract": TEXT} | fields))
    assert (paper.identifiers, paper.url) == (identifiers, url)


@pytest.mark.parametrize(
    ("name", "content", "identifiers"),
    [
        (
            "a.bib",
            f"@article{{f, title={{Fog}}, abstract={{{TEXT}}}, doi={{10.1234/a\\_b}}, eprint={{3105.01234}}, "
            "archivePrefix={arXiv}}",
            ("doi:10.1234/a_b", "arxiv:3105.01234"),
        ),
        ("a.ris", f"TY  - JOUR\nTI  - Fog\nAB  - {TEXT}\nDO  - 10.1234/ris\nER  - \n", ("doi:10.1234/ris",)),
        ("a.csv", f'Title,Abstract,DOI\nFog,"{TEXT}",10.1234/csv\n', ("doi:10.1234/csv",)),
        (
            "a.xml",
            f"<collection><volume><paper id='1'><title>Fog</title><abstract>{TEXT}</abstract><doi>10.1234/acl</doi>"
            "</paper></volume></collection>",
            ("doi:10.1234/acl",),
        ),
        (
            "a.atom",
            f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>http://arxiv.org/abs/3105.01234v3</id><title>Fog"
            f"</title><summary>{TEXT}</summary></entry></feed>",
            ("arxiv:3105.01234",),
        ),
        (
            "a.html",
            f"<html><head><meta name='citation_title' content='Fog'><meta name='citation_doi' content='10.1234/meta'>"
            f"<meta name='citation_arxiv_id' content='3105.01234'><meta name='citation_abstract' content='{TEXT}'>"
            "</head><body></body></html>",
            ("doi:10.1234/meta", "arxiv:3105.01234"),
        ),
        (
            "b.html",
            '<html><head><script type="application/ld+json">'
            + json.dumps(
                {
                    "@type": "ScholarlyArticle",
                    "name": "Fog",
                    "abstract": TEXT,
                    "sameAs": "https://doi.org/10.1234/ld",
                    "identifier": [{"@type": "PropertyValue", "propertyID": "arXiv", "value": "3105.01234"}],
                }
            )
            + "</script></head><body></body></html>",
            ("arxiv:3105.01234", "doi:10.1234/ld"),
        ),
    ],
)
def test_identifiers_in_every_form(tmp_path: Path, name: str, content: str, identifiers: tuple[str, ...]) -> None:
    assert one(tmp_path / name, content).identifiers == identifiers


def test_two_titles_with_one_number_are_one_paper(tmp_path: Path) -> None:
    """A preprint is often called otherwise than what was published."""
    first = {"title": "Fog", "authors": ["Ada Quill"], "abstract": TEXT, "arxiv": "3105.01234"}
    second = {"title": "Fog and Mist", "authors": ["Quill, A."], "abstract": TEXT * 2, "doi": "10.1234/Fog",
              "url": "https://arxiv.org/abs/3105.01234v2"}  # fmt: skip
    third = {"title": "On Fog", "authors": ["Ada Quill"], "abstract": TEXT, "doi": "10.1234/fOG", "award": "Best"}
    other = {"title": "Dew", "authors": ["Bo Marsh"], "abstract": TEXT, "doi": "10.1234/fog"}
    paths = []
    for number, row in enumerate((first, first, second, third, other)):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps([row]))
    notes: list[str] = []
    fog, dew = read_all(paths, note=notes.append)
    assert isinstance(fog, Paper) and isinstance(dew, Paper)
    assert (fog.title, fog.award, dew.title) == ("Fog and Mist", "Best", "Dew")
    assert sorted(fog.identifiers) == ["arxiv:3105.01234", "doi:10.1234/Fog"]
    assert notes == ["1 paper was found in more than one place and merged; the longer abstract was kept."]


def test_an_index_from_before_there_were_identifiers(tmp_path: Path) -> None:
    old = tmp_path / "catalogue.sqlite"
    paper = Paper("1", "Fog", ("Ada Quill",), TEXT)
    Catalogue.create(old).close()
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("ALTER TABLE papers DROP COLUMN identifiers")
        database.execute(
            "INSERT INTO papers VALUES (1, '1', 1, ?, 1, 'Fog', '[\"Ada Quill\"]', ?, NULL, NULL, NULL, NULL, NULL, "
            "'[]', 'abstract')",
            (paper.content_hash, TEXT),
        )
    with Catalogue.open(old) as catalogue:
        assert catalogue.papers() == [paper]
    new = Paper("2", "Dew", (), TEXT, identifiers=("doi:10.1234/dew",))
    with Catalogue.open(old, writable=True) as catalogue:
        catalogue.put([Entry(new, (), 1)])
    with Catalogue.open(old) as catalogue:
        assert catalogue.papers() == [paper, new]
