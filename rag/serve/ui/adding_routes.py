"""The addresses by which page code gives the server a file of papers. Only for servers on loopback."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from rag.errors import PosterchatError, StorageFull, UsageError
from rag.serve.naming import slug
from rag.serve.ui import adding_views, render
from rag.serve.ui.adding import MOST_BYTES, Adding

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger(__name__)


def add_adding(app: FastAPI, adding: Adding) -> None:
    """Add `view/add...` to an application, before the page is mounted at `/`."""
    from fastapi import Request
    from fastapi.responses import HTMLResponse
    from starlette.concurrency import run_in_threadpool

    async def upload(request: Any) -> Any:
        token, path = adding.place(unquote(request.headers.get("x-file-name", "")))
        try:
            await _receive(request, path)
            return HTMLResponse(await run_in_threadpool(_preview, adding, token))
        except PosterchatError as error:
            adding.drop(token)
            return HTMLResponse(_failed(error))
        except Exception:  # the page says so; the details are for whoever runs the program
            log.exception("looking through a file failed")
            adding.drop(token)
            hint = "Details are in the terminal that runs posterchat."
            return HTMLResponse(render.failure("The file could not be looked through.", hint))

    def begin(given: dict[str, Any]) -> Any:
        token = str(given.get("token"))
        try:
            collection = adding.begin(token, str(given.get("collection")))
        except PosterchatError as error:
            return HTMLResponse(_failed(error))
        return HTMLResponse(adding_views.going(adding.upload(token), collection))

    def progress(token: str, collection: str = "") -> Any:
        try:
            return HTMLResponse(adding_views.going(adding.upload(token), slug(collection)))
        except PosterchatError as error:
            return HTMLResponse(_failed(error))

    def drop(given: dict[str, Any]) -> Any:
        adding.drop(str(given.get("token")))
        return HTMLResponse("")

    upload.__annotations__["request"] = Request
    for method, name, function in (
        ("POST", "add", upload),
        ("POST", "add/begin", begin),
        ("GET", "add/progress", progress),
        ("POST", "add/drop", drop),
    ):
        app.add_api_route(f"/view/{name}", function, methods=[method], response_model=None, include_in_schema=False)


async def _receive(request: Any, path: Path) -> None:
    """The body of a request as a file. Async, because only so it can be refused before all of it has come. Raises
    UsageError when it is too big, StorageFull when it cannot be written."""
    size = 0
    try:
        with path.open("wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > MOST_BYTES:
                    big = f"The file is bigger than {MOST_BYTES // 10**6} MB."
                    raise UsageError(big, hint="Index it with `posterchat index FILE`.")
                file.write(piece)
    except OSError as error:
        raise StorageFull(f"The file could not be kept: {error.strerror}.", hint="Make room on the disk.") from error


def _preview(adding: Adding, token: str) -> str:
    found = adding.look(token)
    name = adding.upload(token).path.name
    names = [info.name for info in adding.library.collections()]
    return adding_views.preview(token, name, found, slug(name.partition(".")[0]), names)


def _failed(error: PosterchatError) -> str:
    """A sentence for the page: what is wrong with a file is no failure of the request."""
    return render.failure(str(error), error.hint)
