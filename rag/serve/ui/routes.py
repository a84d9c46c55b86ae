"""The addresses from which page code fetches the Papers and Topics views, as pieces of HTML. They only read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rag.errors import PosterchatError, UnknownCollection
from rag.serve.export.bibtex import bibtex
from rag.serve.export.names import citation_keys
from rag.serve.ui import render, scope, views
from rag.serve.ui.browse import Browse, Wish

if TYPE_CHECKING:
    from fastapi import FastAPI

LONGEST_WISH = 200
LAST_PAGE = 10**6
_NO_PAPER = "That paper is not in this collection."

log = logging.getLogger(__name__)


def add_views(app: FastAPI, browse: Browse, *, device: Callable[[], str]) -> None:
    """Add `view/...` to an application, before the page is mounted at `/`. `device` says what the model runs on."""
    from fastapi.responses import PlainTextResponse

    views_of_all = {**_list_and_entry(browse), **_pages(browse), "device": lambda: PlainTextResponse(device())}
    for name, function in views_of_all.items():
        app.add_api_route(f"/view/{name}", function, methods=["GET"], response_model=None, include_in_schema=False)
    for name, function in _filter(browse).items():  # a filter may name more papers than an address can hold
        app.add_api_route(f"/view/{name}", function, methods=["POST"], response_model=None, include_in_schema=False)


def _list_and_entry(browse: Browse) -> dict[str, Callable[..., Any]]:
    from fastapi.responses import PlainTextResponse

    def papers(
        collection: str,
        q: str = "",
        author: str = "",
        award: bool = False,
        topic: int = 0,
        sort: str = "",
        page: int = 1,
    ) -> Any:
        words, name = q[:LONGEST_WISH], author[:LONGEST_WISH]
        wish = Wish(words, name, award, topic - 1 if topic > 0 else None, sort, min(max(page, 1), LAST_PAGE))
        return _answer(lambda: views.papers(browse.find(collection, wish), wish, browse.contents(collection)))

    def bibtex_entry(collection: str, id: str) -> Any:  # noqa: A002
        try:
            known = browse.contents(collection).papers
        except PosterchatError as error:
            return PlainTextResponse(str(error), status_code=404)
        if id not in known:
            return PlainTextResponse(_NO_PAPER, status_code=404)
        return PlainTextResponse(bibtex([known[id]], citation_keys(known.values())))

    return {"papers": papers, "bibtex": bibtex_entry}


def _pages(browse: Browse) -> dict[str, Callable[..., Any]]:
    def paper(collection: str, id: str) -> Any:  # noqa: A002
        def make() -> str:
            contents = browse.contents(collection)
            found = contents.papers.get(id)
            return views.paper_page(found, contents, collection) if found else render.failure(_NO_PAPER, "")

        return _answer(make)

    def similar(collection: str, id: str) -> Any:  # noqa: A002
        return _answer(lambda: views.similar(browse.similar(collection, id)))

    def topics(collection: str) -> Any:
        return _answer(lambda: views.topics(browse.contents(collection), collection))

    def topic_map(collection: str) -> Any:
        return _answer(lambda: views.topic_map(browse.dots(collection), browse.contents(collection)))

    return {"paper": paper, "similar": similar, "topics": topics, "map": topic_map}


def _filter(browse: Browse) -> dict[str, Callable[..., Any]]:
    def bar(collection: str, given: dict[str, Any]) -> Any:
        def make() -> str:
            wish = scope.read(given)
            try:
                only, contents = browse.chosen(collection, wish), browse.contents(collection)
            except UnknownCollection:  # before anything is indexed there is nothing to limit
                return ""
            return scope.bar(wish, len(contents.papers) if only is None else len(only), contents)

        return _answer(make)

    def form(collection: str, given: dict[str, Any]) -> Any:
        return _answer(lambda: scope.form(scope.read(given), browse.contents(collection)))

    return {"scope": bar, "filter": form}


def _answer(make: Callable[[], str]) -> Any:
    """What `make` returns as a response; a failure as a sentence."""
    from fastapi.responses import HTMLResponse

    try:
        return HTMLResponse(make())
    except PosterchatError as error:
        return HTMLResponse(render.failure(str(error), error.hint), status_code=404)
    except Exception:  # the view says so; the details are for whoever runs the program
        log.exception("a view failed")
        hint = "Details are in the terminal that runs posterchat."
        return HTMLResponse(render.failure("This could not be shown.", hint), status_code=500)
