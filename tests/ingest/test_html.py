"""Pages of single papers, formulas, encodings, odd markup: what the forms of `test_forms` do not show."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up_ponds import PAPERS

from rag.ingest.read import read_papers
from rag.types import Paper, Rejected

ABSTRACT = PAPERS[0].abstract
META = """<meta name="citation_title" content="The Weight of Fog &amp; Dew">
<meta name="citation_author" content="Quill, Ada"><meta name="citation_author" content="Bo Marsh">
<meta name="citation_publication_date" content="2031/05/04"><meta name="citation_conference_title" content="TideConf">
<meta name="citation_keywords" content="fog; dew"><meta name="citation_doi" content="10.1234/fog.7">"""


def read(path: Path, content: str | bytes) -> tuple[list[Paper], list[Rejected], list[str]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    notes: list[str] = []
    items = list(read_papers(path, note=notes.append))
    return [i for i in items if isinstance(i, Paper)], [i for i in items if isinstance(i, Rejected)], notes


@pytest.mark.parametrize(
    "place",
    [
        f'<meta name="citation_abstract" content="{ABSTRACT}"></head><body>Download',
        f'</head><body><div class="card-body acl-abstract"><h5>Abstract</h5><span>{ABSTRACT}</span></div>',
        f'</head><body><div id="abstract" class="abstract">{ABSTRACT}</div>',
        f"</head><body><h4>Abstract</h4><p>{ABSTRACT}</p><h4>Other</h4><p>{ABSTRACT} {ABSTRACT}</p>",
        f'</head><body><blockquote class="abstract mathjax"><span class="descriptor">Abstract:</span> {ABSTRACT}',
    ],
)
def test_a_page_of_one_paper(tmp_path: Path, place: str) -> None:
    (paper,), rejected, notes = read(tmp_path / "a.html", f"<html><head>{META}{place}</body></html>")
    assert (paper.title, paper.authors, paper.abstract) == (
        "The Weight of Fog & Dew",
        ("Ada Quill", "Bo Marsh"),
        ABSTRACT,
    )
    assert (paper.venue, paper.year, paper.keywords) == ("TideConf", 2031, ("fog", "dew"))
    assert paper.url == "https://doi.org/10.1234/fog.7" and not rejected
    assert notes == [f"{tmp_path / 'a.html'}: read by its citation_* tags."]


def test_a_page_that_names_a_paper_without_its_abstract(tmp_path: Path) -> None:
    papers, (rejected,), _ = read(tmp_path / "a.html", f"<html><head>{META}</head><body>Download</body></html>")
    assert not papers and rejected.reason == "it has no abstract: The Weight of Fog & Dew"


def test_data_for_scripts(tmp_path: Path) -> None:
    data = '{"props": {"notes": [{"content": {"title": {"value": "Fog"}, "abstract": {"value": "It is heavy."}}}]}}'
    page = f'<html><body><script id="__NEXT_DATA__" type="application/json">{data}</script></body></html>'
    (paper,), _, _ = read(tmp_path / "a.html", page)
    assert (paper.title, paper.abstract) == ("Fog", "It is heavy.")


def test_formulas_are_kept_as_tex_once(tmp_path: Path) -> None:
    katex = (
        '<span class="katex"><span class="katex-mathml"><math><mi>x</mi><annotation encoding="application/x-tex">x^2'
        '</annotation></math></span><span class="katex-html">x2</span></span>'
    )
    mathjax = (
        '<span class="MathJax_Preview">y</span><span class="MathJax">y3</span><script type="math/tex">y^3</script>'
    )
    abstract = f"We weigh {katex} kinds of fog and {mathjax} kinds of dew. " + ABSTRACT
    page = f"<html><body><div><h3 class='title'>Fog</h3><div class='abstract'>{abstract}</div></div>"
    (paper,), _, _ = read(tmp_path / "a.html", page)
    assert paper.abstract.startswith("We weigh $x^2$ kinds of fog and $y^3$ kinds of dew. Ladders lean")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_is_the_one_the_page_names(tmp_path: Path, encoding: str) -> None:
    page = (
        f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={encoding}"></head><body><div>'
        f"<h3 class='title'>Fôg</h3><p class='authors'>José Núñez, Zoë Fjörd</p>"
        f"<p class='abstract'>{ABSTRACT}</p></div>"
    )
    (paper,), _, _ = read(tmp_path / "a.html", page.encode(encoding))
    assert (paper.title, paper.authors) == ("Fôg", ("José Núñez", "Zoë Fjörd"))


@pytest.mark.parametrize(
    "authors",
    [
        '<ul class="authors"><li class="author">Ada Quill</li><li class="author">Bo Marsh</li></ul>',
        '<span class="author">Ada Quill</span>, <span class="author">Bo Marsh</span>',
        '<p class="authors">by Ada Quill and Bo Marsh</p>',
        '<div class="author-str">Ada Quill · Bo Marsh</div>',
        '<div><a href="/profile?id=~Ada_Quill1">Ada Quill</a>, <a href="/profile?id=~Bo_Marsh1">Bo Marsh</a></div>',
    ],
)
def test_authors_however_they_are_marked(tmp_path: Path, authors: str) -> None:
    page = f"<html><body><article><h3>On Fog</h3>{authors}<div class='abstract'>{ABSTRACT}</div></article>"
    (paper,), _, _ = read(tmp_path / "a.html", page)
    assert (paper.title, paper.authors) == ("On Fog", ("Ada Quill", "Bo Marsh"))


def test_links_are_completed_by_the_address_that_the_page_was_saved_from(tmp_path: Path) -> None:
    page = (
        '<!doctype html><html><head><link rel="canonical" href="https://ponds.example/2031/papers.html"></head><body>'
        f'<div><h3 class="title"><a href="fog/7">On Fog</a></h3><p class="abstract">{ABSTRACT}</p></div></body></html>'
    )
    (paper,), _, _ = read(tmp_path / "a.html", page)
    assert paper.url == "https://ponds.example/2031/fog/7"


def test_a_saved_text_in_pre_and_one_broken_by_br(tmp_path: Path) -> None:
    text = "\n\n\n".join(f"{p.title}\n\n{' · '.join(p.authors)}\n\n{p.abstract}" for p in PAPERS).replace("&", "&amp;")
    for body in (f"<pre>{text}</pre>", text.replace("\n", "<br>\n")):
        papers, _, _ = read(tmp_path / "a.html", f"<html><body>{body}</body></html>")
        assert [(p.title, p.authors, p.abstract) for p in papers] == [(p.title, p.authors, p.abstract) for p in PAPERS]


def test_a_table_row_without_an_abstract_is_named(tmp_path: Path) -> None:
    rows = f"<tr><td>On Fog</td><td>{ABSTRACT}</td></tr><tr><td>On Dew</td><td></td></tr>"
    page = f"<html><body><table><tr><th>Title</th><th>Abstract</th></tr>{rows}</table></body></html>"
    papers, (rejected,), notes = read(tmp_path / "a.html", page)
    assert [p.title for p in papers] == ["On Fog"]
    assert (rejected.line, rejected.reason) == (0, "row 2 of a table: it has no abstract: On Dew")
    assert "title: column 1 “Title”; abstract: column 2 “Abstract”" in notes[0]
