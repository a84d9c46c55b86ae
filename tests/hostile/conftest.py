"""An index of attacked papers, read by the program's own reader, and an assistant whose model obeys every attacker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attacked import Attacked
from attacks import attacks, write_papers
from made_up_assistant import assistant_of
from worst_model import ObedientModel

from rag.ingest.read import read_papers


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacked")
    tries = attacks()
    write_papers(folder / "papers.jsonl", tries)
    model = ObedientModel(tries)
    papers = read_papers(Path(folder / "papers.jsonl"))
    with assistant_of(folder, "rope", papers, model, off_topic=["bake bread"], answer_tokens=160) as assistant:
        yield Attacked(assistant, model, tries, {paper.id: paper for paper in assistant.searcher.catalogue.papers()})
