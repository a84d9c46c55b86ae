"""The view in which papers are added, as HTML. Everything put into it is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from rag.serve.ui import formulas, pieces
from rag.serve.ui.adding import MOST_BYTES, Preview, Upload
from rag.serve.ui.turn import count
from rag.types import Rejected

SHOWN_PAPERS = 5
SHOWN_REJECTED = 20
KINDS = "HTML or text of a session page, JSON, JSONL, CSV, BibTeX, RIS, XML; also gzipped or in a zip"


def shell(allowed: bool) -> str:
    """The frame of the view."""
    if not allowed:
        inside = (
            '<p class="empty">Papers are added on the machine that runs posterchat: '
            "<code>posterchat index FILE</code>, then open this page again.</p>"
        )
    else:
        inside = (
            '<p class="lead">Save the page of a session in your browser and drop it here. It stays on this machine.</p>'
            '<label class="drop" id="pc-drop"><input id="pc-file" type="file"><span class="drop-main">Drop a file, or'
            f' <u>choose one</u></span><span class="drop-kinds">{KINDS}; at most {MOST_BYTES // 10**6} MB</span>'
            "</label>"
            '<div id="pc-added" class="filled" aria-live="polite"></div>'
        )
    return (
        '<section id="pc-view-add" class="view" aria-label="Add papers" hidden><h2 tabindex="-1">Add papers</h2>'
        f"{inside}</section>"
    )


def preview(token: str, name: str, found: Preview, suggested: str, names: Sequence[str]) -> str:
    """What was found in a file, and the form that has it indexed."""
    fields = "".join(
        f'<tr><th scope="row">{field}</th><td>{"all" if number == len(found.papers) else f"{number:,}"}</td></tr>'
        for field, number in found.filled()
    )
    rows = "".join(
        f'<li><p class="item-title" dir="auto">{formulas.html(paper.title)}</p>'
        f'<p class="entry-authors" dir="auto">{escape(pieces.few_authors(paper.authors)) or "no authors"}</p></li>'
        for paper in found.papers[:SHOWN_PAPERS]
    )
    more = len(found.papers) - SHOWN_PAPERS
    rest = f'<p class="lead">and {count(more, "more paper")}</p>' if more > 0 else ""
    twice = len(found.papers) - found.distinct
    doubled = f'<p class="lead">{count(twice, "paper")} more than once: counted once.</p>' if twice else ""
    notes = "".join(f'<p class="lead">{escape(note)}</p>' for note in found.notes)
    known = "".join(f'<option value="{escape(known)}"></option>' for known in names)
    return (
        f'<form class="adding" data-token="{escape(token)}"><h3>{count(found.distinct, "paper")} found in'
        f' <span dir="auto">{escape(name)}</span></h3>{notes}{doubled}{_rejected(found.rejected)}<div class="two">'
        f'<table class="fields" aria-label="Fields found"><tbody>{fields}</tbody></table><div>'
        "<h4>The first of them</h4>"
        f'<ul class="similar">{rows}</ul>{rest}</div></div>'
        f'<label>Collection<input name="collection" required maxlength="64" autocomplete="off" list="pc-known"'
        f' value="{escape(suggested)}"></label><datalist id="pc-known">{known}</datalist>'
        '<p class="lead">A new name makes a new collection; papers given to one that is there are added to it.</p>'
        '<p class="dialog-acts"><button type="submit" class="main-act">Add these papers</button>'
        '<button type="button" class="add-cancel">Cancel</button></p></form>'
    )


def _rejected(rejected: Sequence[Rejected]) -> str:
    if not rejected:
        return ""
    rows = "".join(
        f"<li>{f'line {one.line}: ' if one.line else ''}{escape(one.reason)}</li>" for one in rejected[:SHOWN_REJECTED]
    )
    rest = f"<li>and {len(rejected) - SHOWN_REJECTED:,} more</li>" if len(rejected) > SHOWN_REJECTED else ""
    return (
        f'<details class="rejected"><summary>{count(len(rejected), "entry").replace("entrys", "entries")} could not be'
        f" read</summary><ul>{rows}{rest}</ul></details>"
    )


def going(upload: Upload, collection: str) -> str:
    """How far the indexing is; the result when it is over."""
    if upload.problem is not None:
        said, hint = upload.problem
        hint = f'<p class="hint">{escape(hint)}</p>' if hint else ""
        return f'<div class="problem" role="alert" data-over="true"><p>{escape(said)}</p>{hint}</div>'
    if upload.report is None:
        total = f' max="{upload.total}" value="{upload.done}"' if upload.total else ""
        of = f" {upload.done:,} of {upload.total:,}" if upload.total else ""
        what = upload.what or "starting"
        return (
            f'<div class="going"><p>Adding to <b dir="auto">{escape(collection)}</b>: {escape(what)}{of}</p>'
            f'<progress aria-label="Progress"{total}></progress></div>'
        )
    report = upload.report
    kinds = (("added", report.added), ("changed", report.changed), ("there before", report.unchanged))
    told = ", ".join(f"{number:,} {what}" for what, number in kinds if number) or "nothing new"
    href = escape(f"?{urlencode({'collection': report.collection})}")
    return (
        f'<div class="going done" data-over="true"><p><b dir="auto">{escape(report.collection)}</b> has'
        f" {count(report.total, 'paper')} now: {told}, in {report.seconds:.1f} s.</p>"
        f'<p class="dialog-acts"><a class="main-act" href="{href}">Ask these papers</a></p></div>'
    )
