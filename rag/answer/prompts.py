"""Prompt files: plain text with `$variables` (string.Template), checked when they are loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from rag.errors import PromptFileError
from rag.resources import resource
from rag.retrieve.orders import trusted_text
from rag.types import Prompt

VARIABLES: Mapping[str, frozenset[str]] = {
    "read.system": frozenset(),
    "read.stable": frozenset({"title", "abstract"}),
    "read.tail": frozenset({"question"}),
    "about.tail": frozenset({"question"}),
    "said.tail": frozenset({"question"}),
    "line.tail": frozenset({"question"}),
    "compare.tail": frozenset({"question"}),
}


@dataclass(frozen=True, slots=True)
class Prompts:
    """The texts of `prompts/*.md`. `fingerprint` is kept with evaluation results."""

    templates: Mapping[str, str]

    @classmethod
    def load(cls, directory: Path | None = None) -> Prompts:
        """Read and check all prompt files of `directory` (default: those of the program).

        Raises PromptFileError when one is missing, empty, or does not use exactly the variables that it has.
        """
        directory = directory or resource("prompts")
        return cls({name: _read(directory / f"{name}.md", allowed) for name, allowed in VARIABLES.items()})

    def fill(self, name: str, **values: str) -> str:
        """The text of a prompt with its variables replaced."""
        return Template(self.templates[name]).substitute(values)

    def about(self, title: str, abstract: str, *, tail: str = "") -> Prompt:
        """The prompt that puts a paper before the model, without the orders in it: the same up to the `tail`."""
        title, abstract = trusted_text(title) or title[:80], trusted_text(abstract)
        return Prompt(
            system=self.fill("read.system"),
            # The blank line keeps the last token of the paper the same whatever question follows.
            stable=self.fill("read.stable", title=title, abstract=abstract) + "\n\n",
            tail=tail,
        )

    @property
    def instructions(self) -> str:
        """What the model is told beside papers and questions, and has no reason to repeat."""
        return f"{self.templates['read.system']} {self.templates['read.stable'].partition('$title')[0]}"

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of the SHA-256 over all prompt texts."""
        return _fingerprint(self.templates)

    @property
    def stable_fingerprint(self) -> str:
        """The same over the texts that `about` begins with."""
        return _fingerprint({name: self.templates[name] for name in ("read.system", "read.stable")})


def _fingerprint(templates: Mapping[str, str]) -> str:
    joined = "\0".join(f"{name}\0{text}" for name, text in sorted(templates.items()))
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def _read(path: Path, allowed: frozenset[str]) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptFileError(f"The prompt file {path} cannot be read: {error}.", hint="Restore it.") from error
    template = Template(text)
    if not template.is_valid():
        raise PromptFileError(f"{path} has a `$` that starts no variable.", hint="Write `$$` for a dollar sign.")
    used = set(template.get_identifiers())
    if used != allowed:
        wrong = ", ".join(sorted(used ^ allowed))
        raise PromptFileError(
            f"{path} must use exactly the variables {sorted(allowed) or 'none'}; check {wrong}.",
            hint="See prompts/README.md.",
        )
    if not text.strip():
        raise PromptFileError(f"{path} is empty.", hint="Restore it.")
    return text.strip()
