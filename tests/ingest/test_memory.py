"""Large files are streamed: what they need does not grow with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rag

ROOT = Path(rag.__file__).resolve().parent.parent
MEASURE = """
import resource, sys
from pathlib import Path
from rag.ingest.read import read_papers
print(sum(1 for _ in read_papers(Path(sys.argv[1]))), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
TEXT = "Fog is heavy, and it has been weighed before. " * 40


def row(form: str, number: int) -> str:
    title = f"On the Weight of Fog in Valley {number}"
    if form == "csv":
        return f'{title},Ada Quill,"{TEXT}"\n'
    if form == "ris":
        return f"TY  - CONF\nTI  - {title}\nAU  - Quill, Ada\nAB  - {TEXT}\nER  - \n"
    return f'{{"title": "{title}", "authors": ["Ada Quill"], "abstract": "{TEXT}"}}\n'


def measured(folder: Path, form: str, papers: int) -> float:
    """The most memory that reading so many papers took, in MB."""
    path = folder / f"{papers}.{form}"
    with path.open("w", encoding="utf-8") as file:
        file.write("Title,Authors,Abstract\n" if form == "csv" else "")
        file.writelines(row(form, number) for number in range(papers))
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    count, most = done.stdout.split()
    assert int(count) == papers
    return int(most) / (1024 * (1024 if sys.platform == "darwin" else 1))


@pytest.mark.parametrize("form", ["jsonl", "csv", "ris"])
def test_ten_thousand_papers_need_what_a_hundred_need(tmp_path: Path, form: str) -> None:
    few, many = measured(tmp_path, form, 100), measured(tmp_path, form, 10_000)
    assert (tmp_path / f"10000.{form}").stat().st_size > 18_000_000
    assert many < few + 6
