"""Which way a question goes, learned from questions that we wrote about made-up papers of many sciences.

A multinomial logistic regression over words and pairs of neighbours. What few of those questions have is only known as
a word, a capitalised word, a coined name, a number or a quotation, so that subjects count for little.
`posterchat eval-routes --train` makes the weights in `routes.json`; docs/evaluation.md has the figures, also those of
the rules that it replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from rag.answer import wording
from rag.answer.facts import names_in
from rag.errors import PosterchatError
from rag.types import Route

FORM = "posterchat-routes-1"
ROUTES: tuple[Route, ...] = ("catalogue", "compare", "fact", "find", "overview")
MODEL_FILE = Path(__file__).with_name("routes.json")
SURE = 0.6
QUOTED, NUMBER, COINED, CAPITAL, WORD = "<quoted>", "<number>", "<coined>", "<Capital>", "<word>"
_TOKEN = re.compile(r"[“\"][^“”\"]+[”\"]|[^\W\d_][\w+-]*(?:['’][^\W\d_]+)?|\d[\d.,]*|[?:;,.!()/&]")
_SAME = {"anybody": "anyone", "somebody": "anyone", "someone": "anyone", "ppl": "people"}
_SENTENCE_ENDS = frozenset(".?!:")


def tokens(question: str) -> list[tuple[str, str]]:
    """The words and marks of a question, in lower case, each with what stands for it when it is not known (itself for
    a mark)."""
    shouted, opens, found = question.isupper(), True, []
    for match in _TOKEN.finditer(question):
        text = match.group()
        if text[0] in '“"' or text[0].isdigit():
            kind = NUMBER if text[0].isdigit() else QUOTED
            found.append((kind, kind))
        elif not text[0].isalpha():
            found.append((text, text))
        else:
            coined = not shouted and names_in(text)
            kind = COINED if coined else CAPITAL if text[0].isupper() and not (opens or shouted) else WORD
            word = text.lower().replace("’", "'")
            found.append((_SAME.get(word, word), kind))
        opens = text in _SENTENCE_ENDS
    return found


def wording_of(question: str, known: AbstractSet[str]) -> list[str]:
    """Words of a question and pairs of neighbours, each once, sorted. Words that are not `known` are told by their
    kind, several of a kind in a row as one."""
    line = ["<start>"]
    for word, kind in tokens(question):
        told = word if word in known or word == kind else kind
        if told not in (WORD, CAPITAL) or line[-1] != told:
            line.append(told)
    line.append("<end>")
    return sorted({*line, *(f"{a} {b}" for a, b in zip(line, line[1:], strict=False))})


@dataclass(frozen=True)
class Router:
    """Tells routes: for each of `ROUTES` a constant, and a weight for each piece of wording. Holds no state: threads
    may share one."""

    known: frozenset[str]
    constants: np.ndarray
    pieces: Mapping[str, np.ndarray]

    @classmethod
    def load(cls, path: Path = MODEL_FILE) -> Router:
        """The router in `path`, by default the one that comes with the program. Raises PosterchatError when the file is
        missing or damaged."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["form"] != FORM or tuple(data["routes"]) != ROUTES:
                raise ValueError("it is of another version")
            pieces = {piece: _row(weights) for piece, weights in data["pieces"].items()}
            return cls(frozenset(data["known"]), _row(data["constants"]), pieces)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            said = f"it lacks {exc}" if isinstance(exc, KeyError) else exc
            raise PosterchatError(
                f"The file of routes {path} cannot be used: {said}.", hint="Install posterchat again."
            ) from exc

    def best(self, question: str) -> Route:
        """The most likely way that does not depend on what the collection has: not `catalogue`."""
        return next(route for route in self.probabilities(question) if route != "catalogue")

    def wants_many(self, question: str) -> bool:
        """Whether it surely asks for an overview."""
        return self.probabilities(question).get("overview", 0.0) >= SURE

    def probabilities(self, question: str) -> dict[Route, float]:
        """Each route with its probability, the most likely first."""
        if wording.TOPIC_NAMED.search(question):  # the page's own words
            return {"overview": 1.0}
        held = [self.pieces[piece] for piece in wording_of(question, self.known) if piece in self.pieces]
        scores = self.constants + (np.sum(held, axis=0) / np.sqrt(len(held)) if held else 0.0)
        powers = np.exp(scores - scores.max())
        order = np.argsort(-powers, kind="stable")
        return {ROUTES[at]: float(powers[at] / powers.sum()) for at in order}


def _row(values: Any) -> np.ndarray:
    row = np.asarray(cast("list[float]", values), dtype=float)
    if row.shape != (len(ROUTES),) or not np.isfinite(row).all():
        raise ValueError("its weights are not one for each route")
    return row
