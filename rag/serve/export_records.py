"""Papers as RIS, CSL-JSON, and JSON lines that `posterchat index` reads again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from rag.serve.cli_common import dump_json
from rag.serve.export_names import Name, split_name
from rag.serve.terminal import plain
from rag.types import Paper

# What a reader would decode once more: `&lt;` written by the authors must come back as `&lt;`.
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


def _ris_lines(paper: Paper, key: str, abstracts: bool) -> list[str]:
    tags: list[tuple[str, str]] = [("TY", "CPAPER" if paper.venue else "GEN")]
    tags += [("AU", _ris_name(split_name(name))) for name in paper.authors]
    tags += [("TI", paper.title), ("T2", paper.venue or ""), ("PY", str(paper.year or "")), ("UR", paper.url or "")]
    tags += [("KW", word) for word in paper.keywords]
    tags += [("N1", paper.award or "")]
    if abstracts:
        tags.append(("N1" if paper.text_kind == "digest" else "AB", paper.abstract))
    tags += [("ID", key)]
    return [f"{tag}  - {text}" for tag, value in tags if (text := plain(value))] + ["ER  - "]


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
        "keyword": ", ".join(plain(word) for word in paper.keywords),
        "note": plain(paper.award or ""),
    }
    if abstracts and paper.text_kind == "abstract":
        item["abstract"] = plain(paper.abstract)
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
