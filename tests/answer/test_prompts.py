"""Prompt files are checked when they are loaded."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag.answer.prompts import VARIABLES, Prompts
from rag.errors import PromptFileError
from rag.resources import resource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(resource("prompts"), tmp_path / "prompts"))


def test_every_prompt_file_is_known_and_documented() -> None:
    files = {path.name for path in resource("prompts").glob("*.md")} - {"README.md"}
    assert files == {f"{name}.md" for name in VARIABLES}
    readme = (resource("prompts") / "README.md").read_text()
    for name, variables in VARIABLES.items():
        row = next(line for line in readme.splitlines() if f"`{name}.md`" in line)
        assert all(f"`${variable}`" in row for variable in variables), row


def test_filling_replaces_variables_only_once() -> None:
    prompts = Prompts.load()
    text = prompts.fill("read.stable", title="About $abstract", abstract="costs $5 and ${title}")
    assert "About $abstract" in text and "costs $5 and ${title}" in text


def test_an_edit_changes_the_fingerprint(folder: Path) -> None:
    before = Prompts.load(folder).fingerprint
    (folder / "read.system.md").write_text("Answer like a pirate.\n")
    assert Prompts.load(folder).fingerprint != before == Prompts.load().fingerprint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("Question: $questoin\n", "questoin"),
        ("No variable at all.\n", "question"),
        ("Costs $5: $question\n", "starts no variable"),
    ],
)
def test_a_bad_file_is_named(folder: Path, text: str | None, message: str) -> None:
    file = folder / "read.tail.md"
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    with pytest.raises(PromptFileError, match=message) as caught:
        Prompts.load(folder)
    assert "read.tail.md" in str(caught.value) and caught.value.hint
