"""A stand-in for llama.cpp: a token is a word, and the answer is the sentence of the abstract that shares most words
with the question. Above it all is the program: the queue, the owner thread, cancelling, the whole way of an answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rag.text import content_words, split_sentences
from rag.types import Prompt

READ_S, WRITE_S = 0.00005, 0.002  # seconds a token
END = 0


class FastEngine:
    """As `rag.llm.engine.Engine`."""

    context_tokens = 4096
    gpu = False

    def __init__(self, path: Path, *, aborted: Callable[[], bool], **others: Any) -> None:
        self._aborted = aborted
        self._words = ["", "\n"]
        self._ids = {word: at for at, word in enumerate(self._words)}
        self._held: list[int] = []
        self._left: list[str] = []

    def close(self) -> None:
        """Nothing to free."""

    def reset(self) -> None:
        """Forget what was read."""
        self._held, self._left = [], []

    def tokens(self, prompt: Prompt) -> tuple[list[int], list[int]]:
        """The words of the stable part and of the tail."""
        return self._tokenise(f"{prompt.system}\n{prompt.stable}"), self._tokenise(prompt.tail)

    def at_hand(self, tokens: list[int]) -> bool:
        """Nothing is kept."""
        return False

    def kept(self, tokens: list[int]) -> bool:
        """Nothing is."""
        return False

    def hold(self, tokens: list[int]) -> None:
        """Read the stable part."""
        self.make(tokens)

    def make(self, tokens: list[int], *, spare_s: float = 0.0) -> bool:
        """Read from the first token."""
        self._held = []
        self.read(tokens)
        return False

    def read(self, tokens: list[int]) -> None:
        """Read on. Raises RuntimeError when aborted."""
        self._sleep(READ_S * len(tokens))
        if len(tokens) > 1 and self._held:
            self._left = re.findall(r"\s*\S+", self._answer(self._text(self._held), self._text(tokens)))
        self._held = [*self._held, *tokens]

    def next_token(self) -> tuple[int, float]:
        """The next word of the answer."""
        self._sleep(WRITE_S)
        return (self._id(self._left.pop(0)), 0.9) if self._left else (END, 1.0)

    def ends(self, token: int) -> bool:
        """Whether the answer is over."""
        return token == END

    def piece(self, token: int) -> bytes:
        """The word."""
        return self._words[token].encode()

    def _answer(self, paper: str, tail: str) -> str:
        if "yes or no" in tail:
            return "Yes"
        asked = set(content_words(tail))
        spans = split_sentences(paper.partition("Abstract:")[2].strip())
        best = max(spans, key=lambda span: len(asked & set(content_words(span.text))), default=None)
        return best.text if best else "Nothing is known."

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            if self._aborted():
                raise RuntimeError("aborted")
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.01))

    def _tokenise(self, text: str) -> list[int]:
        return [self._id(word) for word in re.findall(r"\s*\S+|\s+$", text)]

    def _text(self, tokens: list[int]) -> str:
        return "".join(self._words[token] for token in tokens)

    def _id(self, word: str) -> int:
        if word not in self._ids:
            self._words.append(word)
            self._ids[word] = len(self._words) - 1
        return self._ids[word]
