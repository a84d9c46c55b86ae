"""`posterchat eval-support`: how well the support checker tells supported claims from others, and its training."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer.support import FORM, VECTOR_FEATURES, WORD_FEATURES, Coefficients, SupportModel
from rag.evaluate.support_data import (
    SETS,
    Row,
    Vectors,
    nearest,
    rarity,
    read_abstracts,
    read_once,
    read_rows,
)
from rag.evaluate.support_fit import (
    FOLDS,
    REPEATS,
    SEED,
    Table,
    area,
    balanced_accuracy,
    cross_validated,
    fit,
)
from rag.evaluate.support_made import KINDS, TRUE_KINDS, made_rows
from rag.index.files import storage_errors, write_atomic
from rag.types import Progress

REPORT_FORM = "posterchat-support-eval-1"
# Abstracts of SciTLDR that spoilt sentences are made of: for the second step of the training, and to report on.
TRAIN_ABSTRACTS, TEST_ABSTRACTS = 200, 250
_TRAIN_SEED, _TEST_SEED = 2, 1
# Chosen in docs/support-check.md.
THRESHOLDS = {"supported": 0.5, "partial": 0.25}
_RESAMPLES = 1000
FEATURES = {"words": WORD_FEATURES, "vectors": VECTOR_FEATURES}


@dataclass(frozen=True)
class Measured:
    """All rows with their features, and the SHA-256 of the files of judged claims."""

    judged: Table
    made_to_train: Table
    made_to_test: Table
    files: Mapping[str, str]
    with_vectors: bool

    @property
    def kinds(self) -> tuple[str, ...]:
        """The models that can be measured."""
        return ("words", "vectors") if self.with_vectors else ("words",)


def gather(folder: Path, model: SupportModel, vectors: Vectors | None, *, train: bool, progress: Progress) -> Measured:
    """Read the sets below `folder` and compare every claim with its source. Without `vectors`, words alone; spoilt
    sentences to train on only with `train`. Raises InputError, and what the embedder raises."""
    judged, files = read_rows(folder)
    summaries = folder / "scitldr"
    to_train = made_rows(read_abstracts(summaries / "train.jsonl", TRAIN_ABSTRACTS, _TRAIN_SEED) if train else [], SEED)
    to_test = made_rows(read_abstracts(summaries / "dev.jsonl", TEST_ABSTRACTS, _TEST_SEED), SEED)
    tables = [_table(rows, model, vectors, progress) for rows in (judged, to_train, to_test)]
    return Measured(tables[0], tables[1], tables[2], files, vectors is not None)


def _table(rows: Sequence[Row], model: SupportModel, vectors: Vectors | None, progress: Progress) -> Table:
    """Features of the rows. How rare a word is, is counted in each set by itself."""
    known = read_once(text for row in rows for text in (row.claim, *row.sentences))
    names = {row.collection for row in rows}
    weights = {name: rarity((row.sentences for row in rows if row.collection == name), known) for name in names}
    near = [nearest(row, weights[row.collection], known) for row in rows] if vectors else []
    if vectors:
        picked = (row.sentences[at] for row, places in zip(rows, near, strict=True) for at in places)
        vectors.learn([*(row.claim for row in rows), *picked], progress)
    features = []
    for at, row in enumerate(rows):
        if at % 100 == 0:
            progress(at, len(rows), "comparing")
        claim = sentences = None
        if vectors:
            claim, all_of_it = vectors.of([row.claim])[0], vectors.of(row.sentences or [""])
            sentences = np.zeros_like(all_of_it)
            sentences[near[at]] = all_of_it[near[at]]
        source = [known[text] for text in row.sentences]
        weight = weights[row.collection]
        features.append(
            model.features(row.claim, source, weight=weight, claim_vector=claim, sentence_vectors=sentences)
        )
    return Table(rows, features)


def evaluate(measured: Measured, model: SupportModel) -> dict[str, Any]:
    """Figures of `model` on everything gathered. `seen` are the files that it was trained on: figures on these are
    too good."""
    report: dict[str, Any] = {
        "form": REPORT_FORM,
        "files": dict(measured.files),
        "seen": sorted(name for name, digest in measured.files.items() if digest in model.trained_on),
        "thresholds": {"supported": model.supported_from, "partial": model.partial_from},
        "models": {},
    }
    for kind in measured.kinds:
        coefficients = model.vectors if kind == "vectors" else model.words
        probability = np.array([coefficients.probability(found) for found in measured.judged.features])
        report["models"][kind] = {
            "judged": judged_figures(measured.judged.rows, probability[None, :], model.supported_from),
            "made": made_figures(measured.made_to_test, coefficients, model),
        }
    return report


def train(measured: Measured, model: SupportModel) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fit both models. Returns the content of the checker's file, and the report: cross-validated figures, and those
    of models that lack one feature, or that saw no spoilt sentences."""
    report: dict[str, Any] = {
        "form": REPORT_FORM,
        "files": dict(measured.files),
        "thresholds": THRESHOLDS,
        "models": {kind: _validate(measured, FEATURES[kind]) for kind in measured.kinds},
    }
    found = {kind: fit(measured.judged, measured.made_to_train, FEATURES[kind]) for kind in measured.kinds}
    supported, partial = THRESHOLDS["supported"], THRESHOLDS["partial"]
    new = replace(model, supported_from=supported, partial_from=partial)
    for kind in measured.kinds:
        report["models"][kind]["made"] = made_figures(measured.made_to_test, found[kind], new)
    content = {
        "form": FORM,
        "thresholds": THRESHOLDS,
        "models": {
            kind: {"intercept": fitted.intercept, "coefficients": dict(fitted.weights)}
            for kind, fitted in found.items()
        },
        "trained_on": dict(measured.files),
        "cross_validated": {
            kind: _short(report["models"][kind]["judged"]) | {"folds": FOLDS, "repeats": REPEATS} for kind in found
        },
    }
    return content, report


