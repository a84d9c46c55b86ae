"""Answers as a Markdown document: one list of references at the end, and numbers in the text that lead to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.serve.terminal import plain
from rag.types import Answer, Citation, GridRow, Paper, Sentence

# Punctuation that CommonMark may read as markup inside a line (CommonMark 0.31, sections 2.4 and 6).
_INLINE = re.compile(r"[\\`*_\[\]<>#|~]|&(?=[#A-Za-z])|!(?=\[)")
_LINE_START = re.compile(r"^(?:(\d{1,9})([.)])|([-+=]))")
_MARKS = {"partial": " *(partly supported)*", "unsupported": " *(not supported)*"}


def markdown(answers: Sequence[Answer], papers: Mapping[str, Paper]) -> str:
    """The document. One answer keeps its numbers; several share one numbering, in the order of first citation.
    `papers` tells more about cited papers (venue, year) where it has them."""
    numbers = _numbers(answers)
    parts = [part for answer in answers for part in _answer(answer, numbers)]
    references = {
        numbers[citation.paper_id]: _reference(numbers[citation.paper_id], citation, papers.get(citation.paper_id))
        for answer in answers
        for citation in answer.citations
    }
    if references:
        parts += ["## References", "\n".join(line for _, line in sorted(references.items()))]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """`text` as one line that Markdown shows letter by letter."""
    line = _INLINE.sub(lambda match: "\\" + match[0], plain(text))
    return _LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", line)


def _numbers(answers: Sequence[Answer]) -> dict[str, int]:
    """The number of each cited paper in the document, by its id."""
    if len(answers) == 1:
        return {citation.paper_id: citation.n for citation in answers[0].citations}
    numbers: dict[str, int] = {}
    for answer in answers:
        for citation in answer.citations:
            numbers.setdefault(citation.paper_id, len(numbers) + 1)
    return numbers


def _answer(answer: Answer, numbers: Mapping[str, int]) -> list[str]:
    own = {citation.n: numbers[citation.paper_id] for citation in answer.citations}
    parts = [f"## {escaped(answer.question)}"]
    parts += [_aspect(row, own) for row in answer.grid]
    parts += _themed(answer, own) if answer.themes else [_text(answer.sentences, own)] if answer.sentences else []
    if answer.others:
        parts.append("Also matched:\n\n" + "\n".join(f"- {escaped(other.title)}" for other in answer.others))
    if answer.refused:
        parts.append(f"*Not answered:* {escaped(answer.reason or 'The papers do not answer this.')}")
        if answer.nearest:
            parts.append("Nearest papers:\n\n" + "\n".join(f"- {escaped(title)}" for title in answer.nearest))
    elif answer.reason:
        parts.append(f"*Note:* {escaped(answer.reason)}")
    if answer.cancelled:
        parts.append("*This answer was stopped before its end.*")
    # An overview and a comparison are made of quotes already.
    shown = [] if answer.grid or answer.route == "overview" else [q for s in answer.sentences for q in s.quotes]
    quotes = dict.fromkeys((own[quote.n], quote.text) for quote in shown if quote.n in own)
    if quotes:
        parts.append("\n>\n".join(f"> [{n}] “{escaped(text)}”" for n, text in quotes))
    seen = answer.coverage
    if answer.sentences:
        parts.append(
            f"*{seen.read} papers searched, {seen.matched} relevant, {seen.cited} cited. Collection "
            f"{escaped(answer.collection)}, model {escaped(answer.model)}.*"
        )
    return parts


def _aspect(row: GridRow, own: Mapping[int, int]) -> str:
    """One aspect of a comparison: what each paper says of it, word for word."""
    said = [(own[cell.n], cell.quote) for cell in row.cells if cell.n in own]
    lines = [f"- [{n}] " + (f"“{escaped(quote.text)}”" if quote else "not stated in the abstract") for n, quote in said]
    return f"**{row.aspect.capitalize()}**\n\n" + "\n".join(lines)


def _themed(answer: Answer, own: Mapping[int, int]) -> list[str]:
    """An overview in groups: what stands before the list, then each group under a heading of its own."""
    single = {s.citations[0]: s for s in answer.sentences if s.text.startswith("- ") and len(s.citations) == 1}
    parts = []
    rest = [s for s in answer.sentences if single.get(s.citations[0] if s.citations else 0) is not s]
    if rest:
        parts.append(_text(rest, own))
    for theme in answer.themes:
        members = [single.pop(n) for n in theme.papers if n in single]
        if members:
            label = theme.label[:1].upper() + theme.label[1:] or "Others"
            parts += [f"### {escaped(label)}", _text(members, own)]
    return parts + ([_text(list(single.values()), own)] if single else [])


def _text(sentences: Sequence[Sentence], own: Mapping[int, int]) -> str:
    """As `Answer.text`, with the document's numbers; a list item stands on a line of its own."""
    out = ""
    for sentence in sentences:
        item = sentence.text.startswith("- ")
        body = escaped(sentence.text.removeprefix("- ") if item else sentence.text)
        cited = tuple(dict.fromkeys(own[n] for n in sentence.citations if n in own))
        marked = replace(sentence, text=body, citations=cited).marked + _MARKS.get(sentence.support, "")
        separator = "" if not out else " "
        if item:
            separator = "" if not out else "\n" if out.rpartition("\n")[2].startswith("- ") else "\n\n"
            marked = f"- {marked}"
        elif out.rpartition("\n")[2].startswith("- "):
            separator = "\n\n"
        out += separator + marked
    return out


def _reference(number: int, citation: Citation, paper: Paper | None) -> str:
    authors = ", ".join(escaped(name) for name in citation.authors)
    parts = [authors, f"*{escaped(citation.title)}*"]
    if paper is not None:
        place = ", ".join(escaped(part) for part in (paper.venue or "", str(paper.year or "")) if part)
        parts += [place, escaped(paper.award or "")]
    url = citation.url or (paper.url if paper else None) or ""
    if re.fullmatch(r"https?://[^\s<>]+", url):
        parts.append(f"<{url}>")
    return f"- [{number}] " + ". ".join(part for part in parts if part)
