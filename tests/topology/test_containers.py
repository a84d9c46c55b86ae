"""The container files, as far as they can be judged without an engine: linted, parsed, and compared with each other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml
from topology import on_loopback

from rag.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "docker"
IMAGES = sorted(DOCKER.glob("Dockerfile*"))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"])


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_hadolint_finds_nothing(path: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    run = subprocess.run(
        [str(hadolint), "--no-color", "--config", str(DOCKER / "hadolint.yaml"), str(path)],
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout) == (0, "")


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_images_are_pinned_run_as_nobody_in_particular_and_copy_only_what_is_there(path: Path) -> None:
    text = path.read_text()
    bases = re.findall(r"^FROM (\S+)", text, flags=re.MULTILINE)
    assert len(bases) == 2 and all(re.search(r":\d+\.\d+\.\d+-", base) for base in bases)
    assert re.search(r"^USER 10001$", text, flags=re.MULTILINE)
    assert "HEALTHCHECK" in text and "VOLUME /data" in text
    copied = [
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, flags=re.MULTILINE) for name in line.split()
    ]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for name in copied:
        assert (ROOT / name).exists()
        assert any(one == name or one.startswith(f"{name}/") for one in allowed), f"{name} is left out of the context"


def test_the_compose_file_is_of_the_specification() -> None:
    # Compose fills in variables and merges before it looks at anything else.
    filled = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (DOCKER / "compose.yaml").read_text())
    assert "${" not in filled
    merged = {key: value for key, value in yaml.safe_load(filled).items() if not key.startswith("x-")}
    compose = compose_spec.PyCompose.from_yaml(yaml.safe_dump(merged))
    compose.validate()
    assert set(compose.service_names()) == {"setup", "laptop", "app-1", "app-2", "index", "chroma", "llama", "nginx"}


def test_profiles(services: dict[str, Any]) -> None:
    by_profile = {
        name: {key for key, one in services.items() if name in one["profiles"]} for name in ("laptop", "cluster")
    }
    assert by_profile == {"laptop": {"laptop"}, "cluster": {"app-1", "app-2", "index", "chroma", "llama", "nginx"}}


def test_only_loopback_is_published_and_the_inside_has_no_way_out(services: dict[str, Any]) -> None:
    published = {name: one["ports"] for name, one in services.items() if "ports" in one}
    assert set(published) == {"laptop", "nginx"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert yaml.safe_load((DOCKER / "compose.yaml").read_text())["networks"]["inside"] == {"internal": True}
    assert {name for name, one in services.items() if "outside" in one.get("networks", [])} == {"nginx"}


def test_the_settings_of_the_cluster_exist_and_name_services(services: dict[str, Any]) -> None:
    environment = services["app-1"]["environment"]
    assert {name.removeprefix("POSTERCHAT_").lower() for name in environment} <= set(Settings.model_fields)
    for name in ("POSTERCHAT_CHROMA_URL", "POSTERCHAT_LLM_URL"):
        assert re.match(r"http://([a-z]+):", environment[name]).group(1) in services  # type: ignore[union-attr]
    assert services["app-1"]["environment"] == services["app-2"]["environment"]


def test_nginx_has_the_replicas_of_the_compose_file(services: dict[str, Any], tmp_path: Path) -> None:
    conf = (DOCKER / "nginx.conf").read_text()
    assert set(re.findall(r"server (app-\d):7860", conf)) == {name for name in services if name.startswith("app-")}
    local = on_loopback(conf, 4711, [4712, 4713, 4714], tmp_path)
    assert "app-" not in local and "/tmp/nginx" not in local
    assert local.count("server 127.0.0.1:4713") == 2 and "listen 127.0.0.1:4711;" in local
