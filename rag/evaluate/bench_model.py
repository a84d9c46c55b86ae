"""What our own code costs: the model through `LocalGenerator` against llama.cpp's bare loop, and against itself with
search, checks and events around it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rag.types import Generation, Generator, Piece, Progress, Prompt

Bare = Callable[[Prompt, int], tuple[float, float]]  # seconds to read a prompt, and to write so many tokens


def decoding(
    model: Generator, bare: Bare, prompts: Sequence[Prompt], *, max_tokens: int, progress: Progress
) -> dict[str, Any]:
    """Reading and writing speed of `model`, which must not keep state between prompts, and of the bare loop, on the
    same prompts in turn. Ratios above 1 mean that ours is quicker; medians over the prompts."""
    rows = []
    for number, prompt in enumerate(prompts):
        progress(number, len(prompts), "decoding")
        started = time.perf_counter()
        generation = model.generate(prompt, max_tokens=max_tokens)
        times = [time.perf_counter() for piece in generation if piece.probability < 1 or piece.text]
        if len(times) < 3:
            continue
        written = generation.answer_tokens - 1
        read_s, write_s = bare(prompt, written)
        rows.append(
            {
                "prompt_tokens": generation.prompt_tokens,
                "answer_tokens": generation.answer_tokens,
                "ours_read": generation.prompt_tokens / (times[0] - started),
                "bare_read": generation.prompt_tokens / read_s,
                "ours_write": written / (times[-1] - times[0]),
                "bare_write": written / write_s,
            }
        )
    progress(len(prompts), len(prompts), "decoding")
    return {"prompts": len(rows), "summary": _summary(rows), "runs": rows}


def _summary(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    if not rows:
        return {}
    found = {f"{name}_tokens_per_s": statistics.median(row[name] for row in rows) for name in list(rows[0])[2:]}
    for name in ("read", "write"):
        found[f"{name}_ratio"] = statistics.median(row[f"ours_{name}"] / row[f"bare_{name}"] for row in rows)
    return found


@dataclass(slots=True)
class Clocked:
    """A generator that counts the seconds spent waiting for the model behind it."""

    model: Generator
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """As the model behind it."""
        return self.model.name

    @property
    def context_tokens(self) -> int:
        """As the model behind it."""
        return self.model.context_tokens

    def count_tokens(self, prompt: Prompt) -> int:
        """As the model behind it."""
        return self.model.count_tokens(prompt)

    def generate(self, prompt: Prompt, *, max_tokens: int) -> Generation:
        """As the model behind it, with the clock running."""
        started = time.perf_counter()
        generation = self.model.generate(prompt, max_tokens=max_tokens)
        self.seconds += time.perf_counter() - started
        return _ClockedGeneration(generation, self)

    def close(self) -> None:
        """Close the model behind it."""
        self.model.close()


@dataclass(slots=True)
class _ClockedGeneration:
    generation: Generation
    clock: Clocked

    @property
    def prompt_tokens(self) -> int:
        return self.generation.prompt_tokens

    @property
    def answer_tokens(self) -> int:
        return self.generation.answer_tokens

    @property
    def position(self) -> int:
        return self.generation.position

    def __iter__(self) -> Iterator[Piece]:
        pieces = iter(self.generation)
        while True:
            started = time.perf_counter()
            piece = next(pieces, None)
            self.clock.seconds += time.perf_counter() - started
            if piece is None:
                return
            yield piece

    def close(self) -> None:
        self.generation.close()
