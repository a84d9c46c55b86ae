"""What stands before the application: no foreign hosts or origins, no big or endless bodies, and the API beside the
page. Plain ASGI, because a middleware that buffers would break streams."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from rag.serve.api.errors import body

MAX_BODY_BYTES = 1_000_000
BODY_TIMEOUT_S = 20.0
_CORS = b"access-control-"
_SHUT = ("/monitoring", "/login", "/logout", "/pwa_icon", "/file", "/proxy", "/upload")
_OPEN = tuple(
    f"/gradio_api/{name}" for name in ("queue/", "heartbeat/", "startup-events", "info", "app_id", "cancel", "reset")
)
_ANY_ADDRESS = ("0.0.0.0", "::")
_API = ("/health", "/metrics", "/docs", "/openapi.json", "/api", "/v1")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_api(path: str) -> bool:
    """Whether a path belongs to the API rather than to the page."""
    return path in _API or path.startswith(("/api/", "/v1/"))


class OwnHosts:
    """Refuses requests that name another host, and those that a page of another host has sent.

    A page anywhere can make a browser call 127.0.0.1 (cross-site requests), also under a name of its own that points
    there (DNS rebinding). Loopback names, the address that the server was started with and `allowed` are ours; a
    server on all addresses can be named by any address, and by the machine's name.
    """

    def __init__(self, app: Any, *, host: str, allowed: Iterable[str]) -> None:
        self._app = app
        self._everywhere = host in _ANY_ADDRESS
        names = {host, *allowed} | ({socket.gethostname()} if self._everywhere else set())
        self._names = {name.strip().lower() for name in names if name.strip()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"host" and not self._ours("//" + value.decode("latin-1")):
                    await refuse(send, 403, "foreign_host", "This server is not known by that host name.", _HINT)
                    return
                if name == b"origin" and not self._ours(value.decode("latin-1")):
                    await refuse(send, 403, "foreign_origin", "Pages of other hosts may not use this server.", _HINT)
                    return
        await self._app(scope, receive, send)

    def _ours(self, address: str) -> bool:
        try:
            name = (urlsplit(address).hostname or "").rstrip(".")
        except ValueError:
            return False
        if not name:
            return False
        return is_loopback(name) or name in self._names or (self._everywhere and _is_address(name))


_HINT = "Behind a proxy, or under a name of its own, start it with POSTERCHAT_ALLOWED_HOSTS=that.name."


class Bodies:
    """Reads the body of a request before the application sees it: 413 when it is too big, 408 when it does not come
    to an end."""

    def __init__(
        self, app: Any, *, limit: int = MAX_BODY_BYTES, timeout_s: float | None = None, streamed: Sequence[str] = ()
    ) -> None:
        """`streamed` are the paths whose bodies the application itself reads, and limits."""
        self._app = app
        self._streamed = frozenset(streamed)
        self._limit = limit
        self._timeout_s = BODY_TIMEOUT_S if timeout_s is None else timeout_s

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        bodiless = scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS")
        if bodiless or scope["path"] in self._streamed:
            await self._app(scope, receive, send)
            return
        try:
            whole = await asyncio.wait_for(self._read(scope, receive), self._timeout_s)
        except ValueError:
            text = f"The request is bigger than {self._limit:,} bytes."
            await refuse(send, 413, "too_large", text, "Send fewer or shorter messages.")
            return
        except TimeoutError:
            await refuse(send, 408, "timeout", "The request did not come to an end in time.")
            return
        if whole is None:
            return  # the client has left
        given = False

        async def replay() -> Any:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": whole, "more_body": False}

        await self._app(scope, replay, send)

    async def _read(self, scope: Any, receive: Any) -> bytes | None:
        """The whole body, None when the client has left. Raises ValueError when it is too big."""
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self._limit:
            raise ValueError
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._limit:
                raise ValueError
            if not message.get("more_body", False):
                return b"".join(parts)


class Doors:
    """Shuts what Gradio opens and the page does not need: files, uploads, proxies, links kept on disk, monitoring, its
    own login. Nothing that says from which other pages a browser may read (CORS) leaves either."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if is_shut(scope["path"]):
            await refuse(send, 404, "not_found", "There is nothing here.")
            return

        async def without_cors(message: Any) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", ()) if not pair[0].lower().startswith(_CORS)]
                message = {**message, "headers": kept}
            await send(message)

        await self._app(scope, receive, without_cors)


def is_shut(path: str) -> bool:
    """Whether a path of Gradio's is one that the page does not need."""
    path = re.sub("/{2,}", "/", path)
    return path.startswith(_SHUT) or (path.startswith("/gradio_api") and not path.startswith(_OPEN))


class ApiFirst:
    """Hands the paths of the API to it and all others to the page."""

    def __init__(self, app: Any, *, api: Any) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request."""
        mine = scope["type"] == "http" and is_api(scope["path"])
        await (self._api if mine else self._app)(scope, receive, send)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def refuse(
    send: Any, status: int, code: str, message: str, hint: str = "", more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Answer a request with an error instead of handing it on, and end its connection."""
    content = json.dumps(body(code, message, hint)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": content})
