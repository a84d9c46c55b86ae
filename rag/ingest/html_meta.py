"""What a page says of its papers for machines: `citation_*` and Dublin Core meta tags, schema.org as JSON-LD, and the
JSON that a page's own scripts read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rag.ingest.fields import looks_like_paper
from rag.ingest.html_text import text_of
from rag.ingest.jsonl import paper_rows

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# Meta tags → keys of `fields.KEYS` (Google Scholar's inclusion guidelines; Dublin Core).
_META = {
    "citation_title": "title", "dc.title": "title",
    "citation_abstract": "abstract", "dc.description": "abstract", "dcterms.abstract": "abstract",
    "citation_author": "authors", "citation_authors": "authors", "dc.creator": "authors",
    "citation_publication_date": "date", "citation_date": "date", "citation_online_date": "date",
    "citation_year": "year", "dc.date": "date",
    "citation_conference_title": "venue", "citation_journal_title": "journal", "citation_inbook_title": "booktitle",
    "citation_doi": "doi", "citation_arxiv_id": "arxiv",
    "citation_abstract_html_url": "url", "citation_public_url": "url", "og:url": "link",
    "citation_pdf_url": "pdf",
    "citation_keywords": "keywords", "citation_keyword": "keywords",
}  # fmt: skip
_MANY = {"authors", "keywords"}
_ARTICLES = {
    "scholarlyarticle", "article", "techarticle", "report", "thesis", "publication", "presentationdigitaldocument",
    "creativework", "medicalscholarlyarticle", "conferencepaper",
}  # fmt: skip
_FEWEST_LETTERS = 80
_MOST_NODES = 200_000


def meta_record(tree: LexborHTMLParser) -> dict[str, Any] | None:
    """The paper that a page of one paper is about, by its meta tags; where they lack the abstract, by the part of the
    page that is called so. None when the page names no paper."""
    values: dict[str, Any] = {}
    for node in tree.css("meta[name], meta[property]"):
        name = (node.attributes.get("name") or node.attributes.get("property") or "").lower()
        key, content = _META.get(name), node.attributes.get("content")
        if not key or not content or not content.strip():
            continue
        if key in _MANY:
            values.setdefault(key, []).append(content)
        else:
            values.setdefault(key, content)
    if "title" not in values or not (values.get("authors") or tree.css_first('meta[name^="citation_"]')):
        return None
    values["authors"] = [name for names in values.get("authors", []) for name in names.split(";")]
    values["keywords"] = [word for words in values.get("keywords", []) for word in words.replace(";", ",").split(",")]
    if "abstract" not in values and (abstract := abstract_on_page(tree)):
        values["abstract"] = abstract
    return values


def abstract_on_page(tree: LexborHTMLParser) -> str | None:
    """The longest part of the page that is called an abstract by its class, its id, or the heading above it."""
    texts = [text_of(node) for node in tree.css('[class*="abstract" i], [id*="abstract" i]')]
    for heading in tree.css("h1, h2, h3, h4, h5, h6, dt, strong, b"):
        if heading.text().strip(" :.\n\t[]").lower() == "abstract" and heading.parent is not None:
            following = heading.next
            while following is not None and not (following.tag or "").startswith(("h1", "h2", "h3", "h4", "h5", "h6")):
                if following.is_element_node and (text := text_of(following)):
                    texts.append(text)
                    break
                following = following.next
    texts = [without_label(text) for text in texts]
    best = max(texts, key=len, default="")
    return best if len(best) >= _FEWEST_LETTERS else None


def without_label(text: str) -> str:
    """An abstract without the word "Abstract" in front of it."""
    first, _, rest = text.partition("\n")
    if first.strip(" :.[]").lower() == "abstract":
        return rest.strip()
    for label in ("Abstract:", "ABSTRACT:", "Abstract—", "Abstract."):
        text = text.removeprefix(label)
    return text.strip()


def linked_data(tree: LexborHTMLParser) -> list[dict[str, Any]]:
    """The articles of schema.org in the page's JSON-LD, wherever they stand in it."""
    found: list[dict[str, Any]] = []
    for node in tree.css('script[type="application/ld+json" i]'):
        for value in _nodes(_json(node)):
            kinds = value.get("@type") or ()
            kinds = kinds if isinstance(kinds, list) else [kinds]
            names = {str(kind).rpartition("/")[2].rpartition(":")[2].lower() for kind in kinds}
            if names & _ARTICLES and (value.get("name") or value.get("headline")):
                found.append(_article(value))
    return found


def _article(value: Mapping[str, Any]) -> dict[str, Any]:
    part_of = value.get("isPartOf") or value.get("publication")
    part_of = part_of[0] if isinstance(part_of, list) and part_of else part_of
    return {
        "title": value.get("name") or value.get("headline"),
        "abstract": value.get("abstract") or value.get("description"),
        "authors": value.get("author") or value.get("creator"),
        "url": value.get("url") or value.get("@id"),
        "doi": value.get("doi"),
        "identifiers": [*_several(value.get("identifier")), *_several(value.get("sameAs"))],
        "venue": part_of.get("name") if isinstance(part_of, Mapping) else part_of,
        "date": value.get("datePublished"),
        "keywords": value.get("keywords"),
        "award": value.get("award"),
    }


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def script_rows(tree: LexborHTMLParser) -> list[Any]:
    """Objects that look like papers in the JSON that the page carries for its own scripts."""
    rows: list[Any] = []
    for node in tree.css('script[type="application/json" i], script#__NEXT_DATA__'):
        value = _json(node)
        if looks_like_paper(value):
            rows.append(value)
        elif value is not None:
            rows += [row for row in paper_rows(value) or () if looks_like_paper(row)]
    return rows


def _json(node: LexborNode) -> Any:
    try:
        return json.loads(node.text() or "")
    except (ValueError, RecursionError):
        return None


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """All objects in a JSON value, in order, the outer ones first."""
    waiting = [value]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        inside = waiting.pop()
        if isinstance(inside, Mapping):
            yield inside
            waiting += reversed(list(inside.values()))
        elif isinstance(inside, list):
            waiting += reversed(inside)
