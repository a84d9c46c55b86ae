"""No path, name or header of a request reaches the file system, and no page of another site may read or send things."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest
from api_world import ApiLibrary
from serving import Site, served

from rag.serve.api.guard import is_shut

SECRET = "the-heron-sleeps-at-noon"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("paths")
    (folder / "secret.txt").write_text(SECRET)
    with ApiLibrary(folder / "data") as library, served(library) as running:
        (folder / "data" / "secret.txt").write_text(SECRET)
        yield running


def raw(site: Site, target: str, method: str = "GET") -> bytes:
    """The reply to a request line as it is: clients tidy paths up."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as line:
        head = f"{method} {target} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n"
        line.sendall(head.encode("latin-1"))
        seen = b""
        while part := line.recv(65536):
            seen += part
    return seen


def targets(site: Site) -> list[str]:
    inside = str(site.library.settings.data_dir / "secret.txt")
    paths = ("/etc/passwd", inside, "../secret.txt", "../../../../../../etc/passwd", "..\\..\\secret.txt", "secret.txt")
    places = (
        *("", "/static/", "/assets/", "/svelte/", "/gradio_api/file=", "/file=", "/gradio_api/file/", "/theme.css/"),
        *("/gradio_api/proxy=file://", "/gradio_api/stream/", "/gradio_api/component_server/", "/pwa_icon/", "/docs/"),
        *("/view/paper?collection=made-up&id=", "/view/bibtex?collection=made-up&id=", "/view/topics?collection="),
        *("/api/papers/", "/api/papers?collection=", "/monitoring/", "/gradio_api/deep_link?session_hash="),
    )
    made = []
    for place in places:
        for path in paths:
            plain = path if place else "/" + path.lstrip("/")
            made += [place + plain, place + quote(plain, safe=""), place + plain.replace("../", "%252e%252e/")]
            made += [
                place + plain.replace("..", "%2e%2e"),
                place + plain.replace("/", "//"),
                place + plain + "%00.html",
            ]
    return [target.replace(" ", "%20") for target in dict.fromkeys(made) if target.startswith("/")]


def test_no_path_opens_a_file(site: Site) -> None:
    every = targets(site)
    assert len(every) > 400
    for target in every:
        seen = raw(site, target)
        assert not seen.startswith(b"HTTP/1.1 5"), (target, seen[:200])
        assert SECRET.encode() not in seen and b"root:x:" not in seen, target


@pytest.mark.parametrize(
    ("path", "shut"),
    [
        ("/gradio_api/upload", True),
        ("/gradio_api/upload_progress", True),
        ("/gradio_api/file=x", True),
        ("/gradio_api/deep_link", True),
        ("/gradio_api/run/ask", True),
        ("/gradio_api", True),
        ("//gradio_api//upload", True),
        ("/monitoring/summary", True),
        ("/gradio_api/queue/join", False),
        ("/gradio_api/heartbeat/x", False),
        ("/", False),
        ("/assets/x.js", False),
        ("/health", False),
    ],
)
def test_doors(path: str, shut: bool) -> None:
    assert is_shut(path) is shut


@pytest.mark.parametrize("path", ["/", "/api/papers", "/health", "/gradio_api/info", "/config"])
def test_no_other_page_may_read(site: Site, path: str) -> None:
    for origin in ("http://localhost:9999", "http://127.0.0.1:9999"):  # other programs on this machine
        reply = httpx.get(site.url + path, headers={"origin": origin}, timeout=30)
        assert [name for name in reply.headers if name.startswith("access-control")] == []
    preflight = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    assert httpx.options(site.url + path, headers=preflight, timeout=30).status_code == 403


def test_a_body_to_the_page_is_limited_too(site: Site) -> None:
    url = f"{site.url}/gradio_api/queue/join"
    reply = httpx.post(url, content=b"x" * 4_100_000, headers={"content-type": "application/json"}, timeout=30)
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")


def test_names_of_hosts_and_headers_do_no_harm(site: Site) -> None:
    for headers in (
        {"x-forwarded-for": "'; cat /etc/passwd"},
        {"cookie": "posterchat=" + "9" * 5000},
        {"range": "bytes=0-"},
    ):
        assert httpx.get(f"{site.url}/api/papers", headers=headers, timeout=30).status_code == 200
