"""Stand-ins for the models, shipped with the package: deterministic, quick, and they record what they were asked."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rag.text import content_words, split_sentences, words
from rag.types import Paper, Piece, Prompt


@dataclass
class HashEmbedder:
    """An `rag.types.Embedder` whose vectors are bags of hashed word stems: texts that share words are near."""

    dimension: int = 64
    max_tokens: int = 256
    name: str = "hash-1"
    calls: list[list[str]] = field(default_factory=list)

    def count_tokens(self, text: str) -> int:
        """Words and two special tokens."""
        return len(words(text)) + 2

    def embed(self, texts: list[str]) -> Any:
        """Array (len(texts), dimension), float32, rows of length 1."""
        self.calls.append(list(texts))
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in content_words(text) or [""]:
                row[zlib.crc32(word.encode()) % self.dimension] += 1.0
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@dataclass
class ScriptedGenerator:
    """An `rag.types.Generator` that writes the next of `script` for each prompt, word by word; an exception in the
    script is raised instead. Asked about a sentence that it wrote itself, it says `stands_by`, which takes nothing from
    the script. Each word has `probability`. `prompts` records what it was given; `closed` counts generations that were
    stopped."""

    script: list[str | Exception] = field(default_factory=list)
    context_tokens: int = 2048
    name: str = "scripted-1"
    prompts: list[Prompt] = field(default_factory=list)
    closed: int = 0
    stands_by: str = "Yes"
    probability: float = 0.9
    written: list[str] = field(default_factory=list)

    def count_tokens(self, prompt: Prompt) -> int:
        """A token is a word."""
        return len(f"{prompt.system} {prompt.stable} {prompt.tail}".split())

    def generate(self, prompt: Prompt, *, max_tokens: int) -> _Scripted:
        """The next text of the script, cut after `max_tokens` words."""
        self.prompts.append(prompt)
        if any(sentence in prompt.tail for sentence in self.written):
            return _Scripted(self, self.stands_by, self.count_tokens(prompt), max_tokens)
        text = self.script.pop(0)
        if isinstance(text, str):
            self.written += [span.text for span in split_sentences(text)]
        return _Scripted(self, text, self.count_tokens(prompt), max_tokens)

    def close(self) -> None:
        """Nothing to free."""


class _Scripted:
    position = 0

    def __init__(self, owner: ScriptedGenerator, text: str | Exception, prompt_tokens: int, max_tokens: int) -> None:
        self.prompt_tokens, self.answer_tokens = prompt_tokens, 0
        self._owner, self._text, self._max = owner, text, max_tokens

    def __iter__(self) -> Iterator[Piece]:
        yield Piece("", 1.0)
        if isinstance(self._text, Exception):
            raise self._text
        for word in re.findall(r"\s*\S+", self._text)[: self._max]:
            self.answer_tokens += 1
            yield Piece(word, self._owner.probability)

    def close(self) -> None:
        self._owner.closed += 1


@dataclass(frozen=True)
class MadeUpTopic:
    """As `rag.index.topics.Topic`."""

    label: str
    papers: tuple[str, ...]


@dataclass(frozen=True)
class MadeUpVectors:
    """Stands in for `rag.index.vectors.Vectors`."""

    papers: tuple[Paper, ...]

    def means(self, ids: Sequence[str] | None = None) -> dict[str, Any]:
        """A vector for each paper, or for those given."""
        rows = HashEmbedder().embed([f"{paper.title} {paper.abstract}" for paper in self.papers])
        return {paper.id: row for paper, row in zip(self.papers, rows, strict=True) if ids is None or paper.id in ids}

    def nearest(self, vector: Any, papers: int) -> list[tuple[str, float]]:
        """All papers with their cosine, best first."""
        found = [(key, float(row @ vector)) for key, row in self.means().items()]
        return sorted(found, key=lambda pair: -pair[1])


def made_up_papers() -> tuple[Paper, ...]:
    """Five invented papers, about nothing that exists."""
    rows = [
        (
            "Lanternfish: Keeping Small Maps Bright",
            "Ada Quill, Bo Marsh",
            "Small maps fade when they are copied often. Lanternfish keeps every map bright by storing 12 reference "
            "points in a ring. In our trials it halved the number of faded maps, from 40 to 20 of 200. It needs no "
            "training and runs on a pocket lamp.",
            "Best Lantern Paper",
        ),
        (
            "A Census of Paper Boats",
            "Cleo Tarn",
            "We count paper boats on three ponds. Folded boats sank after 41 minutes on average, waxed boats after "
            "3 hours. Wind explains most of the difference between ponds.",
            None,
        ),
        (
            "Learning to Whistle with Few Tunes",
            "Dov Ash, Ebba Lind",
            "Whistling machines usually hear thousands of tunes. Ours learns from 7 tunes by humming them backwards. "
            "It still confuses marches with waltzes.",
            None,
        ),
        (
            "Why Ladders Lean Left",
            "Finn Oar",
            "Ladders lean left in 62 percent of all gardens. We show that this follows from the handedness of apples.",
            None,
        ),
        (
            "Slow Clocks for Fast Rooms",
            "Gia Moss, Hal Penn, Ivo Rush",
            "Fast rooms make people late. A slow clock, adjusted by 4 seconds an hour, brings them back on time.",
            "Honourable Mention",
        ),
    ]
    return tuple(
        Paper(title.split(":")[0].lower().replace(" ", "-"), title, tuple(authors.split(", ")), abstract, award)
        for title, authors, abstract, award in rows
    )
