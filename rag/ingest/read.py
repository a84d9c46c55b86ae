"""A file of papers, whatever its form: the reader is chosen by what the file holds, not by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rag.errors import InputError
from rag.ingest.clean import paper_id
from rag.ingest.jsonl import parse_json_array, parse_jsonl
from rag.ingest.session_page import parse_session_page
from rag.types import Paper, Rejected

__all__ = ["paper_id", "read_papers"]

MAX_LINE_BYTES = 1_000_000
MAX_PAGE_BYTES = 200_000_000
_HEAD_BYTES = 65_536

_MAGIC = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a zip archive (or an Office document)",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "an SQLite database",
    b"GGUF": "a language model",
}
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.I)
_TAG = re.compile(rb"</?(div|span|p|a|li|ul|h[1-6]|table|tr|td|script|meta|link)\b[^>]*>", re.I)
_SAVE_AS_TEXT = "Open it in a browser, select all, copy, and paste into a text file; then index that file."
_FORMS = "Give a session page saved as text, or JSONL with title, authors and abstract."


def read_papers(path: Path) -> Iterator[Paper | Rejected]:
    """The papers of a file in their order, and what could not be read, with its line. Lines are streamed.

    Raises InputError when the file is missing, empty, binary, HTML, or holds no paper at all; the last is only known
    at the end.
    """
    head = _head(path)
    encoding = _encoding(path, head)
    found = False
    try:
        for item in _parse(path, head, encoding):
            found = True
            yield item
    except OSError as error:
        raise InputError(f"{path} could not be read to its end: {error.strerror}.", hint="Try again.") from error
    if not found:
        raise InputError(f"{path} holds no papers that could be recognised.", hint=_FORMS)


def _parse(path: Path, head: bytes, encoding: str) -> Iterator[Paper | Rejected]:
    source = str(path)
    start = head.decode(encoding, "ignore").lstrip("\ufeff \t\r\n")[:1]
    if start == "[" or (start == "{" and _one_object(head, encoding)):
        yield from parse_json_array(_whole(path, encoding), source)
        return
    lines = _lines(path, encoding)
    if start != "{":
        yield from parse_session_page((line for _, line in lines), source)
        return
    for number, line in lines:
        if len(line) > MAX_LINE_BYTES:
            yield Rejected(source, number, "line longer than 1 MB")
        else:
            yield from parse_jsonl([(number, line)], source)


def _head(path: Path) -> bytes:
    """The first bytes, after the checks that need no parsing."""
    if path.is_dir():
        raise InputError(f"{path} is a folder.", hint="Name the files in it.")
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}.", hint="Check the name and the folder.") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read.", hint="Change its permissions.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", hint="Try again.") from error
    if not head.strip():
        if len(head) == _HEAD_BYTES and path.stat().st_size > _HEAD_BYTES:
            return head
        raise InputError(f"{path} is empty.", hint=_FORMS)
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise InputError(f"{path} is {what}, which cannot be read as papers.", hint=_FORMS)
    return head


def _encoding(path: Path, head: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        raise InputError(f"{path} is a binary file.", hint=_FORMS)
    start = head.lstrip()[:1]
    if start not in (b"{", b"[") and (_HTML.search(head[:4096]) or len(_TAG.findall(head)) > 20):
        raise InputError(f"{path} is HTML, not text.", hint=_SAVE_AS_TEXT)
    return "utf-8"


def _one_object(head: bytes, encoding: str) -> bool:
    """Whether a file that begins with `{` is one object over many lines rather than an object a line."""
    first = head.decode(encoding, "ignore").lstrip("\ufeff \t\r\n").split("\n", 1)[0].rstrip()
    return not first.endswith("}") and len(first) < 200


def _whole(path: Path, encoding: str) -> str:
    if path.stat().st_size > MAX_PAGE_BYTES:
        raise InputError(
            f"{path} is one JSON value of over {MAX_PAGE_BYTES // 1_000_000} MB.",
            hint="Write one object a line (JSONL).",
        )
    return _decoded(path.read_bytes(), encoding, path, 1).lstrip("\ufeff")


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Numbered lines. Of one longer than `MAX_LINE_BYTES` only the beginning comes, still longer than that."""
    if encoding == "utf-16":
        if path.stat().st_size > MAX_PAGE_BYTES:
            raise InputError(f"{path} is too large for UTF-16.", hint="Save it as UTF-8.")
        yield from enumerate(_decoded(path.read_bytes(), encoding, path, 1).splitlines(), start=1)
        return
    with path.open("rb") as file:
        for number, raw in enumerate(_raw_lines(file), start=1):
            if b"\0" in raw:
                raise InputError(f"{path} is a binary file (line {number}).", hint=_FORMS)
            yield number, _decoded(raw, "utf-8-sig" if number == 1 else "utf-8", path, number)


def _raw_lines(file: BinaryIO) -> Iterator[bytes]:
    limit = 4 * MAX_LINE_BYTES + 2  # a character may take four bytes
    while raw := file.readline(limit):
        yield raw
        while len(raw) == limit and not raw.endswith(b"\n"):
            raw = file.readline(limit)


def _decoded(raw: bytes, encoding: str, path: Path, number: int) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if len(raw) > MAX_LINE_BYTES:
            return raw.decode(encoding, "replace")  # a cut line may end inside a character
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError:
            line = number + raw[: error.start].count(b"\n")
            raise InputError(f"{path} is not UTF-8 text (line {line}).", hint="Save it again as UTF-8.") from error
