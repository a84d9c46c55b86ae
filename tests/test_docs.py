"""The documents say what the program does: settings, commands and links are compared both ways."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from rag import errors
from rag.serve.cli.main import main, make_app
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
    shown = command.epilog or command.help
    short = name.rpartition(" ")[0] if name.count(" ") > 1 else name  # `posterchat bench` means `bench speed`
    assert f"  {name}" in shown or f"  {short} " in shown, "its help shows no example"


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


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.is_file():
            continue
        seen.add(page)
        for target in re.findall(r"\]\(([^()\s#]+)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                waiting.append((page.parent / target).resolve())
    assert {path.relative_to(ROOT) for path in (ROOT / "docs").glob("*.md")} <= {
        path.relative_to(ROOT) for path in seen if path.is_relative_to(ROOT)
    }


# --- errors ---


def test_every_error_is_in_troubleshooting_with_its_exit_code() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    told = {code(cells[0])[0]: cells for cells in rows(text) if len(cells) == 3}
    found = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.PosterchatError)
    }
    assert set(found) <= set(told)
    for name, kind in found.items():
        exit_codes = re.findall(r"Exit code (\d+)", told[name][1])
        assert exit_codes == ([] if kind.exit_code == 1 else [str(kind.exit_code)]), name
        assert len(told[name][2]) > 10


def test_commands_named_in_the_documents_exist() -> None:
    """Every `posterchat …` in code names a command and options that there are."""
    known = commands()
    groups = {" ".join(name.split()[:2]) for name in known}
    for document in documents():
        text = document.read_text(encoding="utf-8")
        pieces = re.findall(r"^(?:\.venv/bin/)?(posterchat .*)$|`(posterchat [^`]*)`", text, flags=re.MULTILINE)
        for piece in filter(None, (one or other for one, other in pieces)):
            words = piece.split()
            name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in known), "")
            if not name:
                general = words[1].startswith("-") or words[1] in ("COMMAND", "…", "eval")
                assert general or " ".join(words[:2]) in groups, f"{document.name}: {piece}"
                continue
            options = {word.partition("=")[0].strip("',\"") for word in words if re.match(r"--?[a-z]", word)}
            assert options <= names_of(known[name]) | names_of(known["posterchat"]) | {"--help"}, f"{document}: {piece}"


# --- what a newcomer types ---


def shell_lines(name: str) -> list[str]:
    """The command lines in the blocks without a language, in order."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [
        line.partition("  #")[0].strip() for language, block in blocks if not language for line in block.splitlines()
    ]


def fenced(name: str, language: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.real
@pytest.mark.parametrize("name", ["README.md", "docs/quick-start.md"])
def test_every_snippet_does_what_is_said(
    name: str, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A newcomer's way, from the sample to a cited answer about a file of theirs. `make` and servers have tests of
    their own (tests/test_setup.py, tests/serve/test_web_app.py)."""
    monkeypatch.setenv("POSTERCHAT_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("POSTERCHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ponds.csv").write_text("".join(fenced("docs/quick-start.md", "csv")), encoding="utf-8")
    table = list(csv.DictReader((tmp_path / "ponds.csv").read_text(encoding="utf-8").splitlines()))
    page = "".join(
        f"\n\n{row['Title']}\n\n{row['Authors'].replace('; ', ' · ')}\n\n{row['Abstract']}\n" for row in table
    )
    (tmp_path / "page.txt").write_text(page, encoding="utf-8")
    run("posterchat index --sample", capsys)
    said = ""
    for line in shell_lines(name):
        if "posterchat" not in line or line.split()[1] in ("serve", "chat"):
            continue
        said = run(line, capsys)
        if " ask " in line and ("right?" in line or "microphone" in line or "Quill" in line):
            assert "[1]" in said, said
        if "right?" in line:
            assert "93" in said and "Counting Herons from Balloons" in said
    if name.endswith("quick-start.md"):
        assert (tmp_path / "cited.bib").read_text(encoding="utf-8").count("@") == 2
        assert "Counting Otters at Night" in (tmp_path / "overview.md").read_text(encoding="utf-8")


def run(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line prints; what is told after `posterchat index` must be told so."""
    words = shlex.split(line)
    target = words[words.index(">") + 1] if ">" in words else None
    with pytest.raises(SystemExit) as leaving:
        main(words[1 : words.index(">")] if target else words[1:])
    seen = capsys.readouterr()
    assert not leaving.value.code, f"{line}: {seen.err}"
    if target:
        Path(target).write_text(seen.out, encoding="utf-8")
    if line.endswith("index ponds.csv"):
        (told,) = fenced("docs/quick-start.md", "text")
        for expected in told.splitlines():
            expected = re.sub(r"[\d.]+ s$", "", expected)
            assert " ".join(expected.split()) in " ".join((seen.err + seen.out).split()), expected
    return seen.out + seen.err
