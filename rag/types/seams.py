"""Seams that have more than one implementation, and what passes through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Told how far a long piece of work is. `total` is None while it is unknown."""

    def __call__(self, done: int, total: int | None, what: str) -> None: ...


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into L2-normalised float32 vectors."""

    @property
    def name(self) -> str:
        """Model name with revision: part of the index fingerprint."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int:
        """Word pieces that one text may have before it is cut, special tokens included."""
        ...

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, special tokens included, uncut."""
        ...

    def embed(self, texts: list[str]) -> Any:
        """Array of shape (len(texts), dimension), float32, rows of length 1."""
        ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """One system message and one user message. `stable` is the beginning of the user message that many
    questions share (instruction and paper): the model's state after it may be kept. `tail` follows it.
    All three are plain text: nothing in them ever becomes a control token of the model."""

    system: str
    stable: str
    tail: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of generated text and the probability (0..1) that the model gave to its token. A piece without
    text is a sign of life while the model still reads or other questions are served first."""

    text: str
    probability: float


@runtime_checkable
class Generation(Protocol):
    """One running generation: iterate for its pieces. `close` stops the model, also while it still reads."""

    @property
    def prompt_tokens(self) -> int: ...

    @property
    def answer_tokens(self) -> int: ...

    @property
    def position(self) -> int:
        """How many generations are served before this one; 0 while this one runs."""
        ...

    def __iter__(self) -> Iterator[Piece]: ...

    def close(self) -> None: ...


@runtime_checkable
class Generator(Protocol):
    """A language model."""

    @property
    def name(self) -> str:
        """The model's name, as shown to users and kept with every answer."""
        ...

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""
        ...

    def count_tokens(self, prompt: Prompt) -> int:
        """Exact number of tokens of the prompt as the model reads it, chat template included."""
        ...

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        """Queue a prompt. Raises PromptTooLong when it does not fit, Overloaded when too many wait already."""
        ...

    def close(self) -> None:
        """Stop what runs and free the model."""
        ...


@runtime_checkable
class KeepsStates(Protocol):
    """A `Generator` that keeps what it has read."""

    def has_read(self, prompt: Prompt) -> bool:
        """Whether the state after the stable part of `prompt` is kept: asking about it takes moments."""
        ...
