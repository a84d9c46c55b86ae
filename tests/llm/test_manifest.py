"""The manifest: what it accepts, what it says when it is wrong, and what ours holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ModelError, UnknownModel
from rag.llm.manifest import HuggingFace, Manifest, Wheels, manifest_path
from rag.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
[model.tiny]
role = "llm"
description = "a tiny one"
licence = "Apache-2.0"
context = 128
files = [{ path = "tiny.gguf", bytes = 4, sha256 = "%s" }]

[[model.tiny.sources]]
kind = "huggingface"
repo = "maker/tiny"
revision = "0123456789abcdef0123456789abcdef01234567"

[[model.tiny.sources]]
kind = "wheels"
package = "tiny-part{n}"
version = "1.0"
member = "tiny_part{n}/data/part{n:02}.bin"
parts = 12
""" % ("ab" * 32)


def load(tmp_path: Path, text: str) -> Manifest:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    return Manifest.load(path)


def test_a_manifest_is_read(tmp_path: Path) -> None:
    model = load(tmp_path, GOOD).get("tiny")
    assert (model.role, model.context, model.bytes, model.files[0].name) == ("llm", 128, 4, "tiny.gguf")
    hub, wheels = model.sources
    assert isinstance(hub, HuggingFace) and isinstance(wheels, Wheels)
    assert hub.remote_path(model.files[0]) == "tiny.gguf"
    assert wheels.requirement(3) == "tiny-part3==1.0"
    assert wheels.member_of(3, model.files[0]) == "tiny_part3/data/part03.bin"
    assert wheels.member_of(12, model.files[0]) == "tiny_part12/data/part12.bin"


def test_the_environment_names_another_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(tmp_path, GOOD)
    monkeypatch.setenv("POSTERCHAT_MANIFEST", str(tmp_path / "models.toml"))
    assert Manifest.load().names() == ["tiny"]
    monkeypatch.setenv("POSTERCHAT_MANIFEST", str(tmp_path / "none.toml"))
    with pytest.raises(ModelError, match=r"none\.toml cannot be read"):
        Manifest.load()


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('role = "llm"', 'role = "chat"', r'model\."tiny"\.role: '),
        ("context = 128\n", "", r'model\."tiny": context is missing'),
        ("context = 128", "context = 0", r'model\."tiny"\.context: '),
        ("bytes = 4", 'bytes = "four"', r'model\."tiny"\.files\[0\]\.bytes: '),
        ("abab", "xyxy", r'model\."tiny"\.files\[0\]\.sha256: '),
        ("tiny.gguf", "../tiny.gguf", r'model\."tiny"\.files\[0\]: path must be relative'),
        ("tiny.gguf", "/tiny.gguf", r'model\."tiny"\.files\[0\]: path must be relative'),
        ('revision = "0123', 'revision = "main', r'model\."tiny"\.sources\[0\]\.revision: '),
        ('kind = "wheels"', 'kind = "ftp"', r'model\."tiny"\.sources\[1\]: '),
        ('version = "1.0"\n', "", r'model\."tiny"\.sources\[1\]\.version: '),
        ("parts = 12", "parts = 1", r'model\."tiny"\.sources\[1\]: package must use \{n\}'),
        ("{n:02}.bin", "{n.real}.bin", r'model\."tiny"\.sources\[1\]: package and member may use'),
        ("licence", "license", r'model\."tiny"\.licence: '),
        ("[model.tiny]", "[model.tiny]\nextra = 1", r'model\."tiny"\.extra: '),
        ("[model.tiny]", "[models.tiny]", r"unknown table \[models\]"),
        ("role =", "role", "not valid TOML"),
    ],
)
def test_a_wrong_manifest_is_refused_by_table_and_key(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert old in GOOD
    with pytest.raises(ModelError, match=where) as raised:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert str(tmp_path / "models.toml") in str(raised.value) and raised.value.hint


def test_an_empty_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no table"):
        load(tmp_path, "")


def test_an_unknown_name_lists_the_known_and_the_nearest() -> None:
    with pytest.raises(UnknownModel) as raised:
        Manifest.load().get("Qwen2.5-coder-1.5")
    assert "smollm2-135m" in str(raised.value) and "all-minilm-l6-v2" in str(raised.value)
    assert "qwen2.5-coder-1.5b" in raised.value.hint


def test_our_manifest_pins_what_the_settings_name() -> None:
    ours = Manifest.load()
    settings = Settings()
    assert ours.names("llm")[0] == settings.llm
    assert ours.names("embedder")[0] == settings.embedder
    assert set(ours.names()) == set(ours.names("llm")) | set(ours.names("embedder"))


def test_our_manifest_names_no_host() -> None:
    assert "://" not in manifest_path().read_text(encoding="utf-8")


def test_every_model_of_ours_has_an_identity_of_its_own() -> None:
    ours = Manifest.load()
    identities = [ours.get(name).identity for name in ours.names()]
    assert len(set(identities)) == len(identities) == 5
    assert all(identity.startswith(f"{name}@") for name, identity in zip(ours.names(), identities, strict=True))


def test_the_readme_lists_our_models() -> None:
    rows = [line for line in (ROOT / "models" / "README.md").read_text(encoding="utf-8").splitlines() if "MB |" in line]
    ours = Manifest.load(ROOT / "models" / "models.toml")
    listed = [(row.split("`")[1], row.split("|")[3].strip(), row.split("|")[4].strip()) for row in rows]
    assert listed == [
        (model.name, f"{model.bytes / 1e6:.0f} MB", model.licence) for model in map(ours.get, ours.names())
    ]
