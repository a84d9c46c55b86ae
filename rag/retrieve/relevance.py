"""Does the collection speak to a question at all? The calibrated "nothing relevant", before any model is asked.

The cosine of the best chunk alone does not tell: on 116 papers everyday questions reach .30 and some questions about
papers stay at .23. What tells is whether the question is closer to the collection than to everyday questions
(`prompts/off_topic.txt`): cosine of the best chunk minus .9 x cosine of the closest everyday question. The weight and
the threshold were chosen on the dev questions and 90 of the everyday questions, each left out in turn;
`posterchat eval` measures refusals on any question file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import PromptFileError
from rag.resources import resource
from rag.types import Embedder, Hit

THRESHOLD = 0.5
_OFF_TOPIC_WEIGHT = 0.9
_MIDDLE = 0.045
_SLOPE = 40.0


class Relevance:
    """Judges how relevant a collection is to questions."""

    def __init__(self, embedder: Embedder, off_topic: Sequence[str]) -> None:
        self._everyday = embedder.embed(list(off_topic))

    def of(self, vector: Any, hits: Sequence[Hit]) -> float:
        """Probability-like score (0..1) that the collection speaks to the question with this `vector`; below
        `THRESHOLD` the question is not answered."""
        if not hits:
            return 0.0
        everyday = float(np.max(self._everyday @ vector, initial=0.0))
        nearest = max(hit.dense for hit in hits)
        return 1 / (1 + math.exp(-_SLOPE * (nearest - _OFF_TOPIC_WEIGHT * max(0.0, everyday) - _MIDDLE)))


def off_topic_questions(path: Path | None = None) -> list[str]:
    """The everyday questions of a file (default: `prompts/off_topic.txt`). Raises PromptFileError."""
    path = path or resource("prompts") / "off_topic.txt"
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise PromptFileError(f"{path} cannot be read: {error}.", hint="Restore the file.") from error
    return [line for line in lines if line and not line.startswith("#")]
