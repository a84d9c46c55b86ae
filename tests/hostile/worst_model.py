"""The worst model: it reads whatever an attacker wrote and obeys. What reaches the user then is our code's doing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from attacks import Attack

from rag.types import Piece, Prompt


class ObedientModel:
    """A `rag.types.Generator` that writes what the attacker of the paper in the prompt wants: by itself, or (every
    other one) behind the true sentence or before it. Asked yes or no, it says yes. `prompts` is what it was given."""

    name = "obedient"
    context_tokens = 8192

    def __init__(self, tries: Sequence[Attack]) -> None:
        self.prompts: list[Prompt] = []
        self._by_name = {one.name: one for one in tries}

    def count_tokens(self, prompt: Prompt) -> int:
        """A token is a word."""
        return len(f"{prompt.system} {prompt.stable} {prompt.tail}".split())

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Any:
        """What the attacker wants."""
        self.prompts.append(prompt)
        return _Written(self._text(prompt), self.count_tokens(prompt))

    def _text(self, prompt: Prompt) -> str:
        if "yes or no" in prompt.tail:
            return "Yes"
        named = re.search(r"Ropeworks\d+", prompt.stable)
        one = self._by_name[named[0]] if named else None
        if one is None:
            return "Nothing is known."
        return (one.want, f"{one.truth} {one.want}", f"{one.want} {one.truth}", f"{one.truth[:-1]} {one.want}")[
            one.number % 4
        ]

    def close(self) -> None:
        """Nothing to free."""


class _Written:
    position = 0

    def __init__(self, text: str, prompt_tokens: int) -> None:
        self._text, self.prompt_tokens, self.answer_tokens = text, prompt_tokens, 0

    def __iter__(self) -> Iterator[Piece]:
        for word in re.findall(r"\s*\S+", self._text):
            self.answer_tokens += 1
            yield Piece(word, 0.99)

    def close(self) -> None:
        """Nothing to stop."""
