"""The web application in one process: the HTTP API, and the chat page at `/`."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import rag
from rag.errors import PosterchatError, UnknownCollection, UsageError
from rag.serve.api.log import set_up_logs, take_down_logs

if TYPE_CHECKING:
    from fastapi import FastAPI

    from rag.answer.pipeline import Assistant
    from rag.serve.api.metrics import Metrics
    from rag.settings import Settings
    from rag.wiring import Library

# Read by Hugging Face's libraries when they are imported: no look at other hosts (`rag.silent` does the rest).
OFFLINE = {"HF_HUB_OFFLINE": "1"}
GRACE_S = 3
ADDED_FILES = "/view/add"  # its own limit is that of a file (rag/serve/ui/adding.py)
MAX_PAGE_BODY_BYTES = 4_000_000  # the page sends the conversation that the browser kept

log = logging.getLogger(__name__)


class Warmup:
    """Loads the models in the background, so that the page opens at once, and then has papers read ahead. `problem`
    says why it could not. That there is no collection yet is none: the page can add one."""

    def __init__(self, library: Library, collection: str) -> None:
        self.problem = ""
        self._library = library
        self._collection = collection

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, name="posterchat-warmup", daemon=True).start()

    def _run(self) -> None:
        try:
            assistant = self._assistant()
            self._library.generator()
            if assistant is not None:
                assistant.prepare()
            self._library.read_ahead(self._collection)
        except PosterchatError as error:
            self.problem = f"{error} {error.hint}".strip()
        except Exception:
            log.exception("loading the models failed")
            self.problem = "The models could not be loaded; details are in the terminal that runs posterchat."

    def _assistant(self) -> Assistant | None:
        try:
            return self._library.assistant(self._collection)
        except UnknownCollection:
            self._library.embedder()
            return None


class SecurityHeaders:
    """Adds to every response what keeps a browser from loading, framing or telling anything elsewhere."""

    def __init__(self, app: Any, policy: str) -> None:
        self._app = app
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-frame-options", b"DENY"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Called by the server for every request (an interface that is async by its nature)."""

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                names = {name.lower() for name, _ in given}
                message = {**message, "headers": [*given, *(pair for pair in self._headers if pair[0] not in names)]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def make_app(library: Library, *, collection: str | None = None, host: str = "127.0.0.1") -> FastAPI:
    """The application for one library, as it is known under `host`; the models begin to load at once, in the
    background.

    `app.state.stop` is a function that ends all answers and open connections. Raises UnknownCollection when a named
    collection is not there; without a name, the first one stands in for a default that is not there. With no
    collection at all the page says how to make one.
    """
    os.environ.update(OFFLINE)
    from fastapi import FastAPI

    from rag.serve.api.guard import ApiFirst, Bodies, Doors
    from rag.serve.api.metrics import MeasuredLibrary, Metrics
    from rag.serve.api.routes import make_api
    from rag.serve.ui.chat import Chat
    from rag.serve.ui.page import mount
    from rag.serve.ui.running import Running

    names = [info.name for info in library.collections()]
    if collection is not None and names and collection not in names:
        raise UnknownCollection(f"There is no collection named {collection}.", hint=f"There are: {', '.join(names)}.")
    wanted = collection or library.settings.collection
    chosen = wanted if wanted in names or not names else names[0]
    running = Running()
    metrics = Metrics(running.count)
    measured: Any = MeasuredLibrary(library, metrics)
    chat = Chat(measured, running, collection=chosen)
    warmup = Warmup(library, chosen)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan)

    def health() -> dict[str, Any]:
        embedder, model = library.loaded()
        problem = warmup.problem or (_problem_of_index(library, chosen) if chosen in names else "")
        report = {
            "status": "error" if problem else "ok" if embedder and model else "loading",
            "version": rag.__version__,
            "collections": names,
            "index_open": not problem and bool(names),
            "embedder_loaded": embedder,
            "model_loaded": model,
            "model": chat.model,
            "answers_running": running.count(),
        }
        return report | ({"problem": problem} if problem else {})

    close_page = mount(app, chat, may_add=is_own(library.settings, host))

    def stop() -> None:
        running.close()
        close_page()

    app.state.stop = stop
    api = make_api(measured, running, metrics, collection=chosen, health=health)
    app.add_middleware(Bodies, limit=MAX_PAGE_BODY_BYTES, streamed=(ADDED_FILES,))
    app.add_middleware(Doors)
    app.add_middleware(ApiFirst, api=api)
    _guard(app, library.settings, metrics, host=host)
    warmup.start()
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """While the application is served, `app.state.loop` is the event loop that serves it."""
    app.state.loop = asyncio.get_running_loop()
    yield
    app.state.loop = None


def is_own(settings: Settings, host: str) -> bool:
    """Whether nobody but the user of this machine reaches the page: others could add whatever they like."""
    from rag.serve.api.guard import is_loopback

    allowed = [name.strip() for name in settings.allowed_hosts.split(",") if name.strip()]
    return all(map(is_loopback, (host, *allowed)))


def _guard(app: FastAPI, settings: Settings, metrics: Metrics, *, host: str) -> None:
    """Put what stands before every request in front of an application; what is added last comes first."""
    from rag.serve.api.auth import Auth, Rate
    from rag.serve.api.guard import OwnHosts
    from rag.serve.api.metrics import CountRequests
    from rag.serve.ui.page import CONTENT_SECURITY_POLICY

    app.add_middleware(Rate, per_minute=settings.rate_per_minute)
    if settings.token is not None:
        app.add_middleware(Auth, token=settings.token.get_secret_value())
    app.add_middleware(OwnHosts, host=host, allowed=settings.allowed_hosts.split(","))
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(SecurityHeaders, policy=CONTENT_SECURITY_POLICY)


def _problem_of_index(library: Library, collection: str) -> str:
    """What keeps a collection from being read; empty when nothing does."""
    try:
        if all(info.name != collection for info in library.collections()):
            library.index_store.info(collection)
    except PosterchatError as error:
        return f"{error} {error.hint}".strip()
    return ""


def serve(
    library: Library,
    *,
    host: str,
    port: int,
    collection: str | None = None,
    check: Callable[[], None] | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until Ctrl-C or SIGTERM; `ready` is told the address once it can be opened, `check` is called
    before that. Port 0 takes a free one. Raises UsageError when the address cannot be used, and what `check` raises."""
    listener = _listen(host, port)
    logs = set_up_logs(form=library.settings.log_format, questions=library.settings.log_questions)
    try:
        if check is not None:
            check()
        app = make_app(library, collection=collection, host=host)
        if ready is not None:
            ready(_url(host, listener.getsockname()[1]))
        _run(app, listener)
    finally:
        listener.close()
        take_down_logs(logs)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            message, hint = f"Port {port} is in use by another program.", "Choose another one with --port."
        elif error.errno == errno.EACCES:
            message, hint = f"Port {port} may not be used by you.", "Choose one above 1023 with --port."
        else:
            message, hint = f"The address {host} cannot be used here: {error.strerror}.", "Use --host 127.0.0.1."
        raise UsageError(message, hint=hint) from error


def _url(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def _run(app: FastAPI, listener: socket.socket) -> None:
    import uvicorn

    from rag.serve.api.http import PunctualHttp

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            """First signal: end the answers, then leave. Second: leave at once. The signal is not raised again."""
            app.state.stop()
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # connections cut off now are no news
            self.force_exit = self.should_exit
            self.should_exit = True

    config = uvicorn.Config(
        app,
        http=PunctualHttp,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        ws="none",
        workers=1,
        server_header=False,
    )
    Server(config).run(sockets=[listener])
