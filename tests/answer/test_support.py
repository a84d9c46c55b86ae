"""The support checker, as it ships: coefficients, verdicts on made-up papers, and damaged files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answer.reading import read
from rag.answer.support import CONTRADICTIONS, MODEL_FILE, VECTOR_FEATURES, WORD_FEATURES, SupportModel
from rag.errors import PosterchatError
from rag.testing import HashEmbedder

PAPER = (
    "LampNet: Reading by the Light of Fish",
    "Reading at night needs bright lamps, which burn much oil.",
    "We propose LampNet, a small lamp that is fed by the light of deep-sea fish.",
    "It lights 12 pages with 3 fish and needs less oil than candles.",
    "On the harbour benchmark LampNet improves reading speed by 40% over torches.",
    "Fish are returned to the sea after each night.",
)
TRUE = (
    "LampNet is a small lamp fed by the light of deep-sea fish.",
    "LampNet improves reading speed by 40% over torches on the harbour benchmark.",
    "It lights 12 pages with 3 fish.",
    "LampNet needs less oil than candles.",
)
FALSE = {
    "number_missing": "LampNet improves reading speed by 70% over torches on the harbour benchmark.",
    "number_moved": "It lights 3 pages with 12 fish.",
    "name_missing": "GlowNet improves reading speed by 40% over torches on the harbour benchmark.",
    "denies": "LampNet does not improve reading speed over torches on the harbour benchmark.",
    "reverses": "LampNet needs more oil than candles.",
}
ELSEWHERE = "Otters are counted by cameras under bridges of granite."


@pytest.fixture(scope="module")
def model() -> SupportModel:
    return SupportModel.load()


def features(model: SupportModel, claim: str, *, vectors: bool) -> dict[str, float]:
    if not vectors:
        return model.features(claim, PAPER, weight=lambda _: 1.0)
    embedder = HashEmbedder(dimension=512)
    claim_vector, *sentence_vectors = embedder.embed([claim, *PAPER])
    return model.features(
        claim, PAPER, weight=lambda _: 1.0, claim_vector=claim_vector, sentence_vectors=np.stack(sentence_vectors)
    )


BOTH = pytest.mark.parametrize("vectors", [False, True], ids=["words", "vectors"])


@BOTH
@pytest.mark.parametrize("claim", TRUE)
def test_true_sentences_are_supported(model: SupportModel, claim: str, vectors: bool) -> None:
    found = features(model, claim, vectors=vectors)
    assert not any(found[name] for name in CONTRADICTIONS)
    assert model.verdict(model.probability(found)) == "supported"


@BOTH
@pytest.mark.parametrize("kind", FALSE)
def test_each_contradiction_is_seen_and_costs_the_support(model: SupportModel, kind: str, vectors: bool) -> None:
    found = features(model, FALSE[kind], vectors=vectors)
    assert [name for name in CONTRADICTIONS if found[name]] == [kind]
    without = model.probability(found | {kind: 0.0})
    assert without > 0.6
    assert model.probability(found) < without / 2
    assert model.verdict(model.probability(found)) != "supported"


@BOTH
def test_a_sentence_about_something_else_is_unsupported(model: SupportModel, vectors: bool) -> None:
    probability = model.probability(features(model, ELSEWHERE, vectors=vectors))
    assert model.verdict(probability) == "unsupported"


@BOTH
def test_a_sentence_without_any_content_is_unsupported(model: SupportModel, vectors: bool) -> None:
    for claim in ("", "It is so.", "?!"):
        assert model.verdict(model.probability(features(model, claim, vectors=vectors))) == "unsupported"


def test_nothing_supports_anything_without_a_source(model: SupportModel) -> None:
    assert model.verdict(model.probability(model.features(TRUE[0], [], weight=lambda _: 1.0))) == "unsupported"


def test_each_model_finds_its_features(model: SupportModel) -> None:
    assert set(WORD_FEATURES) < set(features(model, TRUE[0], vectors=False)) < set(VECTOR_FEATURES)
    assert set(features(model, TRUE[0], vectors=True)) == set(VECTOR_FEATURES)
    assert set(model.words.weights) == set(WORD_FEATURES)
    assert set(model.vectors.weights) == set(VECTOR_FEATURES)


def test_a_source_may_be_read_once_for_several_claims(model: SupportModel) -> None:
    paper = read(PAPER)
    for claim in (*TRUE, *FALSE.values(), ELSEWHERE):
        by_texts = model.features(claim, PAPER, weight=lambda _: 1.0)
        assert model.features(claim, paper, weight=lambda _: 1.0) == by_texts


def test_telling_words_count_more(model: SupportModel) -> None:
    """The claim shares one word of two with the source: which one is the telling one decides."""
    claim, source = "Marsh lanterns.", ["Many lanterns burn."]
    shared = model.features(claim, source, weight=lambda stem: 9.0 if stem == "lantern" else 1.0)["covered"]
    lacking = model.features(claim, source, weight=lambda stem: 9.0 if stem == "marsh" else 1.0)["covered"]
    assert (shared, lacking) == (0.9, 0.1)


def test_neighbouring_sentences_cover_together_distant_ones_do_not(model: SupportModel) -> None:
    gap = ["Wind blows.", "Rain falls.", "Snow melts."]

    def covered(*source: str) -> float:
        return model.features("Lanterns need oil.", source, weight=lambda _: 1.0)["covered"]

    assert covered("Lanterns burn.", "They need oil.") == 1
    assert covered("Lanterns burn.", *gap, "They need oil.") == pytest.approx(2 / 3)


def test_meaning_is_what_the_nearest_sentences_say_together(model: SupportModel) -> None:
    def meaning(*rows: tuple[float, float, float, float]) -> float:
        claim = np.array([0.6, 0.8, 0.0, 0.0])
        found = model.features(
            "A.", ["B."] * len(rows), weight=lambda _: 1.0, claim_vector=claim, sentence_vectors=np.array(rows)
        )
        return found["meaning"]

    nothing = (0.0, 0.0, 0.0, 0.0)  # a sentence that was not embedded
    assert meaning((0.6, 0.8, 0, 0)) == pytest.approx(1)
    assert meaning((0, 0, 1, 0)) == pytest.approx(0)
    assert meaning((1, 0, 0, 0)) == pytest.approx(0.6)
    assert meaning((1, 0, 0, 0), nothing, (0, 1, 0, 0)) == pytest.approx(1)
    assert meaning(nothing) == 0


@settings(max_examples=60, deadline=None)
@given(claim=st.text(max_size=120), source=st.lists(st.text(max_size=120), max_size=4))
def test_any_text_gets_a_probability(claim: str, source: list[str]) -> None:
    model = SupportModel.load()
    found = model.features(claim, source, weight=lambda _: 1.0)
    assert all(math.isfinite(value) and value >= 0 for value in found.values())
    assert 0 <= model.probability(found) <= 1


def test_a_copied_sentence_is_never_contradicted_by_itself(model: SupportModel) -> None:
    for sentence in PAPER:
        found = model.features(sentence, PAPER, weight=lambda _: 1.0)
        assert not any(found[name] for name in CONTRADICTIONS)


# --- the file ---


def shipped() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    return data


def test_the_shipped_signs_make_sense(model: SupportModel) -> None:
    for coefficients in (model.words, model.vectors):
        weights = coefficients.weights
        assert all(weights[name] < 0 for name in (*CONTRADICTIONS, "capitalised_missing"))
        assert all(weight > 0 for name, weight in weights.items() if name in ("covered", "verbatim", "meaning"))


def damage(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *way, last = path.split(".")
    inner = data
    for name in way:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("form", "another"),
        ("form", None),
        ("models.words", None),
        ("models.vectors.intercept", "3"),
        ("models.vectors.intercept", True),
        ("models.words.coefficients.covered", None),
        ("models.words.coefficients.covered", float("nan")),
        ("models.words.coefficients.unheard", 1.0),
        ("models", []),
        ("thresholds.supported", 0.1),
        ("thresholds.partial", 0.0),
        ("trained_on", None),
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, path: str, value: Any) -> None:
    file = tmp_path / "support.json"
    file.write_text(json.dumps(damage(shipped(), path, value)), encoding="utf-8")
    with pytest.raises(PosterchatError, match=r"support\.json cannot be used: .+\.$") as caught:
        SupportModel.load(file)
    assert caught.value.hint


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff\xfe"])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "support.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PosterchatError, match="cannot be used"):
        SupportModel.load(file)
