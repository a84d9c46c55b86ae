"""Measuring and training the support checker: reading judged claims, spoiling sentences, fitting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.answer.support import CONTRADICTIONS, MODEL_FILE, VECTOR_FEATURES, WORD_FEATURES, Coefficients, SupportModel
from rag.errors import InputError
from rag.evaluate.support import evaluate, gather, save, train
from rag.evaluate.support_data import (
    EMBEDDED,
    Abstract,
    Row,
    Vectors,
    nearest,
    rarity,
    read_abstracts,
    read_once,
    read_rows,
)
from rag.evaluate.support_fit import FOLDS, Table, area, balanced_accuracy, fit, folds
from rag.evaluate.support_made import CONTRADICTED, KINDS, TRUE_KINDS, made_rows, negate, reverse
from rag.testing import HashEmbedder
from rag.types import Embedder


def quiet(done: int, total: int | None, what: str) -> None:
    """A progress that nobody watches."""


# --- made-up sets ---

THINGS = ("lantern", "kettle", "bridge", "violin", "garden", "mirror", "ladder", "candle", "barrel", "compass")
PLACES = ("harbour", "mountain", "orchard", "library", "station", "meadow", "cellar", "market", "island", "forest")


def sentence(at: int) -> str:
    """A sentence that no other number gives."""
    return f"The {THINGS[at % 10]} in the {PLACES[at // 10 % 10]} was {THINGS[at // 7 % 10]} number {at + 13}."


def attribution(at: int, supported: bool) -> dict[str, Any]:
    claim = sentence(at) if supported else sentence(at + 50)
    return {
        "question": f"q{at // 2}",
        "claim": f"{claim[:-1]} [3].",
        "references": [f"[3] https://example.org/{at}\n\nTitle: {sentence(at)}\nText: It rained.\nNobody came."],
        "attribution_label": "attributable" if supported else "not attributable",
        "src_dataset": "Made" if at % 3 else "Other",
    }


def wice(at: int, label: str) -> dict[str, Any]:
    claim = sentence(at) if label == "supported" else sentence(at + 50)
    evidence = [*(sentence(at + k) for k in range(30)), " "]
    return {
        "claim": claim,
        "label": label,
        "supporting_sentences": [[0]],
        "evidence": evidence,
        "meta": {"claim_title": f"t{at}"},
    }


def abstract(at: int) -> dict[str, Any]:
    body = (
        f"We propose {THINGS[at % 10].upper()}{at}, a small tool.",
        f"It improves the {PLACES[at % 10]} by {at + 20} steps and needs {at + 3} screws.",
        f"Our {THINGS[at // 2 % 10]} is faster than all others.",
        f"It can be used in the {PLACES[at // 3 % 10]}.",
    )
    summary = f"{THINGS[at % 10].upper()}{at} improves the {PLACES[at % 10]} and is faster than others."
    return {"source": list(body), "target": [summary, "Another."], "title": f"On {THINGS[at % 10]}s, part {at}"}


def write(path: Path, rows: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    labels = ("supported", "partially_supported", "not_supported")
    write(tmp_path / "support" / "a.jsonl", [attribution(at, at % 2 == 0) for at in range(40)])
    write(tmp_path / "support" / "w.jsonl", [wice(at, labels[at % 3]) for at in range(30)])
    write(tmp_path / "support" / "other.jsonl", [{"something": "else"}])
    for name, first in (("train", 0), ("dev", 40)):
        write(tmp_path / "scitldr" / f"{name}.jsonl", [abstract(first + at) for at in range(40)])
    return tmp_path


# --- reading ---


def test_both_sets_are_recognised_by_their_keys(data: Path) -> None:
    rows, files = read_rows(data)
    assert {row.collection for row in rows} == {"AttributionBench", "WiCE"}
    assert set(files) == {"a.jsonl", "w.jsonl"}
    assert all(len(digest) == 64 for digest in files.values())
    assert read_rows(data / "support") == (rows, files)


def test_a_reference_is_read_as_sentences_without_number_and_labels(data: Path) -> None:
    row = read_rows(data)[0][0]
    assert row.claim == sentence(0)
    assert row.sentences == (sentence(0), "It rained.", "Nobody came.")
    assert (row.group, row.part, row.supported) == ("q0", "Other", True)


def test_partly_supported_counts_as_not_supported(data: Path) -> None:
    rows = [row for row in read_rows(data)[0] if row.collection == "WiCE"]
    assert {row.part: row.supported for row in rows} == {
        "supported": True,
        "partially_supported": False,
        "not_supported": False,
    }
    assert all(text.strip() for row in rows for text in row.sentences)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "no JSON object"),
        (attribution(0, True) | {"attribution_label": "maybe"}, "unknown label"),
        ({"attribution_label": "attributable"}, "lacks something"),
        (wice(0, "supported") | {"meta": None}, "lacks something"),
    ],
)
def test_a_broken_row_is_named_with_its_line(tmp_path: Path, row: Any, said: str) -> None:
    write(tmp_path / "a.jsonl", [attribution(0, True), row])
    with pytest.raises(InputError, match=rf"a\.jsonl:2: .*{said}"):
        read_rows(tmp_path)


def test_a_folder_without_claims_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no judged claims"):
        read_rows(tmp_path)


def test_abstracts_are_drawn_the_same_way_each_time(data: Path) -> None:
    file = data / "scitldr" / "dev.jsonl"
    drawn = read_abstracts(file, 5, 1)
    assert len(drawn) == 5
    assert drawn == read_abstracts(file, 5, 1)
    assert drawn != read_abstracts(file, 5, 2)
    assert all(found.sentences[0].startswith("On ") for found in drawn)
    assert read_abstracts(data / "none.jsonl", 5, 1) == []


def test_rare_words_weigh_more_and_a_repeated_source_counts_once() -> None:
    sources = [("herons and ponds",), ("herons",), ("herons",)]
    weight = rarity(sources, read_once(text for source in sources for text in source))
    assert weight("pond") == pytest.approx(np.log(1 + 2 / 2))
    assert weight("heron") == pytest.approx(np.log(1 + 2 / 3))
    assert weight("unheard") == pytest.approx(np.log(1 + 2 / 1))


def test_the_sentences_to_embed_are_those_nearest_in_words() -> None:
    sentences = ("herons in ponds", *(f"stone {at}" for at in range(40)), "ponds")
    row = Row("WiCE", "p", "g", "Herons like ponds.", sentences, True)
    places = nearest(row, lambda _: 1.0, read_once([row.claim, *sentences]))
    assert len(places) == EMBEDDED
    assert {0, 41} < set(places)
    assert places == sorted(places)


def test_vectors_are_made_once_and_kept(tmp_path: Path) -> None:
    embedder = HashEmbedder()
    loaded: list[Embedder] = []

    def load() -> Embedder:
        loaded.append(embedder)
        return embedder

    file = tmp_path / "deep" / "vectors.npz"
    first = Vectors(file, load)
    first.learn(["one pond", "two ponds", "one pond"], quiet)
    assert sum(map(len, embedder.calls)) == 2
    again = Vectors(file, load)
    again.learn(["two ponds"], quiet)
    assert len(loaded) == 1
    assert np.allclose(again.of(["one pond", "two ponds"]), embedder.embed(["one pond", "two ponds"]))
    assert not again.of(["never learned"]).any()


def test_damaged_kept_vectors_are_made_again(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    file.write_bytes(b"PK\x03\x04 torn")
    vectors = Vectors(file, HashEmbedder)
    vectors.learn(["one pond"], quiet)
    assert Vectors(file, HashEmbedder).of(["one pond"]).any()


# --- spoilt sentences ---


def test_every_kind_is_made_and_the_same_each_time() -> None:
    abstracts = [Abstract((row["title"], *row["source"]), row["target"][0]) for row in map(abstract, range(30))]
    rows = made_rows(abstracts, 0)
    assert {row.part for row in rows} == set(KINDS)
    assert rows == made_rows(abstracts, 0)
    assert rows != made_rows(abstracts, 1)
    assert all(row.supported == (row.part in TRUE_KINDS) for row in rows)
    true = {row.group: row.claim for row in rows if row.part == "true summary"}
    for row in rows:
        if row.part in CONTRADICTED:
            assert row.claim not in row.sentences
            assert row.claim != true[row.group]
        if "paper's" in row.part:
            assert row.claim in set(true.values()) - {true[row.group]}


@pytest.mark.parametrize(
    ("claim", "negated"),
    [
        ("Lamps can burn.", "Lamps can not burn."),
        ("It outperforms candles.", "It does not outperform candles."),
        ("We show that it burns.", "We do not show that it burns."),
        ("Lamps burn.", None),
    ],
)
def test_negate(claim: str, negated: str | None) -> None:
    assert negate(claim) == negated


def test_reverse() -> None:
    assert reverse("It is faster and better.") == "It is slower and better."
    assert reverse("It is blue.") is None


# --- fitting ---


def table(values: list[tuple[float, bool]], *, name: str = "covered", part: str = "p") -> Table:
    rows = [Row("WiCE", part, str(at), "", (), right) for at, (_, right) in enumerate(values)]
    return Table(rows, [dict.fromkeys(VECTOR_FEATURES, 0.0) | {name: value} for value, _ in values])


def test_no_group_is_split_and_each_claim_is_tested_once(data: Path) -> None:
    rows = read_rows(data)[0]
    tested: list[int] = []
    for learned, test in folds(rows, 0):
        assert {(rows[at].collection, rows[at].group) for at in learned}.isdisjoint(
            (rows[at].collection, rows[at].group) for at in test
        )
        assert sorted([*learned, *test]) == list(range(len(rows)))
        assert len(test) == pytest.approx(len(rows) / FOLDS, abs=4)
        tested += list(test)
    assert sorted(tested) == list(range(len(rows)))
    assert [list(test) for _, test in folds(rows, 0)] == [list(test) for _, test in folds(rows, 0)]
    assert [list(test) for _, test in folds(rows, 0)] != [list(test) for _, test in folds(rows, 1)]


def test_both_verdicts_weigh_alike_however_many_there_are() -> None:
    """At the point in the middle of two equally spread groups of 20 and 200 the probability is one half."""
    chance = np.random.default_rng(0)
    supported = [(float(value), True) for value in chance.normal(0.7, 0.1, 20)]
    other = [(float(value), False) for value in chance.normal(0.3, 0.1, 200)]
    model = fit(table(supported + other), Table([], []), ["covered"])
    assert model.weights["covered"] > 0
    assert model.probability({"covered": 0.5}) == pytest.approx(0.5, abs=0.06)


def test_spoilt_sentences_teach_contradictions_and_nothing_else() -> None:
    judged = table([(0.2, False), (0.4, True), (0.5, False), (0.9, True)] * 20)
    names = ["covered", "denies"]
    before = fit(judged, Table([], []), names)
    true = table([(0.0, True)] * 50, name="denies", part=TRUE_KINDS[0])
    spoilt = table([(1.0, False)] * 50, name="denies", part=CONTRADICTED[0])
    made = Table([*true.rows, *spoilt.rows], [found | {"covered": 0.9} for found in (*true.features, *spoilt.features)])
    after = fit(judged, made, names)
    assert after.intercept == before.intercept
    assert after.weights["covered"] == before.weights["covered"]
    assert before.weights["denies"] == 0
    assert after.weights["denies"] < -2
    assert after.probability({"covered": 0.9, "denies": 1.0}) < 0.5 < after.probability({"covered": 0.9, "denies": 0.0})


def test_balanced_accuracy_and_area_by_hand() -> None:
    right = np.array([1, 1, 0, 0, 0, 0])
    probability = np.array([0.9, 0.4, 0.6, 0.4, 0.2, 0.1])
    assert balanced_accuracy(right, probability, 0.5) == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert area(right, probability) == pytest.approx((4 + 2 + 0.5) / 8)
    assert area(right, np.full(6, 0.3)) == 0.5


# --- the whole ---


def test_trained_evaluated_saved_and_loaded(data: Path, tmp_path: Path) -> None:
    vectors = Vectors(tmp_path / "vectors.npz", lambda: HashEmbedder(dimension=256))
    measured = gather(data, SupportModel.untrained(), vectors, train=True, progress=quiet)
    content, report = train(measured, SupportModel.untrained())
    for kind, names in (("words", WORD_FEATURES), ("vectors", VECTOR_FEATURES)):
        figures = report["models"][kind]
        # The sets are easy: a claim is a sentence of its source, or of another one.
        assert figures["judged"]["AttributionBench"]["balanced_accuracy"] > 0.9
        assert figures["judged"]["WiCE"]["low"] <= figures["judged"]["WiCE"]["balanced_accuracy"]
        assert set(figures["without"]) == set(names)
        assert figures["made"]["copied sentence"]["supported"] > 0.8
        assert sum(figures["made"]["number changed"][verdict] for verdict in ("supported", "partial")) < 0.5
    file = tmp_path / "support.json"
    save(content, file)
    model = SupportModel.load(file)
    for coefficients in (model.words, model.vectors):
        assert all(coefficients.weights[name] < 0 for name in ("number_missing", "denies", "reverses"))
    again = evaluate(measured, model)
    assert again["seen"] == ["a.jsonl", "w.jsonl"]
    assert again["models"]["vectors"]["judged"]["WiCE: supported"]["told_rightly"] > 0.9
    assert json.loads(json.dumps(again)) == again


def test_the_same_data_give_the_same_file(data: Path) -> None:
    def trained() -> Mapping[str, Any]:
        measured = gather(data, SupportModel.untrained(), None, train=True, progress=quiet)
        return {"fitted": fit(measured.judged, measured.made_to_train, WORD_FEATURES).weights}

    assert trained() == trained()


def test_unknown_data_are_not_called_seen(data: Path) -> None:
    measured = gather(data, SupportModel.load(), None, train=False, progress=quiet)
    report = evaluate(measured, SupportModel.load())
    assert report["seen"] == []
    assert set(report["models"]) == {"words"}
    assert not measured.made_to_train.rows


def test_the_shipped_coefficients_are_those_that_training_gives(bench_data: Path) -> None:
    """For the model over words, which needs no embedding. Anything that changes a feature must be followed by
    `posterchat eval-support DATA_DIR --train`."""
    if not (bench_data / "support").is_dir():
        pytest.skip(f"{bench_data} has no judged claims")
    measured = gather(bench_data, SupportModel.untrained(), None, train=True, progress=quiet)
    shipped: Coefficients = SupportModel.load().words
    if set(measured.files.values()) != SupportModel.load().trained_on:
        pytest.skip(f"the files in {bench_data / 'support'} are not those that the checker was trained on")
    fitted = fit(measured.judged, measured.made_to_train, WORD_FEATURES)
    assert fitted.intercept == pytest.approx(shipped.intercept, abs=0.002)
    assert dict(fitted.weights) == pytest.approx(dict(shipped.weights), abs=0.002)
    right = measured.judged.right
    for name, at_least in (("AttributionBench", 0.67), ("WiCE", 0.72)):
        inside = np.array([row.collection == name for row in measured.judged.rows])
        probability = np.array([shipped.probability(found) for found in measured.judged.features])
        assert balanced_accuracy(right[inside], probability[inside], SupportModel.load().supported_from) > at_least


def test_the_file_lies_in_the_package_and_lists_every_feature() -> None:
    data = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    assert set(data["models"]["vectors"]["coefficients"]) == set(VECTOR_FEATURES)
    assert set(CONTRADICTIONS) < set(data["models"]["words"]["coefficients"])
