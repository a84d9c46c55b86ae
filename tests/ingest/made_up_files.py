"""The same invented papers as files of every form, each in the shape that the form really has."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable

from made_up_ponds import PAPERS, Invented

Write = Callable[[tuple[Invented, ...]], bytes]


def page_text(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A session page as it is copied from a browser."""
    parts = ["Skip to main content\n\nSession\n\nPond Posters 3\n\nAbstract:\nChat is not available.\n"]
    for paper in papers:
        award = f"{paper.award}\n" if paper.award else ""
        parts.append(f"\n\n{award}{paper.title}\n\n{' · '.join(paper.authors)}\n\n{paper.abstract}\n")
    return "".join(parts).encode()


def plain_html(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A page whose elements have no telling names."""
    cards = "".join(
        (f"<div><div>{p.award}</div>" if p.award else "")
        + f"<div><h4>{html.escape(p.title)}</h4><div>{html.escape(' · '.join(p.authors))}</div>"
        f"<div><p>{html.escape(p.abstract)}</p></div></div>" + ("</div>" if p.award else "")
        for p in papers
    )
    head = "<nav><a href='/'>Home</a></nav><h1>Session</h1><h2>Pond Posters 3</h2><p>Chat is not available.</p>"
    return f"<!DOCTYPE html><html><head><title>Ponds</title></head><body>{head}{cards}</body></html>".encode()


def virtual_site(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A session of the virtual sites that several conferences share."""
    cards = "".join(
        f'<div class="displaycards touchup-date" id="event-{p.number}"><div class="virtual-card">'
        f'<a class="small-title text-underline-hover" href="/paper/{p.number}">{html.escape(p.title)}</a>'
        + (f'<div class="award-display">{p.award}</div>' if p.award else "")
        + '<div class="type_display_name_virtual_card">Poster</div>'
        f'<div class="author-str">{html.escape(" · ".join(p.authors))}</div>'
        '<details><summary class="abstract-toggle">Abstract</summary><div class="abstract-section">'
        f'<div class="abstract-display"><p>{html.escape(p.abstract)}</p></div></div></details></div></div>'
        for p in papers
    )
    saved = "<!-- saved from url=(0033)https://ponds.example/session/3 -->"
    return f"<!DOCTYPE html>{saved}<html><head><meta charset='utf-8'></head><body>{cards}</body></html>".encode()


def mini_conf(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """The papers of a Mini-Conf site."""
    cards = "".join(
        '<div class="col-md-4 col-xs-12"><div class="card pp-card"><div class="pp-card-header">'
        f'<a href="https://ponds.example/paper/{p.number}"><h2 class="card-title">{html.escape(p.title)}</h2></a>'
        '<h6 class="card-subtitle text-muted">'
        + ", ".join(f'<a href="papers.html?filter=authors&search=x">{html.escape(a)}</a>' for a in p.authors)
        + (f'</h6><span class="badge award">{p.award}</span>' if p.award else "</h6>")
        + f'</div><div class="card-text abstract"><b>Abstract:</b> {html.escape(p.abstract)}</div></div></div>'
        for p in papers
    )
    return (
        f"<html><head><title>TideConf</title></head><body><div class='cards row'>{cards}</div></body></html>".encode()
    )


def html_table(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A table of submissions."""
    rows = "".join(
        f'<tr><td>{p.number}</td><td class="td-left"><a href="{p.address}"> {html.escape(p.title)} </a></td>'
        f"<td>{html.escape('; '.join(p.authors))}</td><td>{html.escape(p.abstract)}</td><td>{p.award or ''}</td></tr>"
        for p in papers
    )
    names = "".join(f"<th>{name}</th>" for name in ("#", "Title", "Authors", "Abstract", "Award"))
    return f"<html><body><table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table></body></html>".encode()


def linked_data(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A page with schema.org articles as JSON-LD."""
    graph = [
        {
            "@type": "ScholarlyArticle",
            "name": p.title,
            "abstract": p.abstract,
            "author": [{"@type": "Person", "name": name} for name in p.authors],
            "url": p.address,
            "award": p.award,
            "isPartOf": {"@type": "Periodical", "name": "TideConf"},
            "datePublished": "2031-05-04",
        }
        for p in papers
    ]
    data = json.dumps({"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "x"}, *graph]})
    return f'<html><head><script type="application/ld+json">{data}</script></head><body>Hi</body></html>'.encode()


def json_list(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A list of objects, as Mini-Conf's `papers.json` holds them inside an object."""
    rows = [
        {
            "UID": str(p.number),
            "title": p.title,
            "authors": list(p.authors),
            "abstract": p.abstract,
            "award": p.award,
            "url": p.address,
        }
        for p in papers
    ]
    return json.dumps({"meta": {"count": len(rows)}, "data": {"papers": rows}}, indent=1).encode()


def csl_json(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """What reference managers export for citation processors."""
    items = [
        {
            "id": f"pond-{p.number}",
            "type": "paper-conference",
            "title": p.title,
            "author": [{"family": a.rpartition(" ")[2], "given": a.rpartition(" ")[0]} for a in p.authors],
            "abstract": p.abstract,
            "container-title": "TideConf",
            "issued": {"date-parts": [[2031, 5, 4]]},
            "URL": p.address,
        }
        for p in papers
    ]
    return json.dumps(items, indent=2).encode()


def meta_page(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """The page of one paper, for Google Scholar and the like."""
    paper = papers[0]
    fields = [
        ("title", paper.title),
        ("abstract", paper.abstract),
        ("conference_title", "TideConf"),
        ("doi", "10.1234/x"),
    ]
    fields += [("author", name) for name in paper.authors]
    tags = "".join(f'<meta name="citation_{name}" content="{html.escape(text)}">\n' for name, text in fields)
    return f"<!DOCTYPE html><html><head>{tags}</head><body><h1>{html.escape(paper.title)}</h1></body></html>".encode()


def json_lines(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """One object a line."""
    rows = ({"title": p.title, "authors": p.authors, "abstract": p.abstract, "award": p.award, "url": p.address}
            for p in papers)  # fmt: skip
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def openreview_1(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """What the first OpenReview API returns."""
    notes = [
        {
            "id": f"tideNote{p.number:03}",
            "forum": f"tideNote{p.number:03}",
            "replyto": None,
            "invitation": "TideConf.cc/2031/Conference/-/Blind_Submission",
            "content": {"title": p.title, "authors": list(p.authors), "abstract": p.abstract, "pdf": "/pdf/a.pdf",
                        "award": p.award, "keywords": ["ponds", "rain"], "venue": "TideConf 2031 Poster"},
        }
        for p in papers
    ]  # fmt: skip
    return json.dumps({"notes": notes, "count": len(notes)}).encode()


def openreview_2(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """What the second OpenReview API returns: every value wrapped."""
    first = json.loads(openreview_1(papers))
    for note in first["notes"]:
        note["content"] = {key: {"value": value} for key, value in note["content"].items()}
        note["invitations"] = [note.pop("invitation").replace("Blind_", "")]
    return json.dumps(first, indent=2).encode()


def comma_table(papers: tuple[Invented, ...] = PAPERS, *, delimiter: str = ",") -> bytes:
    """CSV as a spreadsheet writes it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(["ID", "Paper Title", "Author Names", "Abstract", "Award", "URL", "Score"])
    for p in papers:
        writer.writerow([p.number, p.title, "; ".join(p.authors), p.abstract, p.award or "", p.address, 6.5])
    return out.getvalue().encode()


def tab_table(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """The same with tabs."""
    return comma_table(papers, delimiter="\t")


_LATEX = {"ë": '{\\"e}', "Å": "{\\AA}", "ö": '{\\"{o}}', "é": "\\'e", "ú": "{\\'u}", "ñ": "\\~{n}", "ø": "{\\o}",
          "ó": "\\'{o}", "&": "\\&"}  # fmt: skip


def bibtex(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A bibliography as the ACL Anthology and reference managers write them."""
    out = ['@string{tide = "Proceedings of TideConf"}\n\n% exported\n']
    for p in papers:
        people = " and ".join(f"{name.rpartition(' ')[2]}, {name.rpartition(' ')[0]}" for name in p.authors)
        title, people, abstract = (latex(text) for text in (p.title, people, p.abstract))
        word = title.split(" ")[0]
        award = f"  award = {{{p.award}}},\n" if p.award else ""
        out.append(
            f"@inproceedings{{pond-{p.number},\n  title = {{{{{word}}}{title[len(word) :]}"
            f'}},\n  author = {{{people}}},\n  booktitle = tide # " 3",\n  year = 2031,\n{award}'
            f"  url = {{{p.address}}},\n  abstract = {{{abstract}}},\n}}\n\n"
        )
    return "".join(out).encode()


def latex(text: str) -> str:
    """`text` as it stands in a bibliography."""
    return "".join(_LATEX.get(char, char) for char in text)


def ris(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """What reference managers exchange."""
    out = []
    for p in papers:
        people = "".join(f"AU  - {name.rpartition(' ')[2]}, {name.rpartition(' ')[0]}\r\n" for name in p.authors)
        out.append(
            f"TY  - CONF\r\nTI  - {p.title}\r\n{people}T2  - TideConf\r\nPY  - 2031\r\nAB  - {p.abstract}\r\n"
            f"UR  - {p.address}\r\nKW  - ponds\r\nKW  - rain\r\nER  - \r\n\r\n"
        )
    return "".join(out).encode()


def acl_xml(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """A volume of the ACL Anthology."""
    out = []
    for p in papers:
        people = "".join(
            f"<author><first>{name.rpartition(' ')[0]}</first><last>{name.rpartition(' ')[2]}</last></author>"
            for name in p.authors
        )
        first, _, rest = html.escape(p.title).partition(" ")
        abstract = html.escape(p.abstract).replace("$O(n^2)$", "<tex-math>O(n^2)</tex-math>")
        award = f"<award>{p.award}</award>" if p.award else ""
        out.append(
            f'<paper id="{p.number}"><title><fixed-case>{first}</fixed-case> {rest}</title>{people}'
            f"<abstract>{abstract}</abstract><url hash='0a1b'>{p.address}</url>{award}<bibkey>x-{p.number}</bibkey>"
            "</paper>\n"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<collection id="2031.tide">\n<volume id="1"><meta>'
        "<booktitle>Proceedings of Tide<fixed-case>C</fixed-case>onf</booktitle><year>2031</year></meta>\n"
        "<frontmatter><url>2031.tide-1.0</url></frontmatter>\n" + "".join(out) + "</volume></collection>\n"
    ).encode()


def atom(papers: tuple[Invented, ...] = PAPERS) -> bytes:
    """What arXiv's API returns."""
    out = []
    for p in papers:
        people = "".join(f"<author><name>{name}</name></author>" for name in p.authors)
        out.append(
            f"<entry><id>{p.address}</id><published>2031-05-04T00:00:00Z</published><title>{html.escape(p.title)}"
            f"</title><summary>  {html.escape(p.abstract)}\n</summary>{people}"
            f'<link href="{p.address}" rel="alternate" type="text/html"/><link title="pdf" rel="related" href="x"/>'
            '<category term="cs.PD" scheme="http://arxiv.org/schemas/atom"/></entry>\n'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        "<title>ArXiv Query</title>\n" + "".join(out) + "</feed>\n"
    ).encode()


# Every form by the name of a file of it.
FILES: dict[str, Write] = {
    "page.txt": page_text,
    "plain.html": plain_html,
    "virtual_site.html": virtual_site,
    "mini_conf.html": mini_conf,
    "table.html": html_table,
    "linked_data.html": linked_data,
    "papers.json": json_list,
    "papers.jsonl": json_lines,
    "openreview_1.json": openreview_1,
    "openreview_2.json": openreview_2,
    "csl.json": csl_json,
    "papers.csv": comma_table,
    "papers.tsv": tab_table,
    "papers.bib": bibtex,
    "papers.ris": ris,
    "acl.xml": acl_xml,
    "arxiv.atom": atom,
}
# What each form has no place for.
WITHOUT_AWARD = {"papers.ris", "arxiv.atom", "csl.json"}
WITHOUT_ADDRESS = {"page.txt", "plain.html", "openreview_1.json", "openreview_2.json"}
