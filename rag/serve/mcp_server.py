"""The MCP server: papers and checked answers as tools for assistants that speak the Model Context Protocol.

The package `mcp` is an optional extra; it is imported here only, when `posterchat mcp` runs.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, Field

import rag
from rag.errors import PosterchatError, UsageError
from rag.serve.api.schemas import MOST_TURNS, AnswerObject, PaperReply, PaperRow, Question
from rag.serve.cli.papers import find_paper
from rag.types import Done, Turn

if TYPE_CHECKING:
    from rag.wiring import Library

T = TypeVar("T")
MOST_HITS = 50
ABOUT = (
    "The papers of a conference session or collection, on this machine. `ask` gives an answer in which every sentence "
    "carries the number of the paper that it was checked against; `search_papers` finds papers, `get_paper` gives an "
    "abstract. Cite what the answer cites. A question that the papers do not speak to is refused, with the nearest "
    "titles."
)
Collection = Annotated[str | None, Field(max_length=64, description="A collection; else the one asked by default.")]
Words = Annotated[str, Field(min_length=1, max_length=500, description="What the papers should be about.")]
Limit = Annotated[int, Field(ge=1, le=MOST_HITS, description="How many papers at most.")]
Earlier = Annotated[list[Question], Field(max_length=MOST_TURNS, description="Earlier questions, oldest first.")]
Wanted = Annotated[str, Field(min_length=1, max_length=500, description="An id, a title, or a part of a title.")]


class Found(BaseModel):
    """The papers nearest to a query, best first."""

    collection: str
    papers: list[PaperRow]


def make_mcp_server(library: Library, collection: str) -> Any:
    """The server with its three tools; `collection` is asked when a call names none. Raises UsageError when the package
    `mcp` is not installed."""
    try:
        from mcp.server.mcpserver import MCPServer
        from mcp_types import ToolAnnotations
    except ImportError as error:
        raise UsageError(
            "The MCP server needs the package mcp, which is not installed.",
            hint=f"Install it beside posterchat: {sys.executable} -m pip install 'mcp>=2,<3'",
        ) from error

    server = MCPServer("posterchat", version=rag.__version__, instructions=ABOUT, log_level="WARNING")
    reads = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

    @server.tool(annotations=reads)
    def search_papers(query: Words, limit: Limit = 10, collection: Collection = None) -> Found:
        """Find papers by what they are about. Gives title, authors, link and id of each, best first, no abstracts."""
        return _told(lambda: _search(library, query, limit, collection or default))

    @server.tool(annotations=reads)
    def get_paper(paper: Wanted, collection: Collection = None) -> PaperReply:
        """One paper with its abstract, by its id, its title or a part of its title."""
        return _told(lambda: PaperReply(**asdict(find_paper(library.papers(collection or default), paper))))

    @server.tool(annotations=reads)
    async def ask(question: Question, history: Earlier = [], collection: Collection = None) -> AnswerObject:  # noqa: B006
        """Ask a question about the papers. `answer` is the text with its citation numbers, `citations` the papers
        behind them, `sentences` the quotes. When `refused` is true, `reason` says why there is no answer."""
        from anyio import to_thread

        stop = threading.Event()
        try:  # a call that the client gives up ends the answer
            work = lambda: _told(lambda: _ask(library, question, history, collection or default, stop))  # noqa: E731
            return await to_thread.run_sync(work, abandon_on_cancel=True)
        finally:
            stop.set()

    default = collection
    return server


def serve_mcp(library: Library, collection: str) -> None:
    """Serve on standard input and output until the client closes them. Raises as `make_mcp_server` does."""
    make_mcp_server(library, collection).run("stdio")


def _search(library: Library, query: str, limit: int, name: str) -> Found:
    library.index_store.info(name)  # an unknown name is told before anything is loaded
    hits = library.assistant(name).searcher.search(query, limit=limit).hits
    return Found(collection=name, papers=[PaperRow(**asdict(hit.paper)) for hit in hits])


def _ask(library: Library, question: str, history: list[str], name: str, stop: threading.Event) -> AnswerObject:
    library.index_store.info(name)
    events = library.assistant(name).ask(question, [Turn(earlier) for earlier in history], stop=stop)
    for event in events:
        if isinstance(event, Done):
            return AnswerObject.model_validate(event.answer.to_json())
    raise PosterchatError("The answer did not come to an end.", hint="Ask again.")


def _told(work: Callable[[], T]) -> T:
    """What `work` gives; its errors as messages that the model on the other side can read."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        return work()
    except PosterchatError as error:
        raise ToolError(" ".join(part for part in (str(error), error.hint) if part)) from error
