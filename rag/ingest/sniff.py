"""What a file holds, told by its first bytes. The name only breaks ties between a table and prose."""

from __future__ import annotations

import re
from typing import Literal

from rag.errors import InputError
from rag.ingest.source import HEAD_BYTES
from rag.ingest.table import Table, guess_table

Form = Literal["page", "html", "jsonl", "json", "table", "bibtex", "ris", "acl", "atom"]

NAMES: dict[Form, str] = {
    "page": "a session page saved as text",
    "html": "a web page (HTML)",
    "jsonl": "JSONL",
    "json": "JSON",
    "table": "a table (CSV)",
    "bibtex": "BibTeX",
    "ris": "RIS",
    "acl": "ACL Anthology XML",
    "atom": "an Atom feed",
}
FORMS = "Give a session page (HTML or text), JSON, JSONL, CSV, BibTeX, RIS, ACL XML or arXiv Atom with abstracts."
_OTHER = {
    b"%PDF": "a PDF file",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "an SQLite database",
    b"GGUF": "a language model",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"bplist": "a web archive",
}
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.I)
_TAG = re.compile(r"</?(div|span|p|a|li|ul|h[1-6]|table|tr|td|script|meta|link)\b[^<>]{0,2000}>", re.I)
_XML_START = re.compile(r"<(?:\?xml\b|(?:\w+:)?(?:feed|collection|volume|paper)\b)", re.I)
_ROOT = re.compile(r"<(?:\w+:)?([A-Za-z][\w.-]*)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<\?.*?\?>|<!DOCTYPE[^\[>]*(?:\[[^\]]*\])?\s*>", re.DOTALL)
_ARRAY = re.compile(r"\[\s*[{\]]")
_ROW = re.compile(r'^\{\s*"', re.MULTILINE)
_RIS = re.compile(r"^[ \t\ufeff]*TY {1,2}- ?[A-Z]+[ \t]*$", re.MULTILINE)
_RIS_TAG = re.compile(r"^[A-Z][A-Z0-9] {1,2}-(?: |$)", re.MULTILINE)
_BIBTEX = re.compile(r"^[ \t\ufeff]*@[A-Za-z]+\s*[{(]\s*[^\s{}(),=\"]*\s*,\s*[A-Za-z][\w-]*\s*=", re.MULTILINE)
_BIBTEX_PREAMBLE = re.compile(r"\A\ufeff?\s*@(?:string|comment|preamble)\s*[{(]", re.I)


def encoding_of(head: bytes, name: str) -> str:
    """The encoding that a byte order mark names, else UTF-8. Raises InputError for what is no text."""
    for magic, what in _OTHER.items():
        if head.startswith(magic):
            raise InputError(f"{name} is {what}, which cannot be read as papers.", hint=FORMS)
    if head[257:262] == b"ustar":
        raise InputError(f"{name} is a tar archive, which cannot be read as papers.", hint="Unpack it, or use zip.")
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise InputError(f"{name} is a binary file.", hint=FORMS)
    return "utf-8"


def packed_form(head: bytes) -> Literal["zip", "gzip"] | None:
    """Which archive it is, if any that can be opened."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return "gzip" if head.startswith(b"\x1f\x8b") else None


def form_of(head: bytes, encoding: str, name: str) -> Form:
    """What the text that begins with `head` is. Raises InputError for XML of an unknown kind."""
    text = re.sub(r"\r\n?", "\n", head.decode(encoding, "replace").lstrip("\ufeff \t\r\n"))
    if _ARRAY.match(text) or (text[:1] == "{" and _one_object(text)):
        return "json"
    if _XML_START.match(text):
        return _xml_form(text, name)
    if text[:1] == "<" and _HTML.search(text[:4096]) or text[:1] not in "{[@" and len(_TAG.findall(text)) > 20:
        return "html"
    if _ROW.search(text) or (text[:1] == "{" and text[1:2] != "\\"):  # LaTeX may begin with a brace too
        return "jsonl"
    if _RIS.search(text) and len(_RIS_TAG.findall(text)) >= 2:
        return "ris"
    if _BIBTEX.search(text) or _BIBTEX_PREAMBLE.match(text):
        return "bibtex"
    return "table" if table_of(head, encoding, name) else "page"


def table_of(head: bytes, encoding: str, name: str) -> Table | None:
    """How the text that begins with `head` is set as a table, if it is one."""
    text = head.decode(encoding, "replace").lstrip("\ufeff \r\n")
    named = name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".tab"))
    return guess_table(text, whole=len(head) < HEAD_BYTES, named=named)


def _one_object(text: str) -> bool:
    """Whether a file that begins with `{` is one object over many lines rather than an object a line."""
    first, _, rest = text.partition("\n")
    return not first.rstrip().endswith("}") and len(first) < 200 and not _ROW.search(rest)


def _xml_form(text: str, name: str) -> Form:
    root = _ROOT.search(_COMMENT.sub("", text))
    kind = root[1].lower() if root else ""
    if kind == "html" or _HTML.search(text[:4096]):
        return "html"
    if kind == "feed":
        return "atom"
    if kind in ("collection", "volume", "paper"):
        return "acl"
    raise InputError(
        f"{name} is XML of a kind that is not known (its outermost element is “{kind[:40] or 'missing'}”).",
        hint="ACL Anthology XML and Atom feeds of arXiv can be read.",
    )
