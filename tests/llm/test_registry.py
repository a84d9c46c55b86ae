"""What the store says about models on disk, and the parts of a pull that do not depend on the source."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from model_sources import embedding_model, file_spec, hub, language_model, manifest, noise, running, stalled

from rag.errors import DownloadFailed, ModelCorrupt, ModelMissing, StorageFull, UnknownModel, UsageError
from rag.llm.manifest import FileSpec, Manifest
from rag.llm.registry import ModelStore

WEIGHTS = noise(3000)
PARTS = {"config.json": b"{}", "1_Pooling/config.json": b"[]", "model.safetensors": noise(2000, 2)}


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HF_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def lay(folder: Path, contents: dict[str, bytes]) -> Path:
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def overwrite_unnoticed(path: Path, content: bytes) -> None:
    """Same size and same times: as a failing disk does it."""
    seen = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


# --- on disk ---


def test_a_missing_model_is_named_with_the_remedy(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS)))
    assert not store.present("tiny")
    for call in (store.path, store.verify):
        with pytest.raises(ModelMissing, match=r"tiny\.gguf is not there") as raised:
            call("tiny")
        assert raised.value.hint == "Run: posterchat models pull tiny"


def test_unknown_names_are_refused_everywhere(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS)))
    for call in (store.path, store.present, store.verify, store.pull, store.resolve):
        with pytest.raises(UnknownModel, match="tiny"):
            call("tinny")


def test_an_unfinished_file_is_not_present(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS)))
    lay(tmp_path / "tiny", {"tiny.gguf": WEIGHTS[:-1]})
    assert not store.present("tiny")
    with pytest.raises(ModelMissing, match="has 2999 bytes, not 3000"):
        store.path("tiny")


def test_side_loaded_files_are_found_and_hashed_once(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS), embedding_model(PARTS)))
    gguf = lay(tmp_path / "tiny", {"tiny.gguf": WEIGHTS}) / "tiny.gguf"
    lay(tmp_path / "tiny-embedder", PARTS)
    assert store.path("tiny") == gguf
    assert store.path("tiny-embedder") == tmp_path / "tiny-embedder"
    overwrite_unnoticed(gguf, noise(3000, 9))
    assert store.path("tiny") == gguf  # size and time are those of the hashed file: not hashed again
    with pytest.raises(ModelCorrupt):
        store.verify("tiny")


def test_a_changed_file_is_noticed_and_deleted(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(embedding_model(PARTS)))
    lay(tmp_path / "tiny-embedder", PARTS)
    store.path("tiny-embedder")
    wrong = tmp_path / "tiny-embedder" / "1_Pooling" / "config.json"
    wrong.write_bytes(b"()")
    pinned = file_spec("x.gguf", b"[]").sha256[:12]
    found = file_spec("x.json", b"()").sha256[:12]
    with pytest.raises(ModelCorrupt, match=f"{found}.*{pinned}.*was deleted") as raised:
        store.path("tiny-embedder")
    assert raised.value.hint == "Run: posterchat models pull tiny-embedder"
    assert not wrong.exists() and not store.present("tiny-embedder")


def test_status_lists_all_models(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS), embedding_model(PARTS)))
    lay(tmp_path / "tiny-embedder", {"config.json": b"{}", "model.safetensors.part": b"12345"})
    lay(tmp_path / "tiny", {"tiny.gguf": WEIGHTS})
    assert [(spec.name, present, size) for spec, present, size in store.status()] == [
        ("tiny", True, 3000),
        ("tiny-embedder", False, 7),
    ]


def test_verify_reports_its_progress(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(embedding_model(PARTS)))
    lay(tmp_path / "tiny-embedder", PARTS)
    told: list[tuple[int, int | None]] = []
    store.verify("tiny-embedder", progress=lambda done, total, what: told.append((done, total)))
    assert told == [(2, 2004), (4, 2004), (2004, 2004)]


# --- names and paths ---


def test_a_name_resolves_to_a_pinned_model(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS), embedding_model(PARTS)))
    lay(tmp_path / "tiny", {"tiny.gguf": WEIGHTS})
    found = store.resolve("tiny")
    assert (found.name, found.pinned, found.path) == ("tiny", True, tmp_path / "tiny" / "tiny.gguf")
    assert found.identity == f"tiny@{file_spec('x.gguf', WEIGHTS).sha256[:16]}"
    with pytest.raises(UsageError, match="role embedder"):
        store.resolve("tiny-embedder")
    with pytest.raises(UsageError, match="role llm"):
        store.resolve("tiny", role="embedder")


def test_any_gguf_file_can_be_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"other.gguf": noise(50), "odd": noise(60)})
    careful = ModelStore(tmp_path / "models", manifest(language_model(WEIGHTS)))
    with pytest.raises(UsageError, match="no pinned SHA-256") as error:
        careful.resolve(str(tmp_path / "other.gguf"))
    assert "--allow-unpinned" in error.value.hint
    store = ModelStore(tmp_path / "models", manifest(language_model(WEIGHTS)), allow_unpinned=True)
    found = store.resolve(str(tmp_path / "other.gguf"))
    assert (found.name, found.pinned, found.spec) == ("other.gguf", False, None)
    monkeypatch.chdir(tmp_path)
    assert store.resolve("odd").path == tmp_path / "odd"
    (tmp_path / "other.gguf").write_bytes(noise(50, 2))
    assert store.resolve("other.gguf").identity != found.identity


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("none.gguf", ModelMissing, "does not exist"),
        ("./none", ModelMissing, "does not exist"),
        ("folder.gguf", ModelMissing, "is a folder"),
        ("nul\0.gguf", ModelMissing, "cannot be read"),
        ("text.gguf", ModelCorrupt, "not a GGUF file"),
        ("empty.gguf", ModelCorrupt, "not a GGUF file"),
        ("none", UnknownModel, "no model named 'none'"),
        ("n" * 5000, UnknownModel, "no model named"),
    ],
)
def test_what_is_no_gguf_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: type[Exception], message: str
) -> None:
    lay(tmp_path, {"text.gguf": b"a recipe", "empty.gguf": b"", "folder.gguf/x": b""})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        ModelStore(tmp_path, manifest(language_model(WEIGHTS))).resolve(name)


# --- pulling from a folder, and what holds for every source ---


@pytest.mark.parametrize("source", [None, "local"])
def test_a_folder_of_the_users_is_tried_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None
) -> None:
    stick = lay(tmp_path / "stick" / "deep", PARTS | {"tiny.gguf": WEIGHTS})
    monkeypatch.setenv("POSTERCHAT_MODELS_FROM", str(tmp_path / "stick"))
    store = ModelStore(tmp_path / "models", manifest(language_model(WEIGHTS), embedding_model(PARTS)))
    assert store.pull("tiny", source=source).read_bytes() == WEIGHTS
    folder = store.pull("tiny-embedder", source=source)
    assert {path: (folder / path).read_bytes() for path in PARTS} == PARTS
    assert (stick / "tiny.gguf").samefile(store.path("tiny"))  # linked: no second copy on this disk
    assert (stick / "tiny.gguf").read_bytes() == WEIGHTS


def test_a_wrong_file_in_the_folder_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path / "stick" / "a", {"tiny.gguf": noise(3000, 5)})
    monkeypatch.setenv("POSTERCHAT_MODELS_FROM", str(tmp_path / "stick"))
    store = ModelStore(tmp_path / "models", manifest(language_model(WEIGHTS)))
    with pytest.raises(DownloadFailed, match="stick: no tiny.gguf .* another SHA-256") as raised:
        store.pull("tiny")
    assert "POSTERCHAT_MODELS_FROM" in raised.value.hint
    lay(tmp_path / "stick" / "b", {"tiny.gguf": WEIGHTS})
    assert store.pull("tiny").read_bytes() == WEIGHTS
    monkeypatch.setenv("POSTERCHAT_MODELS_FROM", str(tmp_path / "nowhere"))
    (tmp_path / "models" / "tiny" / "tiny.gguf").unlink()
    with pytest.raises(DownloadFailed, match="nowhere: there is no such folder"):
        store.pull("tiny")


def test_a_pull_mends_wrong_files_and_leaves_right_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path / "stick", PARTS)
    monkeypatch.setenv("POSTERCHAT_MODELS_FROM", str(tmp_path / "stick"))
    store = ModelStore(tmp_path / "models", manifest(embedding_model(PARTS)))
    folder = lay(
        tmp_path / "models" / "tiny-embedder", {"config.json": b"[]", "model.safetensors": PARTS["model.safetensors"]}
    )
    kept = (folder / "model.safetensors").stat().st_ino
    store.pull("tiny-embedder")
    store.verify("tiny-embedder")
    assert (folder / "model.safetensors").stat().st_ino == kept


def test_nothing_is_fetched_when_all_is_right(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS)))
    lay(tmp_path / "tiny", {"tiny.gguf": WEIGHTS})
    assert store.pull("tiny") == tmp_path / "tiny" / "tiny.gguf"  # it has no source at all


def test_sources_that_do_not_exist(tmp_path: Path) -> None:
    store = ModelStore(tmp_path, manifest(language_model(WEIGHTS, hub())))
    with pytest.raises(DownloadFailed, match="no source of the kind wheels"):
        store.pull("tiny", source="wheels")
    with pytest.raises(UsageError, match="'ftp'"):
        store.pull("tiny", source="ftp")


def test_no_room_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    huge = FileSpec(path="tiny.gguf", bytes=10**17, sha256="0" * 64)
    model = language_model(WEIGHTS, hub())
    object.__setattr__(model, "files", (huge,))
    with pytest.raises(StorageFull, match="no room for tiny .* are needed and .* are free"):
        ModelStore(tmp_path, manifest(model)).pull("tiny")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(StorageFull, match="cannot be written"):
        ModelStore(tmp_path / "models", manifest(language_model(WEIGHTS, hub()))).pull("tiny")


def test_two_pulls_of_one_model_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    models = manifest(language_model(WEIGHTS, hub()))
    go_on, waits = threading.Event(), threading.Event()
    with running({"tiny.gguf": WEIGHTS}) as server, ThreadPoolExecutor(2) as pool:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        begun = threading.Event()
        server.script = [stalled(1000, go_on)]
        first = pool.submit(
            ModelStore(tmp_path, models).pull, "tiny", progress=lambda done, total, what: begun.set() if done else None
        )
        assert begun.wait(30)
        with pytest.raises(DownloadFailed, match="still fetching tiny"):
            ModelStore(tmp_path, models, lock_wait_s=0.05).pull("tiny")
        second = pool.submit(
            ModelStore(tmp_path, models).pull,
            "tiny",
            progress=lambda done, total, what: waits.set() if what.startswith("waiting") else None,
        )
        assert waits.wait(30)
        go_on.set()
        assert first.result(30) == second.result(30)
    assert len(server.seen) == 1
    assert (tmp_path / "tiny" / "tiny.gguf").read_bytes() == WEIGHTS


@pytest.mark.real
def test_the_real_models_are_the_pinned_ones(models_dir: Path) -> None:
    store = ModelStore(models_dir, Manifest.load())
    present = [spec.name for spec, here, _ in store.status() if here]
    assert {"qwen2.5-coder-1.5b", "all-minilm-l6-v2"} <= set(present)
    for name in present:
        store.verify(name)
