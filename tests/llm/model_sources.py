"""Stand-ins for the places that models come from: a server that answers like the Hub, and tiny wheels."""

from __future__ import annotations

import hashlib
import random
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rag.llm.manifest import FileSpec, HuggingFace, Manifest, ModelSpec, Wheels

REVISION = "0123456789abcdef0123456789abcdef01234567"
Answer = Callable[["HubHandler", bytes], None]


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that do not repeat, beginning like a GGUF file."""
    return b"GGUF" + random.Random(seed).randbytes(size - 4)


def file_spec(path: str, content: bytes) -> FileSpec:
    return FileSpec(path=path, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def hub(**changes: object) -> HuggingFace:
    return HuggingFace(**{"kind": "huggingface", "repo": "maker/tiny", "revision": REVISION} | changes)  # type: ignore[arg-type]


def wheels(**changes: object) -> Wheels:
    plain = {"kind": "wheels", "package": "tiny-weights", "version": "1.0", "member": "tiny_weights/{path}"}
    return Wheels(**plain | changes)  # type: ignore[arg-type]


def joined(parts: int) -> Wheels:
    return wheels(package="tiny-part{n}", member="tiny_part{n}/data/part{n:02}.bin", parts=parts)


def language_model(content: bytes, *sources: HuggingFace | Wheels, name: str = "tiny") -> ModelSpec:
    return ModelSpec(
        name=name,
        role="llm",
        description="a model of random bytes",
        licence="none",
        files=(file_spec("tiny.gguf", content),),
        sources=sources,
        context=128,
    )


def embedding_model(contents: dict[str, bytes], *sources: HuggingFace | Wheels) -> ModelSpec:
    return ModelSpec(
        name="tiny-embedder",
        role="embedder",
        description="an embedder of random bytes",
        licence="none",
        files=tuple(file_spec(path, content) for path, content in contents.items()),
        sources=sources,
        dimension=3,
        max_tokens=8,
    )


def manifest(*models: ModelSpec) -> Manifest:
    return Manifest(models)


def write_wheel(folder: Path, package: str, version: str, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts, holding `members`."""
    folder.mkdir(parents=True, exist_ok=True)
    name = package.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def write_joined(folder: Path, content: bytes, parts: int) -> list[Path]:
    """The wheels of `joined(parts)`: all parts of equal size but the last."""
    step = -(-len(content) // parts)
    return [
        write_wheel(
            folder, f"tiny-part{n}", "1.0", {f"tiny_part{n}/data/part{n:02}.bin": content[(n - 1) * step : n * step]}
        )
        for n in range(1, parts + 1)
    ]


class HubHandler(BaseHTTPRequestHandler):
    """Answers `/REPO/resolve/REVISION/FILE`; the server's `script` says how, one entry a request."""

    protocol_version = "HTTP/1.1"
    server: FakeHub

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        content = self.server.files.get(self.path.rsplit("/resolve/", 1)[-1].split("/", 1)[-1])
        if content is None:
            return reply(404)(self, b"")
        (self.server.script.pop(0) if self.server.script else serve)(self, content)

    def head(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class FakeHub(ThreadingHTTPServer):
    """`files` by their path in the repository; `seen` are the requests as (path, headers)."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.files = files
        self.script: list[Answer] = []
        self.seen: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests."""

    @property
    def ranges(self) -> list[str | None]:
        return [headers.get("range") for _, headers in self.seen]


@contextmanager
def running(files: dict[str, bytes]) -> Iterator[FakeHub]:
    server = FakeHub(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- ways to answer -----------------------------------------------------------------------------------------


def serve(handler: HubHandler, content: bytes) -> None:
    """As the Hub does: 206 for a range, else 200."""
    asked = handler.headers.get("Range")
    if asked is None:
        return whole(handler, content)
    begin = int(asked.removeprefix("bytes=").rstrip("-"))
    if begin >= len(content):
        return handler.head(416, 0, Content_Range=f"bytes */{len(content)}")
    handler.head(206, len(content) - begin, Content_Range=f"bytes {begin}-{len(content) - 1}/{len(content)}")
    handler.wfile.write(content[begin:])


def whole(handler: HubHandler, content: bytes) -> None:
    """Ignores a range."""
    handler.head(200, len(content))
    handler.wfile.write(content)


def reply(status: int, **headers: str) -> Answer:
    return lambda handler, content: handler.head(status, 0, **headers)


def cut(size: int) -> Answer:
    """Announces everything that was asked for, sends `size` bytes of it and closes."""

    def answer(handler: HubHandler, content: bytes) -> None:
        begin = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        place = {"Content_Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"} if begin else {}
        handler.head(206 if begin else 200, len(content) - begin, **place)
        handler.wfile.write(content[begin : begin + size])
        handler.close_connection = True

    return answer


def stalled(size: int, go_on: threading.Event) -> Answer:
    """Sends `size` bytes at once, and the rest when it is told to."""

    def answer(handler: HubHandler, content: bytes) -> None:
        handler.head(200, len(content))
        handler.wfile.write(content[:size])
        handler.wfile.flush()
        go_on.wait(60)
        handler.wfile.write(content[size:])

    return answer


def elsewhere(handler: HubHandler, content: bytes) -> None:
    """A range that begins at another place than asked."""
    handler.head(206, len(content) - 1, Content_Range=f"bytes 1-{len(content) - 1}/{len(content)}")
    handler.wfile.write(content[1:])
