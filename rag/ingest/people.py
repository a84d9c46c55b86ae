"""Names of authors, however they are given, as they are spoken: `Ada Quill`, `Bo Marsh Jr.`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rag.ingest.clean import MAX_AUTHOR, clean_line
from rag.ingest.latex import plain_name

_WHOLE = ("name", "fullname", "author", "displayname", "literal")
_GIVEN = ("given", "givenname", "firstname", "first")
_FAMILY = ("family", "familyname", "lastname", "last", "surname")
_PARTICLES = ("droppingparticle", "nondroppingparticle")
_TOGETHER = re.compile(r"\s+·\s+|\s*[;|]\s*|\s+and\s+|\s*,\s+(?:and\s+)?|\n")
# "Quill, Ada B." alone is one person, not two of one name each.
_TURNED = re.compile(r"[^\W\d_][\w'’-]+,\s+[^\W\d_][\w'’-]*\.?(?:[ -][^\W\d_]\.?)*")
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|[IVX]+")
_SURE_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
_DEGREE = re.compile(r"Ph\.? ?D\.?|M\.?D\.?|M\.?Sc\.?|Prof\.?|Dr\.?", re.I)


class Nameless(Exception):
    """Why authors cannot be taken, as the rest of a sentence about a record."""


def people_of(value: Any) -> tuple[str, ...]:
    """The names in a list of texts or objects, or in one text. Raises Nameless."""
    if value is None:
        return ()
    if isinstance(value, str):
        value = _parted(value)
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        raise Nameless("its authors are neither a list nor text")
    names = []
    for person in value:
        if isinstance(person, Mapping):
            person = _of_parts({re.sub(r"[^a-z]", "", str(key).lower()): part for key, part in person.items()})
        if not isinstance(person, str):
            raise Nameless("one of its authors has no name")
        name = spoken(clean_line(plain_name(person)))
        if len(name) > MAX_AUTHOR:
            raise Nameless("the name of an author is too long")
        if name:
            names.append(name)
    half = len(names) // 2  # some lists of proceedings are their first half twice
    return tuple(names[:half] if names[:half] == names[half:] else names)


def spoken(name: str) -> str:
    """`Family, Given`, `Family, Jr., Given` (BibTeX) and `Family, Given, Jr.` (RIS) as `Given Family Jr.`; others as
    they are."""
    parts = [part.strip() for part in name.split(",")]
    if not all(parts) or len(parts) not in (2, 3):
        return name
    if len(parts) == 2:
        if _DEGREE.fullmatch(parts[1]):
            return name
        return " ".join(parts if _SURE_SUFFIX.fullmatch(parts[1]) else reversed(parts))
    for at in (1, 2):
        if _SUFFIX.fullmatch(parts[at]):
            return f"{parts[3 - at]} {parts[0]} {parts[at]}"
    return name


def _parted(text: str) -> list[str]:
    """One text with several names. "Family, Given; Family, Given" and "Family, Given and Family, Given" (BibTeX) keep
    their commas."""
    if _TURNED.fullmatch(text.strip()):
        return [text]
    parts = text.split(";") if ";" in text else re.split(r"\s+and\s+", text)
    together = len(parts) > 1 and (";" in text or all(part.count(",") == 1 for part in parts))
    return parts if together else _TOGETHER.split(text)


def _of_parts(person: Mapping[str, Any]) -> str | None:
    """The name in an object, whole or in parts (CSL, schema.org)."""
    texts = {key: part for key, part in person.items() if isinstance(part, str) and part.strip()}
    if whole := next((texts[key] for key in _WHOLE if key in texts), None):
        return whole
    given, family = (next((texts[key] for key in keys if key in texts), "") for keys in (_GIVEN, _FAMILY))
    particles = [texts[key] for key in _PARTICLES if key in texts]
    return " ".join(part for part in (given, *particles, family, texts.get("suffix", "")) if part) or None
