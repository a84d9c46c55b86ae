"""The addresses by which page code gives the server a file of papers. Only for servers on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from rag.errors import PosterchatError, UsageError
from rag.serve.cli_common import slug
from rag.serve.ui import adding_views, render
from rag.serve.ui.adding import MOST_BYTES, Adding

if TYPE_CHECKING:
    from fastapi import FastAPI


def add_adding(app: FastAPI, adding: Adding) -> None:
    """Add `view/add...` to an application, before the page is mounted at `/`."""
    from fastapi import Request
    from fastapi.responses import HTMLResponse
    from starlette.concurrency import run_in_threadpool

    def failed(error: PosterchatError) -> Any:
        """A sentence for the page: what was wrong with the file is no failure of the request."""
        return HTMLResponse(render.failure(str(error), error.hint))

    async def upload(request: Any) -> Any:
        """Async, because only so a body can be refused before all of it has come."""
        token, path = adding.place(unquote(request.headers.get("x-file-name", "")))
        size = 0
        try:
            with path.open("wb") as file:
                async for piece in request.stream():
                    size += len(piece)
                    if size > MOST_BYTES:
                        raise UsageError(
                            f"The file is bigger than {MOST_BYTES // 10**6} MB.",
                            hint="Index it with `posterchat index FILE`.",
                        )
                    file.write(piece)
            return HTMLResponse(await run_in_threadpool(show, token))
        except PosterchatError as error:
            adding.drop(token)
            return failed(error)
        except OSError as error:
            adding.drop(token)
            return failed(UsageError(f"The file could not be kept: {error.strerror}.", hint="Make room on the disk."))

    def show(token: str) -> str:
        found = adding.look(token)
        path = adding.upload(token).path
        names = [info.name for info in adding.library.collections()]
        return adding_views.preview(token, path.name, found, slug(path.name.partition(".")[0]), names)

    def begin(given: dict[str, Any]) -> Any:
        try:
            token = str(given.get("token"))
            return HTMLResponse(
                adding_views.going(adding.upload(token), adding.begin(token, str(given.get("collection"))))
            )
        except PosterchatError as error:
            return failed(error)

    def progress(token: str, collection: str = "") -> Any:
        try:
            return HTMLResponse(adding_views.going(adding.upload(token), slug(collection)))
        except PosterchatError as error:
            return failed(error)

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
