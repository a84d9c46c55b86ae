"""Test collections in the form of BEIR: `corpus.jsonl`, `queries.jsonl` (either may be `.gz`) and `qrels/test`."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.evaluate.retrieval import Query
from rag.ingest.clean import clean_line, clean_text
from rag.types import Paper

_LAYOUT = "The folder needs corpus.jsonl, queries.jsonl (or .gz) and qrels/test.trec or qrels/test.tsv."


def read_corpus(folder: Path) -> Iterator[Paper]:
    """The documents as papers, under their own ids. Raises InputError when one cannot be read."""
    for where, row in _rows(_find(folder, "corpus.jsonl", "corpus.jsonl.gz")):
        title, text = clean_line(_text(where, row, "title")), clean_text(_text(where, row, "text"))
        yield Paper(_text(where, row, "_id"), title, (), text)


def read_queries(folder: Path) -> list[Query]:
    """The queries of the test part that have relevant documents. Raises InputError."""
    texts = {
        _text(where, row, "_id"): _text(where, row, "text")
        for where, row in _rows(_find(folder, "queries.jsonl", "queries.jsonl.gz"))
    }
    gains: dict[str, dict[str, float]] = {}
    for query, document, relevance in _judgements(_find(folder, "qrels/test.trec", "qrels/test.tsv")):
        if relevance > 0:
            gains.setdefault(query, {})[document] = relevance
    unknown = [query for query in gains if query not in texts]
    if unknown or not gains:
        reason = f"queries.jsonl has no query {unknown[0]}" if unknown else "no document is relevant to any query"
        raise InputError(f"The test part of {folder} cannot be used: {reason}.", hint=_LAYOUT)
    return [Query("test", texts[query], wanted) for query, wanted in gains.items()]


def _find(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder} has no {names[0]}.", hint=_LAYOUT)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Lines that are not blank, each with `FILE:LINE`."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if raw.strip():
                    yield f"{path}:{number}", raw.decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="Get the file again.") from error


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, line in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where}: the row is not valid JSON.", hint=_LAYOUT) from error
        if not isinstance(row, dict):
            raise InputError(f"{where}: the row is no JSON object.", hint=_LAYOUT)
        yield where, row


def _text(where: str, row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise InputError(f"{where}: the row has no {name} (a string).", hint=_LAYOUT)
    return value


def _judgements(path: Path) -> Iterator[tuple[str, str, float]]:
    """(query, document, relevance) of TREC lines `query 0 document relevance` or of a table with a heading."""
    table = path.suffix == ".tsv"
    for number, (where, line) in enumerate(_lines(path)):
        if table and number == 0:
            continue
        fields = line.split("\t") if table else line.split()
        try:
            query, document, relevance = (fields[0], fields[-2], float(fields[-1]))
        except (IndexError, ValueError) as error:
            raise InputError(f"{where}: the line is no judgement.", hint=_LAYOUT) from error
        yield query.strip(), document.strip(), relevance
