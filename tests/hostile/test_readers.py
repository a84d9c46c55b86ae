"""The readers on files that hypothesis makes: papers, a report with lines, or one clear sentence, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.ingest.clean import MAX_ABSTRACT, MAX_AUTHOR, MAX_TITLE
from rag.ingest.read import read_papers
from rag.types import Paper, Rejected

ENDINGS = (".jsonl", ".json", ".csv", ".bib", ".ris", ".html", ".xml", ".txt", ".zip", ".gz", ".tsv", "")
BEGINNINGS = (
    b"",
    b'{"title": "',
    b'[{"title": "',
    b"title,authors,abstract\n",
    b"@article{a, title = {",
    b"TY  - JOUR\nTI  - ",
    b"<html><body><h1>",
    b"<?xml version='1.0'?><feed><entry><title>",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
)
fuzz = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
rows = st.dictionaries(
    st.sampled_from(["title", "authors", "abstract", "url", "award", "year", "keywords", "id", "content", "x"]),
    json_values,
    max_size=8,
)


def check(file: Path) -> None:
    """Reads a file, and fails when what comes is not sound."""
    try:
        items = list(read_papers(file))
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
        return
    for item in items:
        if isinstance(item, Rejected):
            assert item.reason and "\n" not in item.reason and item.line >= 0
            continue
        assert isinstance(item, Paper) and 0 < len(item.title) <= MAX_TITLE and 0 < len(item.abstract) <= MAX_ABSTRACT
        assert all(len(name) <= MAX_AUTHOR for name in item.authors)
        assert item.content_hash
        f"{item.title}{item.abstract}{item.url}{item.authors}".encode()


@fuzz
@given(ending=st.sampled_from(ENDINGS), beginning=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, ending: str, beginning: bytes, rest: bytes) -> None:
    file = tmp_path / f"any{ending}"
    file.write_bytes(beginning + rest)
    check(file)


@fuzz
@given(made=st.lists(rows, max_size=5), lines=st.booleans())
def test_any_json(tmp_path: Path, made: list[dict[str, object]], lines: bool) -> None:
    file = tmp_path / ("any.jsonl" if lines else "any.json")
    text = "\n".join(json.dumps(row) for row in made) if lines else json.dumps(made)
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    check(file)


@fuzz
@given(text=st.text(alphabet=st.characters(), max_size=600), ending=st.sampled_from((".txt", ".html", ".bib", ".csv")))
def test_any_text(tmp_path: Path, text: str, ending: str) -> None:
    file = tmp_path / f"any{ending}"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    check(file)


@pytest.mark.parametrize("depth", [1_000, 100_000])
@pytest.mark.parametrize(
    ("opening", "ending"), [("[", ".json"), ('{"title":', ".jsonl"), ("<div>", ".html"), ("{", ".bib")]
)
def test_deep_nesting(tmp_path: Path, opening: str, ending: str, depth: int) -> None:
    file = tmp_path / f"deep{ending}"
    file.write_text(opening * depth)
    check(file)
