"""Chroma's clients and errors: the only module that imports it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROBE_S = 3.0
REQUEST_S = 30.0


def on_disk(path: Path) -> Any:
    """A client for the store in the directory `path`, made where there is none."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(str(path), Settings(anonymized_telemetry=False))
    except BaseException:
        # Chroma 1.5.9 keeps a client whose start failed and would hand it out again.
        getattr(SharedSystemClient, "_identifier_to_system", {}).pop(str(path), None)
        raise


def on_server(url: str) -> Any:
    """A client for the server at `url`. Raises an error of `unreachable_errors` when it does not answer.

    Chroma 1.5.9 waits for an answer without end and sends through the proxy of the environment: we ask first, with a
    limit, and then put an HTTP session with a limit and without a proxy in the place of its own.
    """
    import chromadb
    import httpx
    from chromadb.config import Settings

    httpx.get(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=PROBE_S, trust_env=False).raise_for_status()
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    client: Any = chromadb.HttpClient(
        parts.hostname or "", port, ssl=secure, settings=Settings(anonymized_telemetry=False)
    )
    server: Any = client._server
    timeout = httpx.Timeout(REQUEST_S, connect=PROBE_S)
    session = httpx.Client(timeout=timeout, trust_env=False, headers=server._session.headers)
    client._admin_client._server._session.close()  # it has looked up the database, and is done
    server._session.close()
    server._session = session
    return client


def hang_up(client: Any) -> None:
    """Close a client of `on_server`; Chroma 1.5.9 leaves its connections open."""
    session = client._server._session
    client.close()
    session.close()


def reading_errors() -> tuple[type[Exception], ...]:
    """What reading from a store on disk can raise."""
    from chromadb.errors import ChromaError

    return ChromaError, OSError, ValueError


def writing_errors() -> tuple[type[Exception], ...]:
    """What writing to a store on disk can raise."""
    from chromadb.errors import InternalError

    return InternalError, OSError


def unreachable_errors() -> tuple[type[Exception], ...]:
    """What any call to a server can raise when it is down, slow, or has something else at that address. ValueError is
    what Chroma makes of a server that is gone while a client is made."""
    import httpx
    from chromadb.errors import ChromaError

    return httpx.HTTPError, httpx.InvalidURL, ChromaError, OSError, ValueError


def is_absent(error: Exception) -> bool:
    """Whether a server says that it has no such collection."""
    from chromadb.errors import NotFoundError

    return isinstance(error, NotFoundError)
