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
MAX_JSON_BYTES = 200_000_000
MAX_PAGE_BYTES = 50_000_000  # some 30,000 abstracts: a page is held in memory
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
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"bplist": "a web archive",
}
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.I)
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_MANY_HIGH = re.compile(rb"[\x80-\xff]{4}")
_ARRAY = re.compile(r"\[\s*[{\]]")
_ROW = re.compile(r'^\{\s*"', re.MULTILINE)
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
    text = head.decode(encoding, "ignore").lstrip("\ufeff \t\r\n")
    if _ARRAY.match(text) or (text[:1] == "{" and _one_object(text)):
        yield from parse_json_array(_whole(path, encoding), source)
        return
    lines = _lines(path, encoding)
    if not _ROW.search(text) and (text[:1] != "{" or text[1:2] == "\\"):  # LaTeX may begin with a brace too
        if path.stat().st_size > MAX_PAGE_BYTES:
            raise InputError(
                f"{path} is over {MAX_PAGE_BYTES // 1_000_000} MB, too much for one session page.",
                hint="Give JSONL, or the pages one by one.",
            )
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
    if path.exists() and not path.is_file():  # a pipe could be read only once, a device without end
        raise InputError(f"{path} is not a regular file.", hint="Save what it holds to a file.")
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
    if start == b"<" and _HTML.search(head[:4096]) or start not in (b"{", b"[") and len(_TAG.findall(head)) > 20:
        raise InputError(f"{path} is HTML, not text.", hint=_SAVE_AS_TEXT)
    return "utf-8"


def _one_object(text: str) -> bool:
    """Whether a file that begins with `{` is one object over many lines rather than an object a line."""
    first, _, rest = text.partition("\n")
    return not first.rstrip().endswith("}") and len(first) < 200 and not _ROW.search(rest)


def _whole(path: Path, encoding: str) -> str:
    if path.stat().st_size > MAX_JSON_BYTES:
        raise InputError(
            f"{path} is one JSON value of over {MAX_JSON_BYTES // 1_000_000} MB.",
            hint="Write one object a line (JSONL).",
        )
    return _decoded(path.read_bytes(), encoding, path, 1).lstrip("\ufeff")


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Numbered lines. Of one longer than `MAX_LINE_BYTES` only the beginning comes, still longer than that."""
    if encoding == "utf-16" or _old_line_ends(path):
        yield from enumerate(re.split(r"\r\n|\n|\r", _whole(path, encoding)), start=1)
        return
    with path.open("rb") as file:
        for number, raw in enumerate(_raw_lines(file), start=1):
            if b"\0" in raw:
                raise InputError(f"{path} is a binary file (line {number}).", hint=_FORMS)
            yield number, _decoded(raw, "utf-8-sig" if number == 1 else "utf-8", path, number)


def _old_line_ends(path: Path) -> bool:
    """Whether lines end with a lone carriage return, as on Macs of the last century."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return b"\r" in head and b"\n" not in head


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
        # Windows' Latin encoding, unless the bytes say that it is something else: UTF-8 with a damaged place, or an
        # encoding in which whole words are made of high bytes.
        other = _UTF8_LETTER.search(raw) or _MANY_HIGH.search(raw)
        try:
            if not other:
                return raw.decode("cp1252")
        except UnicodeDecodeError:
            pass
        line = number + len(re.findall(rb"\r\n|\n|\r", raw[: error.start]))
        raise InputError(f"{path} is not UTF-8 text (line {line}).", hint="Save it again as UTF-8.") from error
