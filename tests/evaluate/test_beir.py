"""Test collections in the form of BEIR."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import InputError
from rag.evaluate.beir import read_corpus, read_queries

DOCUMENTS = [
    {"_id": "10", "title": "Herons &amp; Balloons", "text": "We count  herons.\nThere are 93.", "metadata": {}},
    {"_id": "11", "title": "", "text": "Pebbles make a sound."},
]
QUERIES = [
    {"_id": "1", "text": "How many herons?"},
    {"_id": "2", "text": "Do pebbles sing?"},
    {"_id": "3", "text": "?"},
]
JUDGEMENTS = [("1", "10", 1), ("2", "11", 2), ("2", "10", 0), ("1", "11", 1)]


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def collection(folder: Path, *, packed: bool = False, table: bool = False) -> Path:
    (folder / "qrels").mkdir(parents=True)
    for name, rows in (("corpus.jsonl", DOCUMENTS), ("queries.jsonl", QUERIES)):
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(lines(rows)))
        else:
            (folder / name).write_bytes(lines(rows))
    if table:
        text = "query-id\tcorpus-id\tscore\n" + "".join(f"{q}\t{d}\t{r}\n" for q, d, r in JUDGEMENTS)
        (folder / "qrels" / "test.tsv").write_text(text)
    else:
        (folder / "qrels" / "test.trec").write_text("".join(f"{q} 0 {d} {r}\n" for q, d, r in JUDGEMENTS) + "\n")
    return folder


@pytest.mark.parametrize(("packed", "table"), [(False, False), (True, True)])
def test_a_collection_is_read(tmp_path: Path, packed: bool, table: bool) -> None:
    folder = collection(tmp_path / "ponds", packed=packed, table=table)
    first, second = read_corpus(folder)
    assert (first.id, first.title, first.abstract) == ("10", "Herons & Balloons", "We count herons. There are 93.")
    assert (second.id, second.title, second.authors) == ("11", "", ())
    queries = {query.text: query.gains for query in read_queries(folder)}
    # The third query has no judgement, and a 0 is none.
    assert queries == {"How many herons?": {"10": 1.0, "11": 1.0}, "Do pebbles sing?": {"11": 2.0}}


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels/test.trec"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    folder = collection(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(InputError, match=missing) as caught:
        list(read_corpus(folder))
        read_queries(folder)
    assert "corpus.jsonl" in caught.value.hint


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("corpus.jsonl", b'{"_id": "1", "title": "A"}\n', "corpus.jsonl:1: the row has no text"),
        ("corpus.jsonl", b"\n[]\n", "corpus.jsonl:2: the row is no JSON object"),
        ("corpus.jsonl", b"{\n", "corpus.jsonl:1: the row is not valid JSON"),
        ("corpus.jsonl", b'{"_id": "\xff"}\n', "cannot be read"),
        ("queries.jsonl", b'{"_id": "1", "text": 3}\n', "queries.jsonl:1: the row has no text"),
        ("queries.jsonl", lines(QUERIES[:1]), "no query 2"),
        ("qrels/test.trec", b"1 0 10\n1 0 10 high\n", "test.trec:2: the line is no judgement"),
        ("qrels/test.trec", b"alone\n", "no judgement"),
        ("qrels/test.trec", b"1 0 10 0\n", "no document is relevant"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, file: str, content: bytes, reason: str) -> None:
    folder = collection(tmp_path)
    (folder / file).write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(read_corpus(folder))
        read_queries(folder)
    assert reason in str(caught.value)


@pytest.mark.parametrize("cut", [5, 40])
def test_a_torn_archive(tmp_path: Path, cut: int) -> None:
    folder = collection(tmp_path, packed=True)
    packed = folder / "corpus.jsonl.gz"
    packed.write_bytes(packed.read_bytes()[:-cut])
    with pytest.raises(InputError, match="cannot be read"):
        list(read_corpus(folder))


def test_scifact_is_read(bench_data: Path) -> None:
    folder = bench_data / "scifact"
    queries = read_queries(folder)
    documents = {paper.id for paper in read_corpus(folder)}
    assert (len(documents), len(queries)) == (5183, 300)
    assert all(query.gains.keys() <= documents for query in queries)
