"""BibTeX with abstracts, read by bibtexparser; what it cannot read is reported with its line."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag.ingest.fields import Unusable, paper_of
from rag.ingest.latex import plain_name, plain_text
from rag.ingest.people import spoken
from rag.types import Paper, Rejected

if TYPE_CHECKING:
    from bibtexparser.model import Entry

_LATEX_FIELDS = frozenset(
    ("title", "abstract", "booktitle", "journal", "keywords", "journaltitle", "award", "session", "digest")
)
_LONGEST_FIELD = 100_000
_PART = re.compile(r"""\"[^"]*\"|\{[^{}]*\}|[\w:.+/-]+""")
_CONCATENATION = re.compile(rf"\s*(?:{_PART.pattern})(?:\s*#\s*(?:{_PART.pattern}))+\s*")


def parse_bibtex(text: str, source: str) -> Iterator[Paper | Rejected]:
    """The papers of a bibliography in their order. Entries without an abstract, and what is no entry, are reported;
    comments are skipped in silence. Entries under one key are all read."""
    from bibtexparser import model

    for block in _blocks(text):
        line = (block.start_line or 0) + 1
        if isinstance(block, model.Entry):
            try:
                yield paper_of(_record(block))
            except Unusable as reason:
                yield Rejected(source, line, f"{block.key[:60] or 'an entry'}: {reason}")
        elif isinstance(block, model.ParsingFailedBlock):
            yield Rejected(source, line, f"it is no whole BibTeX entry: {_reason(block)}")


def _blocks(text: str) -> list[Any]:
    """The blocks with their `@string`s put in. Keys are made different first: of entries with one key the library
    keeps the first only."""
    from bibtexparser import model
    from bibtexparser.library import Library
    from bibtexparser.middlewares import RemoveEnclosingMiddleware, ResolveStringReferencesMiddleware
    from bibtexparser.splitter import Splitter

    with _silent("bibtexparser"):
        library = Splitter(text).split()
        blocks: list[Any] = []
        seen: set[str] = set()
        for block in library.blocks:
            if isinstance(block, model.DuplicateBlockKeyBlock | model.DuplicateFieldKeyBlock):
                if not isinstance(block.ignore_error_block, model.Entry):
                    continue  # a second `@string` of one name
                block = block.ignore_error_block
            if isinstance(block, model.Entry):
                _without_double_fields(block)
                while block.key in seen:
                    block.key += " (again)"
                seen.add(block.key)
            blocks.append(block)
        strings = {name.lower(): _bare(str(string.value)) for name, string in library.strings_dict.items()}
        for block in blocks:
            if isinstance(block, model.Entry):
                for field in block.fields:
                    field.value = _joined(str(field.value), strings)
        library = Library(blocks)
        for middleware in (ResolveStringReferencesMiddleware(), RemoveEnclosingMiddleware()):
            library = middleware.transform(library)
        return list(library.blocks)


def _joined(value: str, strings: dict[str, str]) -> str:
    """`name # " 2031"` as one text in braces, which the library leaves as it is; other values unchanged."""
    if "#" not in value or not _CONCATENATION.fullmatch(value):
        return value
    parts = (strings.get(part.lower(), _bare(part)) for part in _PART.findall(value))
    return "{" + "".join(parts) + "}"


def _bare(text: str) -> str:
    return text[1:-1] if text[:1] + text[-1:] in ('""', "{}") else text


def _without_double_fields(entry: Entry) -> None:
    """Keeps the first of the fields of one name, as BibTeX does."""
    fields: dict[str, Any] = {}
    for field in entry.fields:
        fields.setdefault(field.key.lower(), field)
    entry.fields = list(fields.values())


def _record(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in entry.fields:
        text = str(field.value)
        if len(text) > _LONGEST_FIELD:
            raise Unusable(f"its {field.key[:60]} is too long ({len(text)} characters)")
        key = field.key.lower()
        values[key] = plain_text(text) if key in _LATEX_FIELDS else text
    if people := values.pop("author", None) or values.pop("authors", None):
        values["authors"] = _people(people)
    for key in ("url", "doi"):
        if key in values:
            values[key] = values[key].replace("\\", "").strip()
    if str(values.get("archiveprefix", "arxiv")).lower() != "arxiv":
        values.pop("eprint", None)
    values.pop("publisher", None)
    return values


def _people(text: str) -> list[str]:
    """Names as they are spoken: "Family, Given" turned round, "and others" left out."""
    from bibtexparser.middlewares.names import split_multiple_persons_names

    names = (" ".join(name.split()) for name in split_multiple_persons_names(text.replace("\n", " ")))
    return [spoken(plain_name(name)) for name in names if name and name.lower() != "others"]


def _reason(block: Any) -> str:
    return " ".join(str(block.error).split())[:160].rstrip(".")


@contextmanager
def _silent(logger_name: str) -> Iterator[None]:
    """Keeps the library from writing to the terminal what is reported anyway."""
    logger = logging.getLogger(logger_name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
