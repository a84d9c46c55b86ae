"""The figures of a large collection, of a small one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rag.testing import made_up_papers

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "large.py"


def test_a_collection_is_indexed_once_and_asked(tmp_path: Path) -> None:
    papers, queries, out = tmp_path / "papers.jsonl", tmp_path / "queries.jsonl", tmp_path / "out.json"
    rows = [{"title": paper.title, "authors": paper.authors, "abstract": paper.abstract} for paper in made_up_papers()]
    papers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    queries.write_text(
        "".join(json.dumps({"query": row["abstract"][:80], "title": row["title"]}) + "\n" for row in rows)
    )
    command = [
        sys.executable,
        str(SCRIPT),
        str(papers),
        "--queries",
        str(queries),
        "--data-dir",
        str(tmp_path / "data"),
    ]
    first, again = (
        json.loads(subprocess.run([*command, "--json", str(out)], capture_output=True, check=True).stdout)
        for _ in range(2)
    )
    assert first["papers"] == len(rows) <= first["chunks"] and "index_s" not in again
    assert json.loads(out.read_text()) == again
    assert first["words_alone"] == again["words_alone"]
    assert first["words_alone"]["hit@1"] > 0.8
    assert all(0 <= begun <= ended < 60 for begun, ended in first["first_and_whole_answer_s"].values())
    assert (
        first["disk_mb"].keys() == {"catalogue", "vectors"} and first["search_ms"]["p50"] <= first["search_ms"]["p95"]
    )
