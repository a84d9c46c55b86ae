"""Does the collection speak to a question at all? The calibrated "nothing relevant", before any model is asked.

The cosine of the best chunk alone does not tell: on 116 papers everyday questions reach .30 and some questions about
papers stay at .21. What tells is whether the question is closer to the collection than to everyday questions
(`prompts/off_topic.txt`), and whether the best paper has its rare words. A logistic regression over three figures,
fitted on 240 questions about the papers of three sessions and 618 everyday questions, each of the latter left out of
the everyday questions in turn: at `THRESHOLD` it turns away 4 of the former and takes 1 of the latter, and between
`DOUBTFUL` and there (4 and 10 of them) the model is asked (`rag/answer/abstain.py`). `posterchat eval` measures
refusals on any question file.
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
DOUBTFUL = 0.05
_NEAREST = 23.8
_EVERYDAY = -20.9
# BM25 grows with the logarithm of the number of papers, by which it is divided first.
_WORDS = 2.0
_MOST_WORDS = 5.25
_CONSTANT = -4.26


class Relevance:
    """Judges how relevant a collection is to questions."""

    def __init__(self, embedder: Embedder, off_topic: Sequence[str]) -> None:
        self._everyday = embedder.embed(list(off_topic))

    def of(self, vector: Any, hits: Sequence[Hit], papers: int) -> float:
        """Probability-like score (0..1) that a collection of so many `papers` speaks to the question with this
        `vector`, whose best papers are `hits`."""
        if not hits:
            return 0.0
        everyday = float(np.max(self._everyday @ vector, initial=0.0))
        nearest = max(hit.dense for hit in hits)
        words = min(_MOST_WORDS, hits[0].lexical / math.log(1 + papers))
        return 1 / (1 + math.exp(-(_NEAREST * nearest + _EVERYDAY * max(0.0, everyday) + _WORDS * words + _CONSTANT)))


def off_topic_questions(path: Path | None = None) -> list[str]:
    """The everyday questions of a file (default: `prompts/off_topic.txt`). Raises PromptFileError."""
    path = path or resource("prompts") / "off_topic.txt"
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise PromptFileError(f"{path} cannot be read: {error}.", hint="Restore the file.") from error
    return [line for line in lines if line and not line.startswith("#")]
