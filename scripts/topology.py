"""Runs the cluster of docker/compose.yaml as plain processes on loopback: a Chroma server, a model server, some
`posterchat serve` that read one index, and nginx in front of them, with the nginx.conf of the images.

    python scripts/topology.py --model MODEL.gguf --data-dir DIR [--apps 2] [--port 8080]

DIR gets an index of the sample session if it has none. Ctrl-C ends all of it. Needs nginx, and the developers' tools of
this project for llama-cpp-python's server.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
STARTS_WITHIN_S = 180.0
STOPS_WITHIN_S = 10.0
# Debian keeps it where only root's search path leads.
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


class NotRunning(Exception):
    """A part did not start; the message says which, and how its output ends."""


@dataclass
class Part:
    """One process. `ready` is an address that answers 200 once it can be used."""

    name: str
    command: Sequence[str]
    ready: str
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=os.environ | self.environment
            )

    def wait(self) -> None:
        """Returns when it answers. Raises NotRunning."""
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(self.ready, timeout=3) as response:
                if response.status == 200:
                    return
            time.sleep(0.1)
        told = self.log.read_text(errors="replace")[-600:]
        raise NotRunning(f"{self.name} does not answer at {self.ready}. Its output ends: {told}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, at once with SIGKILL."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """As a crash would."""
        self.stop(signal.SIGKILL)


class Topology:
    """All parts; a context manager that starts them and ends them. `folder` gets logs, Chroma's files and, where
    `data_dir` is not given, the data directory. `settings` are more settings for posterchat, by environment variable.
    """

    def __init__(
        self,
        model: Path,
        folder: Path,
        *,
        models_dir: Path,
        data_dir: Path | None = None,
        apps: int = 2,
        port: int | None = None,
        threads: int = 2,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.data_dir = data_dir or folder / "data"
        self.port, chroma, llm, *app_ports = _ports(apps + 3, first=port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.app_urls = [f"http://127.0.0.1:{one}" for one in app_ports]
        python = Path(sys.executable)
        self.environment = {
            "POSTERCHAT_DATA_DIR": str(self.data_dir),
            "POSTERCHAT_MODELS_DIR": str(models_dir),
            "POSTERCHAT_CHROMA_URL": f"http://127.0.0.1:{chroma}",
            "POSTERCHAT_LLM_URL": f"http://127.0.0.1:{llm}/v1",
            "PYTHONPATH": str(REPO),
            **(settings or {}),
        }
        listen = ["--host", "127.0.0.1", "--port"]
        self.chroma = self._part(
            "chroma",
            [str(python.with_name("chroma")), "run", "--path", str(folder / "chroma"), *listen, str(chroma)],
            f"http://127.0.0.1:{chroma}/api/v2/heartbeat",
        )
        server = [str(python), "-m", "llama_cpp.server", "--model", str(model), *listen, str(llm), "--n_ctx", "2048"]
        server += ["--interrupt_requests", "False", "--n_threads", str(threads), "--n_threads_batch", str(threads)]
        server += ["--n_gpu_layers", "-1", "--flash_attn", "True", "--verbose", "False"]
        self.llm = self._part("llm", server, f"http://127.0.0.1:{llm}/v1/models")
        self.apps = [
            self._part(f"app-{n}", self.posterchat("serve", *listen, str(one), "--no-browser"), f"{url}/health")
            for n, (one, url) in enumerate(zip(app_ports, self.app_urls, strict=True), start=1)
        ]
        self.nginx = self._part("nginx", self._nginx(app_ports), f"{self.url}/health")
        self._stack = ExitStack()

    def __enter__(self) -> Topology:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._begin(self.chroma, self.llm)
            if not (self.data_dir / "collections").is_dir():
                self.index("--sample")
            self._begin(*self.apps)
            for url in self.app_urls:
                _until(lambda url=url: b'"status":"ok"' in _read(f"{url}/health"), f"{url} loaded no models")
            self._begin(self.nginx)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _begin(self, *parts: Part) -> None:
        for part in parts:
            self._stack.callback(part.stop)
            part.start()
        for part in parts:
            part.wait()

    def posterchat(self, *arguments: str) -> list[str]:
        """A command of the program."""
        return [sys.executable, "-m", "rag", *arguments]

    def index(self, *arguments: str) -> str:
        """Runs `posterchat index` on the data directory and returns what it prints. Raises NotRunning."""
        run = subprocess.run(
            self.posterchat("index", *arguments), env=os.environ | self.environment, capture_output=True, text=True
        )
        if run.returncode != 0:
            raise NotRunning(f"posterchat index: {run.stdout} {run.stderr}")
        return run.stdout

    def _part(self, name: str, command: Sequence[str], ready: str) -> Part:
        return Part(name, command, ready, self.folder / f"{name}.log", self.environment)

    def _nginx(self, app_ports: Sequence[int]) -> list[str]:
        nginx = shutil.which("nginx", path=PLACES)
        if nginx is None:
            raise NotRunning("nginx is not installed (Debian: apt install nginx-light).")
        self.folder.mkdir(parents=True, exist_ok=True)
        conf = self.folder / "nginx.conf"
        conf.write_text(on_loopback((REPO / "docker" / "nginx.conf").read_text(), self.port, app_ports, self.folder))
        return [nginx, "-p", str(self.folder), "-e", "stderr", "-c", str(conf), "-g", "daemon off;"]


def on_loopback(conf: str, port: int, app_ports: Sequence[int], folder: Path) -> str:
    """The nginx.conf of the images with its addresses and temporary files changed, and nothing else."""
    lines = []
    for line in conf.replace("/tmp/", f"{folder}/").replace("listen 8080;", f"listen 127.0.0.1:{port};").splitlines():
        if "server app-1:7860" in line:
            lines += [line.replace("app-1:7860", f"127.0.0.1:{one}") for one in app_ports]
        elif "server app-2:7860" not in line:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _ports(count: int, *, first: int | None) -> list[int]:
    """Free ports of loopback; the first one may be chosen."""
    with ExitStack() as stack:
        wanted = count if first is None else count - 1
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(wanted)]
    return found if first is None else [first, *found]


def _read(url: str) -> bytes:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
        return bytes(response.read()).replace(b" ", b"")
    return b""


def _until(true: Callable[[], bool], problem: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while not true():
        if time.monotonic() > until:
            raise NotRunning(problem)
        time.sleep(0.2)


def main() -> int:
    """Runs the cluster until Ctrl-C. Returns 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="the GGUF file of the language model")
    parser.add_argument("--models-dir", type=Path, required=True, help="where the embedding model is")
    parser.add_argument("--data-dir", type=Path, required=True, help="catalogue, logs and Chroma's files")
    parser.add_argument("--apps", type=int, default=2, help="how many posterchat processes")
    parser.add_argument("--port", type=int, default=8080, help="where nginx listens")
    parser.add_argument("--threads", type=int, default=2, help="of the language model")
    given = parser.parse_args()
    made = Topology(
        given.model,
        given.data_dir,
        models_dir=given.models_dir,
        apps=given.apps,
        port=given.port,
        threads=given.threads,
    )
    try:
        with made:
            print(f"posterchat is at {made.url}   (Ctrl-C ends it; logs are in {made.folder})", flush=True)
            signal.pause()
    except NotRunning as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
