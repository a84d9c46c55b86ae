"""Papers as RIS, CSL-JSON, JSON and JSON lines. `posterchat index` makes the same papers of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import rag
from rag.serve.dump import dump_json
from rag.serve.export.bibtex import joined
from rag.serve.export.names import Name, arxiv, doi, lines_of, split_name
from rag.serve.terminal import plain
from rag.types import Paper

# What a reader would decode once more: `&lt;` written by the authors must come back as `&lt;`.
_TAG = re.compile(r"[A-Z][A-Z0-9] {0,2}-")
_ENTITY = re.compile(r"&(?=#\d|#[xX][0-9a-fA-F]|[A-Za-z][A-Za-z0-9]*;)")


def ris(papers: Iterable[Paper], keys: Mapping[str, str], *, abstracts: bool = False) -> str:
    """RIS records, one tag a line, as reference managers import them."""
    return "\n".join("\n".join(_ris_lines(paper, keys[paper.id], abstracts)) + "\n" for paper in papers)


def csl_json(papers: Iterable[Paper], keys: Mapping[str, str], *, abstracts: bool = False) -> str:
    """A CSL-JSON list, as Zotero, Pandoc and citeproc read it."""
    return json.dumps([_csl(paper, keys[paper.id], abstracts) for paper in papers], ensure_ascii=False, indent=2) + "\n"


def jsonl(papers: Iterable[Paper]) -> str:
    """One JSON object a line. `posterchat index` makes the same papers of it."""
    return "".join(dump_json(_row(paper)) + "\n" for paper in papers)


def json_object(papers: Iterable[Paper]) -> str:
    """One JSON object with all papers. `posterchat index` makes the same papers of it."""
    document = {"posterchat": rag.__version__, "papers": [_row(paper) for paper in papers]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _ris_lines(paper: Paper, key: str, abstracts: bool) -> list[str]:
    tags: list[tuple[str, str]] = [("TY", "CPAPER" if paper.venue else "GEN")]
    tags += [("AU", _ris_name(split_name(name))) for name in paper.authors]
    tags += [("TI", paper.title), ("T2", paper.venue or ""), ("PY", str(paper.year or "")), ("UR", paper.url or "")]
    tags += [("DO", doi(paper))] + [("KW", word) for word in paper.keywords]
    notes = [("Award", paper.award), ("Session", paper.session)] if abstracts else [("Award", paper.award)]
    others = [one for one in paper.identifiers if one != f"doi:{doi(paper)}"]
    tags += [("N1", f"{what}: {text}") for what, text in notes if text and plain(text)] + [("AN", "; ".join(others))]
    lines = [f"{tag}  - {text}" for tag, value in tags if (text := plain(value))]
    if abstracts and (text := _field_lines(paper.abstract)):
        lines.append(("N1  - Digest: " if paper.text_kind == "digest" else "AB  - ") + text)
    return [*lines, f"ID  - {key}", "ER  - "]


def _field_lines(text: str) -> str:
    """A field of several lines; a line that would look like a tag stays on the line before it."""
    out = ""
    for line in lines_of(text):
        out = f"{out.rstrip()} {line}" if _TAG.match(line) and out else f"{out}\n{line}" if out else line
    return out


def _ris_name(name: Name) -> str:
    return ", ".join(part for part in (name.family, name.given, name.suffix) if part)


def _csl(paper: Paper, key: str, abstracts: bool) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": key,
        "type": "paper-conference" if paper.venue else "document",
        "title": plain(paper.title),
        "author": [_csl_name(split_name(name)) for name in paper.authors if plain(name)],
        "container-title": plain(paper.venue or ""),
        "issued": {"date-parts": [[paper.year]]} if paper.year else None,
        "URL": paper.url,
        "DOI": doi(paper),
        "number": f"arXiv:{arxiv(paper)}" if arxiv(paper) else "",
        "keyword": joined([plain(word) for word in paper.keywords]),
        "note": plain(paper.award or ""),
    }
    if abstracts:
        text = "\n".join(lines_of(paper.abstract))
        item["abstract"] = text if paper.text_kind == "abstract" else ""
        # What CSL has no variable for, where the schema wants it.
        more = {
            "award": plain(paper.award or ""),
            "session": plain(paper.session or ""),
            "digest": text if paper.text_kind == "digest" else "",
            "identifiers": list(paper.identifiers),
        }
        item["custom"] = {name: value for name, value in more.items() if value}
    return {name: value for name, value in item.items() if value}


def _csl_name(name: Name) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    return {"family": name.family, "given": name.given} | ({"suffix": name.suffix} if name.suffix else {})


def _row(paper: Paper) -> dict[str, Any]:
    kept = {name: value for name, value in asdict(paper).items() if value not in (None, (), "") and name != "id"}
    return {name: _escaped(value) for name, value in kept.items()}


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return _ENTITY.sub("&amp;", value)
    return [_escaped(item) for item in value] if isinstance(value, tuple) else value
