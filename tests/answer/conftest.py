"""A real index (SQLite and Chroma) of made-up papers with fake models around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up_assistant import assistant_of

from rag.answer.pipeline import Assistant
from rag.testing import ScriptedGenerator, made_up_papers


@pytest.fixture
def model() -> ScriptedGenerator:
    return ScriptedGenerator()


@pytest.fixture
def assistant(tmp_path: Path, model: ScriptedGenerator) -> Iterator[Assistant]:
    off_topic = ["what will the weather be tomorrow", "how do I bake bread"]
    with assistant_of(tmp_path, "ponds", made_up_papers(), model, off_topic=off_topic) as made:
        yield made
