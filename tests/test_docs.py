"""The documents say what the program does: settings, commands and links are compared both ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from rag.serve.cli import make_app
from rag.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {".git", ".venv", "node_modules", "build", "dist"}


def rows(text: str) -> Iterator[list[str]]:
    """The cells of all table rows that begin with code."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# --- settings ---


def documented_settings() -> dict[str, list[str]]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return {code(cells[0])[0]: cells for cells in rows(text) if len(cells) == 4}


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(documented_settings()) == set(Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_row_of_a_setting_is_true(name: str) -> None:
    _, variable, default, meaning = documented_settings()[name]
    assert code(variable) == [f"POSTERCHAT_{name.upper()}"]
    value = Settings.model_fields[name].default
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    if name not in ("data_dir", "models_dir"):  # computed at run time: told in words
        assert code(default) == [shown]
    assert len(meaning) > 10


# --- commands ---


def leaves(command: Any, path: str = "posterchat") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by the words that call it; the program itself too, for its options."""
    children = getattr(command, "commands", {})
    if not children or path == "posterchat":
        yield path, command
    for name, child in children.items():
        yield from leaves(child, f"{path} {name}")


def commands() -> dict[str, Any]:
    return dict(leaves(typer.main.get_command(make_app())))


def names_of(command: Any) -> set[str]:
    """Options with all their spellings, and arguments by their metavar."""
    names: set[str] = set()
    for parameter in command.params:
        if parameter.param_type_name == "option":
            names |= {*parameter.opts, *parameter.secondary_opts}
        else:
            names.add(parameter.metavar)
    return names


def documented_commands() -> dict[str, str]:
    """The section of each command, by its heading."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    parts = re.split(r"^## `(posterchat[^`]*)`\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_is_documented_and_no_other() -> None:
    assert set(documented_commands()) == set(commands())


@pytest.mark.parametrize("name", commands())
def test_every_option_is_documented_and_no_other(name: str) -> None:
    told = {word for cells in rows(documented_commands()[name]) for word in code(cells[0])}
    assert told - {"--help", "-h"} == names_of(commands()[name])


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_has_a_help_text(name: str) -> None:
    command = commands()[name]
    assert command.help
    assert all(parameter.help for parameter in command.params)


# --- links ---


def documents() -> list[Path]:
    return [path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts)]


def anchors(text: str) -> set[str]:
    """Headings as the anchors that forges make of them: lower case, spaces to dashes, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = document.parent / file if file else document
        assert place.exists(), f"{document.name} links to {target}"
        assert ROOT in place.resolve().parents, f"{document.name} links out of the repository: {target}"
        if anchor:
            assert anchor in anchors(place.read_text(encoding="utf-8")), f"{document.name} links to {target}"
