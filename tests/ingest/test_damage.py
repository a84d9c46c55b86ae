"""200 damaged files of every form: papers, a report with lines, or one clear sentence. Never anything else, and never
an index that loses what it had."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from made_up_damage import damaged
from made_up_files import FILES, meta_page
from made_up_ponds import PAPERS

from rag.errors import InputError
from rag.index.build import build
from rag.index.collections import Collections
from rag.ingest.clean import MAX_ABSTRACT, MAX_TITLE, clean_line
from rag.ingest.read import paper_id, read_all, read_papers
from rag.testing import HashEmbedder
from rag.types import Paper, Rejected

EACH = 200
KINDS = {**FILES, "paper.html": meta_page}


def check(path: Path, told: str) -> str:
    """Reads the file and fails when what comes is not sound. Returns what came: papers, rejects or a refusal."""
    notes: list[str] = []
    try:
        items = list(read_papers(path, note=notes.append))
    except InputError as error:
        message = str(error)
        assert message.startswith(str(path)) and "\n" not in message and len(message) < 1000, (told, message)
        return "refused"
    assert items, told
    assert all("\n" not in note for note in notes), told
    for item in items:
        if isinstance(item, Rejected):
            assert item.reason and "\n" not in item.reason and len(item.reason) < 1000 and item.line >= 0, (told, item)
            continue
        assert item.title == clean_line(item.title) and 0 < len(item.title) <= MAX_TITLE, told
        assert item.id == paper_id(item.title) and 0 < len(item.abstract) <= MAX_ABSTRACT, told
        assert all(name.strip() for name in item.authors), told
        assert item.content_hash
    return "papers" if any(isinstance(item, Paper) for item in items) else "rejected"


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files(tmp_path: Path, name: str) -> None:
    whole = KINDS[name](PAPERS)
    rng = random.Random(f"damage of {name}")
    came = []
    for number in range(EACH):
        kinds, data = damaged(rng, whole)
        file = tmp_path / f"{number}{Path(name).suffix}"
        file.write_bytes(data)
        came.append(check(file, f"{name} {number}: {kinds}"))
        file.unlink()
    assert came.count("papers") > EACH // 4, "so much damage that nothing is tested"
    assert came.count("papers") < EACH, "no damage at all"


@pytest.mark.parametrize("pack", ["gz", "zip"])
def test_damaged_archives(tmp_path: Path, pack: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, write in FILES.items():
            archive.writestr(name, write(PAPERS[:2]))
    whole = gzip.compress(FILES["papers.csv"](PAPERS)) if pack == "gz" else out.getvalue()
    rng = random.Random(f"damage of {pack}")
    for number in range(EACH):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 3, 20])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        file = tmp_path / f"{number}.{pack}"
        file.write_bytes(data[: rng.randrange(len(data))] if rng.random() < 0.3 else data)
        check(file, f"{pack} {number}")


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_never_cost_an_index(tmp_path: Path, name: str) -> None:
    """What was indexed before stays, whatever a file brings, and what the report counts is there."""
    (tmp_path / "old.jsonl").write_text('{"title": "The Old Weir", "abstract": "It has held for 90 years."}\n')
    rng = random.Random(f"an index and {name}")
    collections = Collections(tmp_path / "data")

    def index(file: Path) -> None:
        build(collections, "ponds", read_all([file]), HashEmbedder, sources=[str(file)])

    index(tmp_path / "old.jsonl")
    for number in range(4):
        file = tmp_path / f"{number}{Path(name).suffix}"
        file.write_bytes(damaged(rng, KINDS[name](PAPERS))[1])
        with suppress(InputError):
            index(file)
        with collections.catalogue("ponds") as catalogue:
            papers = catalogue.papers()
        assert papers[0].title == "The Old Weir" and papers[0].abstract == "It has held for 90 years."
        assert collections.info("ponds").papers == len(papers)
