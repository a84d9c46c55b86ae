"""Every test runs with directories of its own, a clean environment, and no network beyond loopback.

Markers: `real` needs the real models (found in POSTERCHAT_TEST_MODELS, else in the user's data directory),
`browser` needs Chromium. `make test` has both.
"""

from __future__ import annotations

import atexit
import os
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", ""}
_USER_MODELS = Path(os.environ.get("POSTERCHAT_DATA_DIR") or platformdirs.user_data_path("posterchat")) / "models"

# llama_cpp leaves files open for the interpreter to close: no report of that below pytest's result.
atexit.register(warnings.simplefilter, "ignore", ResourceWarning)
os.environ.update(HF_HUB_OFFLINE="1", GRADIO_ANALYTICS_ENABLED="False", TOKENIZERS_PARALLELISM="false")


@pytest.fixture(autouse=True)
def own_world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory and configuration of the test's own; no POSTERCHAT_* of the user's leaks in."""
    home = tmp_path_factory.mktemp("world")
    for name in list(os.environ):
        if name.startswith("POSTERCHAT_") and name not in {"POSTERCHAT_BENCH_DATA", "POSTERCHAT_TEST_MODELS"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("POSTERCHAT_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("POSTERCHAT_CONFIG", str(home / "posterchat.toml"))
    return home


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and name look-up of this process that leaves the machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise OSError(f"a test tried to connect to {address}")
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name not in LOOPBACK:
            raise OSError(f"a test tried to look up {name}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where the real models are. Without them a `real` test fails: `make setup` fetches them."""
    named = os.environ.get("POSTERCHAT_TEST_MODELS")
    directory = Path(named) if named else _USER_MODELS
    if not directory.is_dir():
        pytest.fail(f"no models in {directory}: run `make setup`, or set POSTERCHAT_TEST_MODELS")
    return directory


@pytest.fixture(scope="session")
def bench_data() -> Path:
    """The measuring data, which is not part of the project (POSTERCHAT_BENCH_DATA, else ../shared/data)."""
    directory = Path(os.environ.get("POSTERCHAT_BENCH_DATA") or ROOT.parent / "shared" / "data")
    if not directory.is_dir():
        pytest.skip(f"the measuring data is not at {directory}; set POSTERCHAT_BENCH_DATA")
    return directory


@pytest.fixture(scope="session")
def session_page(bench_data: Path) -> Path:
    """The saved page of the session that the project was started from."""
    return bench_data / "session" / "iclr2022_poster_session_8.txt"


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    yield port
