"""Fitting the support checker: logistic regression, in two steps, and its cross-validation.

First all coefficients are fitted on the judged claims; in each set both verdicts have equal weight. Contradictions
are rare there, so in a second step their coefficients, and only these, are fitted again on spoilt sentences, with all
others held. So judged claims teach what coverage means, and spoilt sentences what a contradiction costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.answer.support import CONTRADICTIONS, Coefficients
from rag.evaluate.support_data import Row
from rag.evaluate.support_made import CONTRADICTED, TRUE_KINDS

FOLDS, REPEATS, SEED = 5, 5, 0
# Strength of the penalty on squared coefficients. The first: 1 to 100 give the same figures within .002. The second:
# smaller makes the judged claims' probabilities too extreme, larger lets contradictions pass (docs/support-check.md).
PENALTY, SECOND_PENALTY = 10.0, 5.0
_STEPS = 25


@dataclass(frozen=True)
class Table:
    """Rows with their features, in the same order."""

    rows: Sequence[Row]
    features: Sequence[Mapping[str, float]]

    @property
    def right(self) -> np.ndarray:
        """1 where the claim is supported."""
        return np.array([row.supported for row in self.rows], dtype=float)

    def matrix(self, names: Sequence[str]) -> np.ndarray:
        """One row for each claim, one column for each feature."""
        return np.array([[found[name] for name in names] for found in self.features], dtype=float)

    def at(self, places: Sequence[int] | np.ndarray) -> Table:
        """The rows at these places."""
        return Table([self.rows[at] for at in places], [self.features[at] for at in places])


def fit(judged: Table, made: Table, names: Sequence[str]) -> Coefficients:
    """The model over the features `names`; without `made` rows the second step is left out."""
    matrix = judged.matrix(names)
    middle, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    standard = np.hstack([(matrix - middle) / spread, np.ones((len(matrix), 1))])
    penalty = np.append(np.full(len(names), PENALTY), 0.0)
    start = np.zeros(len(names) + 1)
    found = _newton(standard, np.zeros(len(matrix)), judged.right, _verdicts_alike(judged.rows), penalty, start)
    weights = found[:-1] / spread
    intercept = float(found[-1] - middle @ weights)
    refit = [at for at, name in enumerate(names) if name in CONTRADICTIONS]
    spoilt = made.at([at for at, row in enumerate(made.rows) if row.part in (*TRUE_KINDS, *CONTRADICTED)])
    if refit and spoilt.rows:
        held = [at for at in range(len(names)) if at not in refit]
        features = spoilt.matrix(names)
        offset = features[:, held] @ weights[held] + intercept
        penalty = np.full(len(refit), SECOND_PENALTY)
        weights[refit] = _newton(
            features[:, refit], offset, spoilt.right, _kinds_alike(spoilt.rows), penalty, weights[refit]
        )
    return Coefficients(intercept, {name: float(weight) for name, weight in zip(names, weights, strict=True)})


def _newton(
    matrix: np.ndarray, offset: np.ndarray, right: np.ndarray, share: np.ndarray, penalty: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Newton's method for weighted logistic regression with a penalty on the distance from `start`."""
    found = start.copy()
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-(offset + matrix @ found)))
        slope = matrix.T @ (share * (probability - right)) + penalty * (found - start)
        bend = (matrix.T * (share * probability * (1 - probability))) @ matrix + np.diag(penalty)
        found = found - np.linalg.solve(bend, slope)
    return found


def _verdicts_alike(rows: Sequence[Row]) -> np.ndarray:
    """Weights, one on average in each set, with which supported and other claims of a set count alike."""
    sizes = Counter((row.collection, row.supported) for row in rows)
    totals = Counter(row.collection for row in rows)
    verdicts = Counter(collection for collection, _ in sizes)
    return np.array(
        [totals[row.collection] / verdicts[row.collection] / sizes[row.collection, row.supported] for row in rows]
    )


def _kinds_alike(rows: Sequence[Row]) -> np.ndarray:
    """Weights, one on average, with which true and spoilt sentences count alike, and so do the kinds of each."""
    sizes = Counter((row.supported, row.part) for row in rows)
    kinds = Counter(supported for supported, _ in sizes)
    weights = np.array([1 / kinds[row.supported] / sizes[row.supported, row.part] for row in rows])
    return np.asarray(weights * len(rows) / weights.sum())


def folds(rows: Sequence[Row], seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`FOLDS` pairs of places to train on and to test on. A group is never split; parts and verdicts are spread."""
    chance = np.random.default_rng(seed)
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.collection, row.group), []).append(row)
    order = [list(groups)[at] for at in chance.permutation(len(groups))]
    order.sort(key=lambda name: (groups[name][0].part, sum(row.supported for row in groups[name]) / len(groups[name])))
    fold_of = {name: at % FOLDS for at, name in enumerate(order)}
    folded = np.array([fold_of[row.collection, row.group] for row in rows])
    for fold in range(FOLDS):
        yield np.flatnonzero(folded != fold), np.flatnonzero(folded == fold)


def cross_validated(judged: Table, made: Table, names: Sequence[str]) -> np.ndarray:
    """Probabilities of the judged claims by models that did not see their group: one row for each of `REPEATS`
    divisions."""
    runs = np.zeros((REPEATS, len(judged.rows)))
    for repeat in range(REPEATS):
        for train, test in folds(judged.rows, SEED + repeat):
            model = fit(judged.at(train), made, names)
            runs[repeat, test] = [model.probability(judged.features[at]) for at in test]
    return runs


def balanced_accuracy(right: np.ndarray, probability: np.ndarray, threshold: float) -> float:
    """Mean of the shares of supported and of other claims that are told rightly (0..1)."""
    said = probability >= threshold
    return float((said[right == 1].mean() + (~said)[right == 0].mean()) / 2)


def area(right: np.ndarray, probability: np.ndarray) -> float:
    """Area under the ROC curve (0..1): how often a supported claim is above another, ties half."""
    above, below = probability[right == 1], np.sort(probability[right == 0])
    lower = np.searchsorted(below, above, side="left") + np.searchsorted(below, above, side="right")
    return float(lower.mean() / 2 / len(below))
