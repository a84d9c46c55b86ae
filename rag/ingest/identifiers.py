"""What a paper is known by elsewhere: its DOI, arXiv and OpenReview numbers, as `doi:10.1234/fog`, `arxiv:2101.00001`,
`openreview:aBcD1234`, from fields of their own or from links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_MOST = 10
_LONGEST = 220
_DOI = re.compile(r"(?:doi:\s*|(?:https?://)?(?:dx\.)?doi\.org/)?(10\.\d{3,9}/\S{1,200})", re.I)
_ARXIV = re.compile(
    r"(?:arxiv:\s*|(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/)?"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(v\d+)?(?:\.pdf)?",
    re.I,
)
_OPENREVIEW = re.compile(r"(?:openreview:\s*|https?://openreview\.net/(?:forum|pdf)\?id=)([A-Za-z0-9_-]{8,16})\b.*")
_OPENREVIEW_ID = re.compile(r"[A-Za-z0-9_-]{8,16}")
# Keys as `fields.plain_key` makes them. The first three hold nothing but the number, or its link.
_DOI_KEYS = ("doi",)
_ARXIV_KEYS = ("arxiv", "arxivid", "eprint")
_OPENREVIEW_KEYS = ("openreview", "openreviewid")
_LINK_KEYS = (
    *("identifiers", "identifier", "url", "link", "paperurl", "pdfurl", "forumurl", "openreviewurl", "sourceurl"),
    *("sameas", "pdf", "accessionnumber"),
)


def identifiers_of(row: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[str, ...]:
    """The identifiers of a record, each once; `values` are its fields by plain keys, `row` is as it came."""
    found: dict[str, str] = {}
    for text in _texts(values):
        for kind, name in _named(text):
            found.setdefault(f"{kind}:{name}".casefold(), f"{kind}:{name}")
    forum = row.get("forum")
    if isinstance(row.get("content"), Mapping) and isinstance(forum, str) and _OPENREVIEW_ID.fullmatch(forum):
        found.setdefault(f"openreview:{forum}".casefold(), f"openreview:{forum}")
    return tuple(found.values())[:_MOST]


def address_of(identifiers: tuple[str, ...]) -> str | None:
    """A web page of a paper with these identifiers: OpenReview's, else that of the DOI, else arXiv's."""
    known = {kind: name for kind, _, name in (one.partition(":") for one in reversed(identifiers))}
    places = {
        "openreview": "https://openreview.net/forum?id=",
        "doi": "https://doi.org/",
        "arxiv": "https://arxiv.org/abs/",
    }
    return next((place + known[kind] for kind, place in places.items() if kind in known), None)


def _texts(values: Mapping[str, Any]) -> Iterator[str]:
    """What may be or hold an identifier, numbers with the prefix of their kind."""
    elsewhere = values.get("externalids")  # Semantic Scholar
    outside = {str(k).lower(): v for k, v in elsewhere.items()} if isinstance(elsewhere, Mapping) else {}
    for prefix, keys in (("doi:", _DOI_KEYS), ("arxiv:", _ARXIV_KEYS), ("openreview:", _OPENREVIEW_KEYS)):
        for value in (*(values.get(key) for key in keys), outside.get(prefix[:-1])):
            if isinstance(value, str) and len(value := value.strip()) <= _LONGEST:
                yield value if value.lower().startswith((prefix, "http")) else prefix + value
    for key in _LINK_KEYS:
        value = values.get(key)
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Mapping):  # schema.org's PropertyValue
                one = f"{one.get('propertyID', '')}:{one.get('value', '')}"
            if isinstance(one, str) and len(one) <= 10 * _LONGEST:
                yield from (part for part in re.split(r";\s+", one) if ":" in part and len(part) <= _LONGEST)


def _named(text: str) -> Iterator[tuple[str, str]]:
    text = text.strip().rstrip(".,;")
    if match := _DOI.fullmatch(text):
        yield "doi", unquote(match[1]) if "://" in text else match[1]
    elif match := _ARXIV.fullmatch(text):
        yield "arxiv", match[1]
    elif match := _OPENREVIEW.fullmatch(text):
        yield "openreview", match[1]
