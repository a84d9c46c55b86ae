"""BibTeX, RIS and XML as people have them: macros, accents, doubled keys, missing ends, hostile declarations."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_files import acl_xml, atom, ris
from made_up_ponds import PAPERS

from rag.errors import InputError
from rag.ingest.latex import plain_name, plain_text
from rag.ingest.read import read_papers
from rag.types import Paper, Rejected


def read(path: Path, content: str | bytes) -> tuple[list[Paper], list[Rejected]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    items = list(read_papers(path))
    return [i for i in items if isinstance(i, Paper)], [i for i in items if isinstance(i, Rejected)]


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"{\'E}tienne M{\"u}ller", "Étienne Müller"),
        (r"{\L}ukasz \v{C}ech, \AA sa {\O}deg{\aa}rd", "Łukasz Čech, Åsa Ødegård"),
        (r"Nguy{\~{\^e}}n Mar{\'\i}a", "Nguyễn María"),
        (r"{B}ert and {GPT}-4 at 50\% of {A\&B}", "Bert and GPT-4 at 50% of A&B"),
        (r"{\em deep} \emph{kites \textbf{x}}", "deep kites x"),
        (r"$\mathcal{O}(n^{2})$ costs \$5~m", r"$\mathcal{O}(n^{2})$ costs $5 m"),
        (r"\method{} keeps 10% of \{a\}", r"\method{} keeps 10% of {a}"),
        ("O'Neil has no LaTeX", "O'Neil has no LaTeX"),
    ],
)
def test_latex(latex: str, plain: str) -> None:
    assert plain_text(latex) == plain
    assert "$" in latex or "~" in latex or plain_name(latex) == plain


def test_bibtex_as_people_have_it(tmp_path: Path) -> None:
    text = r"""% my references
@comment{ignore @article{x}}
@STRING{tide = {Tide}}
@InProceedings(fog31, TITLE = "The {F}og", author = {Quill, Ada and {The Mist Group} and von Ode, M. and others},
  booktitle = tide # {Conf}, Year = 2031, abstract = "It is 50\% heavy.", doi={10.1234/a\_b}, keywords = {fog, dew})
@article{fog31, title={Dew}, title={Not This}, author="Bo Marsh", abstract={It is light.}, eprint={3105.01234},
  archiveprefix={arXiv}}
@misc{none, title={Nothing Told}, author={Ada Quill}}
@article{cut, title={Cut Off}, abstract={It begins
"""
    papers, rejected = read(tmp_path / "a.bib", text)
    fog, dew = papers
    assert (fog.title, fog.abstract) == ("The Fog", "It is 50% heavy.")
    assert fog.authors == ("Ada Quill", "The Mist Group", "M. von Ode")
    assert (fog.venue, fog.year, fog.url) == ("TideConf", 2031, "https://doi.org/10.1234/a_b")
    assert fog.keywords == ("fog", "dew")
    assert (dew.title, dew.url) == ("Dew", "https://arxiv.org/abs/3105.01234")
    assert [(r.line, r.reason.split(":")[0]) for r in rejected] == [(8, "none"), (9, "it is no whole BibTeX entry")]


def test_ris_without_ends_and_with_wrapped_lines(tmp_path: Path) -> None:
    text = (
        "\ufeffTY  - JOUR\nT1  - Fog\nA1  - Quill, Ada\nN2  - It is\nheavy.\nJO  - Tides\nY1  - 2031/05/04\n"
        "DO  - 10.1234/fog\nTY  - JOUR\nTI  - Dew\nER  -\nstray\nTY  - CONF\nTI  - Mist\nAB  - It is light.\n"
    )
    papers, rejected = read(tmp_path / "a.ris", text)
    fog, mist = papers
    assert (fog.title, fog.authors, fog.abstract) == ("Fog", ("Ada Quill",), "It is heavy.")
    assert (fog.venue, fog.year, fog.url) == ("Tides", 2031, "https://doi.org/10.1234/fog")
    assert mist.title == "Mist"
    assert [(r.line, r.reason) for r in rejected] == [
        (9, "it has no abstract: Dew"),
        (12, "lines that belong to no record (a record begins with “TY  -”)"),
    ]


def test_ris_of_old_line_ends_and_one_space(tmp_path: Path) -> None:
    text = ris(PAPERS).replace(b"\r\n", b"\r").replace(b"  - ", b" - ")
    assert len(read(tmp_path / "a.ris", text)[0]) == 5


@pytest.mark.parametrize("write", [acl_xml, atom])
def test_xml_that_is_cut_off_gives_what_comes_before(tmp_path: Path, write: object) -> None:
    data = acl_xml(PAPERS) if write is acl_xml else atom(PAPERS)
    papers, (rejected,) = read(tmp_path / "a.xml", data[: data.index(PAPERS[3].abstract[:20].encode())])
    assert [p.title for p in papers] == [p.title for p in PAPERS[:3]]
    assert rejected.line > 3 and "breaks off" in rejected.reason


@pytest.mark.parametrize(
    "declaration",
    ['<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">', '<!ENTITY a SYSTEM "file:///etc/hostname">'],
)
def test_xml_that_declares_entities_is_refused(tmp_path: Path, declaration: str) -> None:
    data = acl_xml(PAPERS).decode().replace("<collection", f"<!DOCTYPE collection [{declaration}]>\n<collection", 1)
    papers, (rejected,) = read(tmp_path / "a.xml", data.replace("Ladders lean", "&a; lean"))
    assert not papers and "declares XML entities" in rejected.reason


def test_an_acl_link_is_completed(tmp_path: Path) -> None:
    data = acl_xml(PAPERS).replace(PAPERS[0].address.encode(), b"2031.tide-1.1")
    assert read(tmp_path / "a.xml", data)[0][0].url == "https://aclanthology.org/2031.tide-1.1"


def test_xml_in_other_encodings(tmp_path: Path) -> None:
    for encoding in ("utf-16", "iso-8859-1"):
        text = acl_xml(PAPERS).decode().replace("UTF-8", encoding).replace("Wójcik", "Wojcik")
        assert len(read(tmp_path / "a.xml", text.encode(encoding))[0]) == 5
    with pytest.raises(InputError, match="encoding that cannot be read"):
        read(tmp_path / "a.xml", acl_xml(PAPERS).replace(b"UTF-8", b"x-nothing"))
