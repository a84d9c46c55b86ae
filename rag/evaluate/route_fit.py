"""Fitting the router (`rag/answer/router.py`) to questions with their routes, and its cross-validation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer.router import FORM, ROUTES, Router, tokens, wording_of
from rag.errors import InputError
from rag.types import Route

# A word counts by itself when this many questions have it, a piece of wording when this many have it; the inverse
# strength of the penalty on squared weights; and the number that a question's pieces are scaled to. Chosen by
# cross-validation (docs/evaluation.md).
LEAST_WORD, LEAST_PIECE = 4, 3
INVERSE_PENALTY, SCALE = 1.0, 4.0
FOLDS, SEED = 10, 0
# The routes that the kinds of question files (`posterchat eval`) should take.
ROUTE_OF_KIND: Mapping[str, Route] = {
    "fact": "fact",
    "find": "find",
    "compare": "compare",
    "subfield": "overview",
    "meta": "catalogue",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A question and its route; examples of one `group` are worded alike."""

    question: str
    route: Route
    group: str


def load_examples(path: Path) -> list[Example]:
    """The examples of a JSONL file: `question`, `route` and, where several are worded alike, `group`. Rows of a file of
    questions with answers (`posterchat eval`) will do, too: those with a history and of kinds without a route are left
    out. Raises InputError."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="Name a JSONL file.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            route = row.get("route") or ROUTE_OF_KIND.get(row["kind"])
            question = row["question"]
            if not isinstance(question, str) or route not in (*ROUTES, None):
                raise ValueError(f"its route is {route!r}")
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            said = f"it lacks {error}" if isinstance(error, KeyError) else error
            raise InputError(
                f"{path}:{number} is no question with a route: {said}.", hint="See docs/evaluation.md."
            ) from error
        if route is not None and not row.get("history"):
            found.append(Example(question, route, str(row.get("group", number))))
    if not found:
        raise InputError(f"{path} has no question with a route.", hint="See docs/evaluation.md.")
    return found


def fit(examples: Sequence[Example]) -> Router:
    """A router for these questions."""
    from sklearn.linear_model import LogisticRegression

    questions = [example.question for example in examples]
    frequency = Counter(word for question in questions for word in {word for word, _ in tokens(question)})
    known = frozenset(word for word, count in frequency.items() if count >= LEAST_WORD)
    lines = [wording_of(question, known) for question in questions]
    counts = Counter(piece for line in lines for piece in line)
    pieces = sorted(piece for piece, count in counts.items() if count >= LEAST_PIECE)
    at = {piece: column for column, piece in enumerate(pieces)}
    matrix = np.zeros((len(lines), len(pieces)))
    for row, line in enumerate(lines):
        held = [at[piece] for piece in line if piece in at]
        matrix[row, held] = SCALE / np.sqrt(max(1, len(held)))
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=2000, class_weight="balanced").fit(
        matrix, [example.route for example in examples]
    )
    order = [list(model.classes_).index(route) for route in ROUTES]
    weights = model.coef_[order] * SCALE
    return Router(known, model.intercept_[order], {piece: weights[:, column] for piece, column in at.items()})


def cross_validated(examples: Sequence[Example]) -> list[dict[Route, float]]:
    """The probabilities of each question's routes, by a router that has not seen its group."""
    from sklearn.model_selection import GroupKFold

    groups = [example.group for example in examples]
    told: list[dict[Route, float]] = [{} for _ in examples]
    folds = GroupKFold(n_splits=min(FOLDS, len(set(groups))), shuffle=True, random_state=SEED)
    for train, test in folds.split(examples, groups=groups):
        router = fit([examples[at] for at in train])
        for at in test:
            told[at] = router.probabilities(examples[at].question)
    return told


def figures(told: Sequence[Mapping[Route, float]], examples: Sequence[Example]) -> dict[str, Any]:
    """Share of questions with the right route first (0..1), by route and over all, and which are taken for which."""
    first = [next(iter(one)) for one in told]
    routes = [example.route for example in examples]
    taken: dict[str, dict[str, int]] = {route: dict.fromkeys(ROUTES, 0) for route in ROUTES}
    for said, right in zip(first, routes, strict=True):
        taken[right][said] += 1
    sizes = Counter(routes)
    return {
        "n": len(routes),
        "accuracy": sum(said == right for said, right in zip(first, routes, strict=True)) / max(1, len(routes)),
        "routes": {r: {"n": sizes[r], "accuracy": taken[r][r] / sizes[r]} for r in ROUTES if sizes[r]},
        "taken_for": taken,
    }


def save(router: Router, path: Path) -> None:
    """Write a router where `Router.load` finds it."""
    content = {
        "form": FORM,
        "routes": ROUTES,
        "constants": router.constants.round(3).tolist(),
        "known": sorted(router.known),
        "pieces": {piece: weights.round(2).tolist() for piece, weights in router.pieces.items()},
    }
    path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
