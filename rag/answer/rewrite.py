"""Follow-up questions made to stand alone, by rules: only where the question leans on what was said before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.text import content_words
from rag.types import Turn

_LEANS = re.compile(
    r"\b(it|its|they|their|them|that|those|these|this|he|she|his|her|(the )?(other|first|second|last|former|latter)( one)?|"
    r"the (authors?|paper|method|approach|work|one|ones)|one|ones|there|same|else|also|too|instead|again)\b",
    re.I,
)
_CONTINUES = re.compile(r"^\s*(and|but|so|or|ok(ay)?|then|what about|how about|why|how come|really)\b", re.I)


def leans_on_history(question: str) -> bool:
    """Whether a question cannot be understood without the turns before it."""
    short = len(content_words(question)) <= 2
    return bool(_CONTINUES.search(question) or _LEANS.search(question) or short)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question itself, or with the last question that stood alone (and those since) put before it."""
    if not history or not leans_on_history(question):
        return question
    needed = []
    for turn in reversed(history):
        needed.append(turn.question)
        if not leans_on_history(turn.question):
            break
    return " ".join([*reversed(needed), question])
