"""`posterchat doctor` about the servers that the settings name, and what is said where a server answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.engines import language_model, model_identity, remote_generator
from rag.errors import UsageError
from rag.llm.registry import Manifest, ModelStore
from rag.serve.cli.doctor import examine
from rag.serve.cli.doctor_servers import servers
from rag.settings import Settings, load_settings
from tests.llm.model_server import World, serving, writes


def test_nothing_is_said_where_there_is_no_server() -> None:
    assert list(servers(Settings())) == []


def test_a_server_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(World([writes("Yes")], models=[{"id": "m", "owned_by": "vllm", "max_model_len": 4096}])) as world:
        monkeypatch.setenv("POSTERCHAT_LLM_URL", world.url)
        found = {one.what: one for one in examine(load_settings())}
    told = found["language model"]
    assert (told.state, told.remedy) == ("OK", "")
    assert told.text == f"m at {world.url.removeprefix('http://')} answers (vLLM), 4,096 tokens of context"


def test_servers_that_are_down_are_told_with_the_remedy(free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    rows = list(servers(Settings(llm_url=url, chroma_url=url)))
    assert [(state, what) for state, what, _, _ in rows] == [("FAIL", "language model"), ("WARN", "vectors")]
    assert "POSTERCHAT_LLM_URL" in rows[0][3]
    assert "by their words" in rows[1][2] and "POSTERCHAT_CHROMA_URL" in rows[1][3]


def test_a_server_elsewhere_is_known_to_be_elsewhere() -> None:
    for url, elsewhere in {"http://127.0.0.1:1": False, "https://llm.example/v1": True}.items():
        made = remote_generator(Settings(llm_url=url))
        assert made is not None and made.leaves_machine is elsewhere


def test_no_model_file_is_needed_with_a_server(tmp_path: Path, free_port: int) -> None:
    settings = Settings(data_dir=tmp_path, llm_url=f"http://127.0.0.1:{free_port}/v1", llm_model="big")
    model = language_model(settings, ModelStore(tmp_path, Manifest.load()), "", None)
    assert model.name == model_identity(settings) == settings.llm_shown == f"big at 127.0.0.1:{free_port}"


def test_the_key_comes_from_the_environment_or_a_file_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTERCHAT_LLM_URL", "http://127.0.0.1:1")
    (tmp_path / "key").write_text("sk-in-a-file\n")
    monkeypatch.setenv("POSTERCHAT_LLM_API_KEY_FILE", str(tmp_path / "key"))
    from_file = remote_generator(load_settings())
    assert from_file is not None and from_file.address.key == "sk-in-a-file"
    monkeypatch.setenv("POSTERCHAT_LLM_API_KEY", "sk-in-the-air")
    settings = load_settings()
    from_variable = remote_generator(settings)
    assert from_variable is not None and from_variable.address.key == "sk-in-the-air"
    assert "sk-in" not in f"{settings!r} {settings} {settings.model_dump_json()} {from_variable.address!r}"


def test_a_key_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        remote_generator(Settings(llm_url="http://127.0.0.1:1", llm_api_key_file=tmp_path / "none"))
