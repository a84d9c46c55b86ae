"""Files of papers, whatever their form: the reader is chosen by what a file holds, not by its name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rag.errors import InputError
from rag.ingest.bibtex import parse_bibtex
from rag.ingest.clean import paper_id
from rag.ingest.jsonl import parse_json_array, parse_jsonl
from rag.ingest.merge import merged
from rag.ingest.ris import parse_ris
from rag.ingest.session_page import parse_session_page
from rag.ingest.sniff import FORMS, NAMES, Form, encoding_of, form_of, packed_form, table_of
from rag.ingest.source import HEAD_BYTES, MAX_LINE_BYTES, Source, file_source, reading
from rag.ingest.table import parse_table
from rag.ingest.xml_papers import parse_acl, parse_atom
from rag.types import Paper, Rejected

__all__ = ["paper_id", "read_all", "read_papers"]

MAX_JSON_BYTES = 200_000_000
MAX_BIBTEX_BYTES = 100_000_000
MAX_PAGE_BYTES = 50_000_000  # some 30,000 abstracts: a page is held in memory
_GIVE_JSONL = "Write one object a line (JSONL)."
_GIVE_PARTS = "Give JSONL, or the pages one by one."

Note = Callable[[str], None]
Items = Iterator[Paper | Rejected]


def read_papers(path: Path, *, note: Note | None = None) -> Items:
    """The papers of a file, a folder or an archive in their order, and what could not be read, with its line where
    there are lines. JSONL, CSV, RIS and XML are streamed, gzipped or not. The papers of a folder or zip archive are
    merged (`merge.merged`); what in it is no file of papers is rejected and does not stop the others. `note` is told
    what the user should know: which columns were taken, what was merged.

    Raises InputError when the file is missing, empty, of an unknown form, or holds no paper at all; the last is only
    known at the end.
    """
    note = note or _nobody
    if path.is_dir():
        from rag.ingest.containers import files_of_folder

        files, passed = files_of_folder(path)
        return _several(files, passed, str(path), note)
    if path.exists() and not path.is_file():  # a pipe could be read only once, a device without end
        raise InputError(f"{path} is not a regular file.", hint="Save what it holds to a file.")
    return _file(file_source(path), note)


def read_all(paths: Sequence[Path], *, note: Note | None = None) -> Items:
    """The papers of all paths as one: those of more than one path are merged, and a path that cannot be read raises
    InputError before any paper comes. A single path is read as by `read_papers`."""
    if len(paths) == 1:
        items = read_papers(paths[0], note=note)
        return itertools.chain(list(itertools.islice(items, 1)), items)
    every = itertools.chain.from_iterable(read_papers(path, note=note) for path in paths)
    items = merged(every, note or _nobody)
    return itertools.chain(list(itertools.islice(items, 1)), items)


def _nobody(_: str) -> None:
    """Where nobody listens."""


def _file(source: Source, note: Note, *, nested: bool = False) -> Items:
    """The papers of one file, unpacked where it is packed. Raises InputError."""
    head = source.head()
    packed = packed_form(head)
    if packed == "gzip":
        from rag.ingest.containers import unzipped

        source = unzipped(source)
        head = source.head()
        packed = packed_form(head)
    if packed == "zip" and not nested:
        from rag.ingest.containers import files_of_zip

        files, passed = files_of_zip(source)
        yield from _several(files, passed, source.name, note)
        return
    if packed:
        raise InputError(f"{source.name} is an archive inside an archive.", hint="Unpack it and give the files.")
    if not head.strip(b"\xef\xbb\xbf \t\r\n\f\v") and len(head) < HEAD_BYTES:
        raise InputError(f"{source.name} is empty.", hint=FORMS)
    encoding = encoding_of(head, source.name)
    form = form_of(head, encoding, source.name)
    found = False
    for item in _parse(source, head, encoding, form, note):
        found = True
        yield item
    if not found:
        what = f"{source.name}, read as {NAMES[form]}, holds no papers that could be recognised."
        raise InputError(what, hint=FORMS)


def _several(files: list[Source], passed: int, name: str, note: Note) -> Items:
    """The papers of many files, merged. Raises InputError when there is none."""

    def each() -> Items:
        for file in files:
            try:
                yield from _file(file, note, nested=True)
            except InputError as error:
                yield Rejected(file.name, 0, f"left out: {str(error).replace(file.name, 'it').rstrip('.')}")

    found = False
    for item in merged(each(), note):
        found = found or isinstance(item, Paper)
        yield item
    if passed:
        some = "1 file was" if passed == 1 else f"{passed:,} files were"
        note(f"{name}: {some} passed over (pictures, scripts, hidden files and the like).")
    if not found:
        raise InputError(f"{name} holds no file of papers that could be read.", hint=FORMS)


def _parse(source: Source, head: bytes, encoding: str, form: Form, note: Note) -> Items:
    """The items of one file that is not packed, by its form."""
    if form == "jsonl" and _is_one_line(source):
        form = "json"
    if form == "json":
        return parse_json_array(source.text(encoding, MAX_JSON_BYTES, _GIVE_JSONL), source.name)
    if form == "bibtex":
        return parse_bibtex(source.text(encoding, MAX_BIBTEX_BYTES, "Divide it."), source.name)
    if form == "html":
        from rag.ingest.html import decode_html, parse_html

        return parse_html(decode_html(source.whole(MAX_PAGE_BYTES, _GIVE_PARTS)), source.name, note)
    if form in ("acl", "atom"):
        return _xml(source, form)
    return _of_lines(source, head, encoding, form, note)


def _of_lines(source: Source, head: bytes, encoding: str, form: Form, note: Note) -> Items:
    lines = source.lines(encoding)
    if form == "ris":
        return parse_ris(lines, source.name)
    if form == "table" and (table := table_of(head, encoding, source.name)):
        return parse_table(lines, source.name, table, note)
    if form == "jsonl":
        return _jsonl(lines, source.name)
    source.whole(MAX_PAGE_BYTES, _GIVE_PARTS)
    return parse_session_page((line for _, line in lines), source.name)


def _jsonl(lines: Iterator[tuple[int, str]], name: str) -> Items:
    for number, line in lines:
        if len(line) > MAX_LINE_BYTES:
            yield Rejected(name, number, "line longer than 1 MB")
        else:
            yield from parse_jsonl([(number, line)], name)


def _xml(source: Source, form: Form) -> Items:
    with reading(source.name), source.open() as file:
        yield from (parse_acl if form == "acl" else parse_atom)(file, source.name)


def _is_one_line(source: Source) -> bool:
    """Whether the whole file is one line, which then is one JSON value, however long."""
    seen = 0
    with reading(source.name), source.open() as file:
        while piece := file.read(1_000_000):
            seen += len(piece)
            _, end, rest = piece.partition(b"\n")
            if end:
                return not rest.strip() and not file.read(HEAD_BYTES).strip()
            if seen > MAX_JSON_BYTES:
                return False
    return True
