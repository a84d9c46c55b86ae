"""How likely a source supports a claim: a logistic regression over a dozen comparisons of the two.

The coefficients lie in `support.json`; `posterchat eval-support --train` makes them from sets of claims judged by
people. There are two sets of coefficients, one with sentence vectors and one for words alone. docs/support-check.md
has the figures, also for what was tried and left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer.facts import Side, denies, missing_names, opposites, reverses
from rag.answer.numbers import missing_numbers, moved_numbers
from rag.answer.reading import Reading, read
from rag.errors import PosterchatError
from rag.types import Support

FORM = "posterchat-support-1"
# What a claim may not do, whatever its words: what these cost is learned from corrupted sentences.
CONTRADICTIONS = ("number_missing", "number_moved", "name_missing", "denies", "reverses")
WORD_FEATURES = ("covered", "capitalised_missing", *CONTRADICTIONS)
VECTOR_FEATURES = (*WORD_FEATURES, "verbatim", "meaning")  # without `meaning`, `verbatim` does harm
# A sentence decides about negation and direction when it has this share of the claim's weighted words.
_ALIKE = 0.3
_MOST_CAPITALISED = 3
MODEL_FILE = Path(__file__).with_name("support.json")


@dataclass(frozen=True, slots=True)
class Coefficients:
    """A fitted logistic regression."""

    intercept: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """0..1."""
        total = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, total))))


@dataclass(frozen=True, slots=True)
class SupportModel:
    """The support checker. Holds no state: one may be shared by threads. `trained_on` are SHA-256 of files."""

    words: Coefficients
    vectors: Coefficients
    supported_from: float
    partial_from: float
    sides: dict[str, Side]
    trained_on: frozenset[str] = frozenset()

    @classmethod
    def load(cls, path: Path = MODEL_FILE) -> SupportModel:
        """The model in `path`, by default the one that comes with the program. Raises PosterchatError when the file is
        missing or damaged."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["form"] != FORM:
                raise ValueError(f"its form is {data['form']}, not {FORM}")
            words = _coefficients(data["models"]["words"], WORD_FEATURES)
            vectors = _coefficients(data["models"]["vectors"], VECTOR_FEATURES)
            supported, partial = (_number(data["thresholds"][name]) for name in ("supported", "partial"))
            if not 0 < partial <= supported < 1:
                raise ValueError("its thresholds are out of order")
            trained_on = frozenset(str(digest) for digest in data["trained_on"].values())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            said = f"it lacks {exc}" if isinstance(exc, KeyError) else exc
            raise PosterchatError(
                f"The support checker's file {path} cannot be used: {said}.", hint="Install posterchat again."
            ) from exc
        return cls(words, vectors, supported, partial, opposites(), trained_on)

    @classmethod
    def untrained(cls) -> SupportModel:
        """One that compares but does not judge: every probability is .5. For training."""
        nothing = Coefficients(0.0, {})
        return cls(nothing, nothing, 0.5, 0.5, opposites())

    def features(
        self,
        claim: str | Reading,
        sentences: Sequence[str] | Sequence[Reading],
        *,
        weight: Callable[[str], float],
        claim_vector: Any | None = None,
        sentence_vectors: Any | None = None,
    ) -> dict[str, float]:
        """The comparisons of one claim with its source, each 0 or above. With vectors `meaning` is among them.

        `sentences` are the whole source in order, its title first where it has one; they and the claim are texts or,
        where they are compared several times, as `rag.answer.reading.read` gives them. `weight` says how telling a stem
        of the claim is (only ratios matter). `sentence_vectors` has one row of length 1 for each sentence; a row of
        zeros is a sentence that was not embedded.
        """
        texts = [sentence for sentence in sentences if isinstance(sentence, str)]
        compared = read([claim])[0] if isinstance(claim, str) else claim
        source = read(texts) or [sentence for sentence in sentences if isinstance(sentence, Reading)]
        found = _compare(compared, source, weight, self.sides)
        if claim_vector is not None and sentence_vectors is not None:
            found["meaning"] = _meaning(np.asarray(claim_vector), np.asarray(sentence_vectors))
        return found

    def probability(self, features: Mapping[str, float]) -> float:
        """How likely the source supports the claim, calibrated for sets of which one half is supported."""
        return (self.vectors if "meaning" in features else self.words).probability(features)

    def verdict(self, probability: float) -> Support:
        """The probability as a word."""
        if probability >= self.supported_from:
            return "supported"
        return "partial" if probability >= self.partial_from else "unsupported"


def _coefficients(data: Mapping[str, Any], names: Sequence[str]) -> Coefficients:
    weights = data["coefficients"]
    if set(weights) != set(names):
        raise ValueError(f"its features are not {', '.join(names)}")
    return Coefficients(_number(data["intercept"]), {name: _number(weights[name]) for name in names})


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _compare(
    claim: Reading, source: Sequence[Reading], weight: Callable[[str], float], sides: dict[str, Side]
) -> dict[str, float]:
    weights = {stem: weight(stem) for stem in dict.fromkeys(claim.stems) if stem}
    shares = [share(weights, sentence.content) for sentence in source]
    order = sorted(range(len(source)), key=lambda at: -shares[at])
    alike = [source[at] for at in order if shares[at] >= _ALIKE]
    windows = (source[max(0, at - 1) : at + 2] for at in range(len(source)))
    covered = (share(weights, frozenset().union(*(near.content for near in window))) for window in windows)
    coined, capitalised = missing_names(claim, source)
    return {
        "covered": max(covered, default=0.0),
        "verbatim": max((_verbatim(claim, source[at]) for at in order[:5]), default=0.0),
        "capitalised_missing": float(min(_MOST_CAPITALISED, len(capitalised))),
        "number_missing": float(bool(missing_numbers(claim, source))),
        "number_moved": float(bool(moved_numbers(claim, source))),
        "name_missing": float(bool(coined)),
        "denies": float(denies(claim, alike)),
        "reverses": float(reverses(claim, alike, sides)),
    }


def share(weights: Mapping[str, float], present: AbstractSet[str]) -> float:
    """Share (0..1) of the total weight whose stems are `present`; 0 when there is no weight at all."""
    total = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in present) / total if total else 0.0


def _verbatim(claim: Reading, sentence: Reading) -> float:
    """Share of the claim's runs of three words, stop words included, that the sentence has too."""
    runs = set(zip(claim.words, claim.words[1:], claim.words[2:], strict=False))
    there = set(zip(sentence.words, sentence.words[1:], sentence.words[2:], strict=False))
    return len(runs & there) / len(runs) if runs else 0.0


def _meaning(claim: np.ndarray, sentences: np.ndarray) -> float:
    """Length (0..1) of the claim's vector after projection on the plane of the three sentences nearest to it: what
    several sentences say together counts, unlike with the best cosine."""
    embedded = sentences[np.abs(sentences).sum(axis=1) > 0] if sentences.size else sentences
    if not len(embedded):
        return 0.0
    nearest = embedded[np.argsort(-(embedded @ claim), kind="stable")[:3]].astype(float)
    parts, *_ = np.linalg.lstsq(nearest.T, claim.astype(float), rcond=None)
    return min(1.0, float(np.linalg.norm(nearest.T @ parts)))