def _validate(measured: Measured, names: Sequence[str]) -> dict[str, Any]:
    judged, made, threshold = measured.judged, measured.made_to_train, THRESHOLDS["supported"]

    def short(made: Table, names: Sequence[str]) -> dict[str, Any]:
        runs = cross_validated(judged, made, names)
        return _short(judged_figures(judged.rows, runs, threshold, intervals=False))

    runs = cross_validated(judged, made, names)
    return {
        "judged": judged_figures(judged.rows, runs, threshold),
        "calibration": calibration(judged.rows, runs),
        "without": {name: short(made, [other for other in names if other != name]) for name in names},
        "without_spoilt_sentences": short(Table([], []), names),
    }


def save(content: Mapping[str, Any], path: Path) -> None:
    """Write the checker's file in one step. Raises StorageFull."""
    with storage_errors(path):
        write_atomic(path, json.dumps(_rounded(content), indent=1) + "\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return {key: _rounded(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def judged_figures(
    rows: Sequence[Row], runs: np.ndarray, threshold: float, *, intervals: bool = True
) -> dict[str, dict[str, Any]]:
    """Per set and part `{n, supported, balanced_accuracy, low, high, area}`; several runs are averaged. A part of one
    verdict only (the labels of WiCE) has the share that is told rightly instead."""
    right = np.array([row.supported for row in rows], dtype=float)
    groups: dict[str, np.ndarray] = {}
    for name in SETS:
        inside = np.array([row.collection == name for row in rows])
        if inside.any():
            groups[name] = inside
            for part in sorted({row.part for row in rows if row.collection == name}):
                groups[f"{name}: {part}"] = np.array([row.collection == name and row.part == part for row in rows])
    return {name: _figures(right[inside], runs[:, inside], threshold, intervals) for name, inside in groups.items()}


def _figures(right: np.ndarray, runs: np.ndarray, threshold: float, intervals: bool) -> dict[str, Any]:
    known: dict[str, Any] = {"n": len(right), "supported": int(right.sum())}
    if len(set(right)) < 2:
        return known | {"told_rightly": float(((runs >= threshold) == right).mean())}
    known |= {
        "balanced_accuracy": float(np.mean([balanced_accuracy(right, run, threshold) for run in runs])),
        "area": float(np.mean([area(right, run) for run in runs])),
    }
    if intervals:
        chance = np.random.default_rng(SEED)
        yes, no = np.flatnonzero(right == 1), np.flatnonzero(right == 0)
        told = ((runs >= threshold) == right).mean(axis=0)
        resampled = [
            (told[chance.choice(yes, len(yes))].mean() + told[chance.choice(no, len(no))].mean()) / 2
            for _ in range(_RESAMPLES)
        ]
        known["low"], known["high"] = (float(value) for value in np.quantile(resampled, [0.025, 0.975]))
    return known


def _short(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name: {key: figures[name][key] for key in ("balanced_accuracy", "area")} for name in SETS if name in figures
    }


def calibration(rows: Sequence[Row], runs: np.ndarray) -> dict[str, list[dict[str, float]]]:
    """Per set the mean probability and the share of supported claims in each fifth."""
    probability = runs.mean(axis=0)
    right = np.array([row.supported for row in rows], dtype=float)
    found = {}
    for name in SETS:
        inside = np.flatnonzero([row.collection == name for row in rows])
        fifths = np.array_split(inside[np.argsort(probability[inside], kind="stable")], 5)
        found[name] = [
            {"probability": float(probability[f].mean()), "supported": float(right[f].mean())} for f in fifths if len(f)
        ]
    return found


def made_figures(made: Table, coefficients: Coefficients, model: SupportModel) -> dict[str, dict[str, Any]]:
    """Per kind of made sentence the shares that are called supported, partial and unsupported, and the median."""
    probability = np.array([coefficients.probability(found) for found in made.features])
    verdicts = np.array([model.verdict(value) for value in probability])
    found = {}
    for kind in KINDS:
        inside = np.flatnonzero([row.part == kind for row in made.rows])
        if len(inside):
            shares = {
                name: float((verdicts[inside] == name).mean()) for name in ("supported", "partial", "unsupported")
            }
            found[kind] = {
                "n": len(inside),
                "true": kind in TRUE_KINDS,
                "median": float(np.median(probability[inside])),
                **shares,
            }
    return found
