"""`posterchat models` with a small manifest, and `posterchat doctor`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from made_up_library import Terminal, write_papers

from rag.engines import model_threads
from rag.index.lock import DataDirLock
from rag.serve.cli.doctor import examine
from rag.settings import load_settings

WEIGHTS = b"GGUF" + b"tiny weights" * 50
VECTORS = b"tiny vectors"
MANIFEST = """
[model."tiny-llm"]
role = "llm"
description = "A language model of few words"
licence = "Apache-2.0"
context = 1024
files = [{{ path = "tiny.gguf", bytes = {llm_bytes}, sha256 = "{llm_sha}" }}]

[model."tiny-embedder"]
role = "embedder"
description = "An embedder of few numbers"
licence = "MIT"
dimension = 64
max_tokens = 256
files = [{{ path = "modules.json", bytes = {emb_bytes}, sha256 = "{emb_sha}" }}]
"""


@pytest.fixture
def posterchat(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """With a manifest of two models, both in the folder that is tried first."""
    manifest = tmp_path / "models.toml"
    manifest.write_text(
        MANIFEST.format(
            llm_bytes=len(WEIGHTS),
            llm_sha=hashlib.sha256(WEIGHTS).hexdigest(),
            emb_bytes=len(VECTORS),
            emb_sha=hashlib.sha256(VECTORS).hexdigest(),
        ),
        encoding="utf-8",
    )
    source = tmp_path / "stick"
    source.mkdir()
    (source / "tiny.gguf").write_bytes(WEIGHTS)
    (source / "modules.json").write_bytes(VECTORS)
    monkeypatch.setenv("POSTERCHAT_MANIFEST", str(manifest))
    monkeypatch.setenv("POSTERCHAT_MODELS_FROM", str(source))
    monkeypatch.setenv("POSTERCHAT_LLM", "tiny-llm")
    monkeypatch.setenv("POSTERCHAT_EMBEDDER", "tiny-embedder")
    return Terminal(capsys)


def weights() -> Path:
    return load_settings().models_path / "tiny-llm" / "tiny.gguf"


def findings(terminal: Terminal, *flags: str) -> tuple[int, dict[str, tuple[str, str, str]]]:
    seen = terminal("doctor", "--json", *flags)
    return seen.code, {row["what"]: (row["state"], row["text"], row["remedy"]) for row in json.loads(seen.out)}


# --- models ---


def test_list(posterchat: Terminal) -> None:
    rows = json.loads(posterchat("models", "list", "--json").out)
    assert [(row["name"], row["present"], row["in_use"]) for row in rows] == [
        ("tiny-llm", False, True),
        ("tiny-embedder", False, True),
    ]
    assert rows[0]["bytes"] == len(WEIGHTS)
    posterchat("models", "pull", "tiny-llm")
    text = posterchat("models", "list").out
    assert [line.split()[-3] for line in text.splitlines()[1:]] == ["yes", "no"]
    assert "Apache-2.0" in text and "MIT" in text


def test_pull_by_name_and_all_default(posterchat: Terminal) -> None:
    seen = posterchat("models", "pull", "tiny-llm")
    assert seen.code == 0
    assert str(weights()) in seen.out
    assert weights().read_bytes() == WEIGHTS
    assert posterchat("models", "pull", "--all-default", "tiny-llm").out.count("is here") == 2


def test_pull_needs_a_known_name(posterchat: Terminal) -> None:
    assert posterchat("models", "pull").code == 2
    unknown = posterchat("models", "pull", "tiny-embedder", "tiny-lm")
    assert unknown.code == 2
    assert "tiny-llm" in unknown.err
    assert json.loads(posterchat("models", "list", "--json").out)[1]["present"] is False


def test_pull_says_what_failed(posterchat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTERCHAT_MODELS_FROM")
    seen = posterchat("models", "pull", "tiny-llm")
    assert seen.code == 1
    assert "tiny-llm could not be fetched" in seen.err
    assert "\n  it has no source\n" in seen.err
    assert "POSTERCHAT_MODELS_FROM" in seen.err


def test_verify(posterchat: Terminal) -> None:
    nothing = posterchat("models", "verify")
    assert nothing.code == 1
    assert "models pull" in nothing.err
    posterchat("models", "pull", "--all-default")
    assert posterchat("models", "verify").out == "tiny-llm is right\ntiny-embedder is right\n"
    weights().write_bytes(WEIGHTS[:-1] + b"?")
    seen = posterchat("models", "verify")
    assert seen.code == 1
    assert seen.out == "tiny-embedder is right\n"
    assert "SHA-256" in seen.err
    assert not weights().exists()
    assert posterchat("models", "verify", "nobody").code == 2


# --- doctor ---


def test_a_fresh_machine_lacks_models(posterchat: Terminal) -> None:
    code, seen = findings(posterchat)
    assert code == 1
    assert seen["language model"][0] == "FAIL"
    assert seen["language model"][2] == "posterchat models pull tiny-llm"
    assert seen["collections"][0] == "WARN"
    assert not load_settings().data_dir.exists()  # looking changes nothing


def test_all_is_well(posterchat: Terminal, tmp_path: Path) -> None:
    posterchat("models", "pull", "--all-default")
    code, seen = findings(posterchat, "--full")
    assert code == 0
    assert seen["SHA-256"][0] == "OK"
    assert seen["llama.cpp"][0] == "OK"
    # These models are no models: the answer without a network that `--offline` tries is tested with real ones.
    assert "network" in findings(posterchat, "--offline")[1]["models pull"][1]
    text = posterchat("doctor").out.splitlines()
    assert all(line.startswith(("OK   ", "WARN ")) for line in text)
    assert "llama.cpp" not in "\n".join(text)


def test_a_wrong_model_is_found_in_full_only(posterchat: Terminal) -> None:
    posterchat("models", "pull", "--all-default")
    weights().write_bytes(WEIGHTS[:-1] + b"?")
    assert findings(posterchat)[0] == 0
    code, seen = findings(posterchat, "--full")
    assert code == 1
    assert seen["models"][0] == "FAIL"
    assert "SHA-256" in seen["models"][1]


def test_collections_are_checked(posterchat: Terminal, tmp_path: Path, own_world: Path) -> None:
    posterchat("models", "pull", "--all-default")
    posterchat("index", write_papers(tmp_path / "ponds.jsonl"))  # with hashed vectors, not with tiny-embedder
    code, seen = findings(posterchat)
    assert code == 1
    state, text, remedy = seen["collection ponds"]
    assert (state, "hash-1" in text) == ("FAIL", True)
    assert "collections repair ponds" in remedy
    for catalogue in own_world.rglob("catalogue.sqlite"):
        catalogue.write_bytes(b"no database")
    assert findings(posterchat)[1]["collection ponds"][0] == "FAIL"


def test_a_missing_default_collection(posterchat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posterchat("index", write_papers(tmp_path / "ponds.jsonl"))
    monkeypatch.setenv("POSTERCHAT_COLLECTION", "lakes")
    state, text, _ = findings(posterchat)[1]["collections"]
    assert state == "WARN"
    assert "lakes" in text


def test_who_holds_the_data_directory(posterchat: Terminal) -> None:
    directory = load_settings().data_dir
    directory.mkdir(parents=True)
    with DataDirLock(directory, "serve"):
        state, text, _ = findings(posterchat)[1]["lock"]
    assert state == "WARN"
    assert "serve" in text
    assert findings(posterchat)[1]["lock"][0] == "OK"


def test_a_data_directory_that_is_a_file(posterchat: Terminal, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    code, seen = findings(posterchat, "--data-dir", str(tmp_path / "file"))
    assert code == 1
    assert seen["data directory"][0] == "FAIL"
    assert "--data-dir" in seen["data directory"][2]


def test_a_broken_manifest_and_a_file_of_ones_own(
    posterchat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(WEIGHTS)
    monkeypatch.setenv("POSTERCHAT_LLM", str(own))
    monkeypatch.setenv("POSTERCHAT_ALLOW_UNPINNED", "1")
    assert findings(posterchat)[1]["language model"][0] == "WARN"
    (tmp_path / "models.toml").write_text("broken =")
    code, seen = findings(posterchat)
    assert code == 1
    assert "models.toml" in seen["models"][1]


def test_other_machines(posterchat: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTERCHAT_HOST", "0.0.0.0")
    lines = [finding for finding in examine(load_settings(), offline=True) if finding.what == "serve"]
    assert [finding.state for finding in lines] == ["OK", "WARN"]


@pytest.mark.parametrize(
    ("needs", "state", "told"),
    [
        (["numpy>=1", 'made-up-thing>=1; extra == "dev"'], "OK", "all 1"),
        (["numpy>=1", "pydantic>=999"], "FAIL", "needed is >=999"),
        (["made-up-thing>=1"], "FAIL", "made-up-thing is missing"),
    ],
)
def test_versions_are_compared_with_what_the_package_asks_for(
    posterchat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needs: list[str], state: str, told: str
) -> None:
    metadata = tmp_path / "site" / "posterchat-0.0.1.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    required = "".join(f"Requires-Dist: {need}\n" for need in needs)
    metadata.write_text(f"Metadata-Version: 2.1\nName: posterchat\nVersion: 0.0.1\n{required}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = findings(posterchat)[1]["libraries"]
    assert found[0] == state
    assert told in found[1]


# --- bench ---


def test_bench_needs_a_model(posterchat: Terminal) -> None:
    seen = posterchat("models", "bench")
    assert (seen.code, "models pull" in seen.err) == (1, True)


@pytest.mark.real
def test_bench_measures_remembers_threads_and_recommends(
    posterchat: Terminal, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POSTERCHAT_MANIFEST")
    monkeypatch.setenv("POSTERCHAT_ALLOW_UNPINNED", "true")
    weights = models_dir / "smollm2-135m" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    seen = posterchat("models", "bench", str(weights), "--json")
    assert seen.code == 0
    found = json.loads(seen.out)
    assert [row["name"] for row in found["models"]] == [weights.name]
    assert found["best"] is None  # it is too small to answer from texts
    assert {row["threads"] for row in found["threads_tried"]} >= {1, found["threads"]}
    settings = load_settings()
    assert model_threads(settings) == found["threads"]
    assert model_threads(settings.model_copy(update={"threads": 7})) == 7
