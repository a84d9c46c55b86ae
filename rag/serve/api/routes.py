"""The HTTP API: the routes, each handed to the module that knows. It runs in the process of the page and shares its
library, its model and its list of running answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Path, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

import rag
from rag.errors import PosterchatError, UnknownCollection
from rag.serve.api import openai
from rag.serve.api.auth import GUEST
from rag.serve.api.docs import docs_page
from rag.serve.api.errors import NotHere, ShuttingDown, handle_errors
from rag.serve.api.events import KEEP_ALIVE, error_bytes, event_bytes
from rag.serve.api.guard import Bodies
from rag.serve.api.papers import find_papers
from rag.serve.api.run import Answers, AnswerStream
from rag.serve.api.schemas import (
    AnswerObject,
    AskRequest,
    ChatReply,
    ChatRequest,
    CollectionsReply,
    ErrorReply,
    HealthReply,
    ModelsReply,
    PaperReply,
    PapersReply,
)
from rag.types import Answer, Done, SentenceChecked, Turn

if TYPE_CHECKING:
    from rag.serve.api.metrics import Metrics
    from rag.serve.ui.running import Running
    from rag.wiring import Library

KEEP_ALIVE_S = 5.0
MOST_PAPERS = 200
Words = Annotated[str, Query(max_length=500, description="Words of title or abstract; the best match first.")]
Author = Annotated[str, Query(max_length=200, description="A part of an author's name.")]
Award = Annotated[bool | None, Query(description="true: only papers with an award; false: only others.")]
Limit = Annotated[int, Query(ge=1, le=MOST_PAPERS)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Name = Annotated[str | None, Query(max_length=64, description="A collection; else the one asked by default.")]
Plain = Annotated[bool, Query(description="true: status 200 even while it cannot answer.")]
ABOUT = "Questions about the papers of a collection, answered with citations that were checked."


class PrometheusText(Response):
    """Figures in the text format that Prometheus reads."""

    media_type = "text/plain; version=0.0.4"


def make_api(
    library: Library,
    running: Running,
    metrics: Metrics,
    *,
    collection: str,
    health: Callable[[], dict[str, Any]],
    keep_alive_s: float | None = None,
) -> Any:
    """The API of one library as an ASGI application; `collection` is asked when a request names none."""
    api = FastAPI(
        title="posterchat", version=rag.__version__, description=ABOUT, docs_url=None, redoc_url=None,
        responses={status: {"model": ErrorReply} for status in (400, 401, 403, 404, 405, 408, 413, 422, 429, 503)},
    )  # fmt: skip
    handle_errors(api)
    _add_status(api, metrics, health)
    _add_papers(api, library, collection)
    answers = Answers(library, running, metrics.wait_s)
    every_s = KEEP_ALIVE_S if keep_alive_s is None else keep_alive_s
    _add_ask(api, library, answers, collection, every_s)
    _add_openai(api, library, answers, collection, every_s)

    @api.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(docs_page(api.openapi()))

    return Bodies(api)


def _add_status(api: FastAPI, metrics: Metrics, health: Callable[[], dict[str, Any]]) -> None:
    @api.get("/health", response_model=HealthReply, response_model_exclude_unset=True)
    def get_health(request: Request, response: Response, always_200: Plain = False) -> dict[str, Any]:
        """Whether the server can answer, and with what: its models are loaded and the collection can be read.

        The status is 503 while it cannot. Who has no token is told only `status` and `version`.
        """
        report = health()
        if report["status"] != "ok" and not always_200:
            response.status_code = 503
        guest = request.scope.get(GUEST, False)
        return {key: report[key] for key in ("status", "version")} if guest else report

    @api.get("/metrics", response_class=PrometheusText)
    def get_metrics() -> Response:
        """Counts and seconds in Prometheus' text format."""
        return PrometheusText(metrics.text())


def _add_papers(api: FastAPI, library: Library, default: str) -> None:
    @api.get("/api/collections", response_model=CollectionsReply)
    def get_collections() -> dict[str, Any]:
        """All collections."""
        return {"collections": [asdict(info) | {"default": info.name == default} for info in library.collections()]}

    @api.get("/api/papers", response_model=PapersReply)
    def get_papers(
        collection: Name = None,
        q: Words = "",
        author: Author = "",
        award: Award = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> dict[str, Any]:
        """Papers without their abstracts, page by page."""
        name = _known(library, collection or default)
        with library.index_store.catalogue(name) as catalogue:
            total, papers = find_papers(catalogue, words=q, author=author, award=award, limit=limit, offset=offset)
        return {"collection": name, "total": total, "offset": offset, "papers": [asdict(paper) for paper in papers]}

    @api.get("/api/papers/{paper_id}", response_model=PaperReply)
    def get_paper(
        paper_id: Annotated[str, Path(max_length=64, description="An id that /api/papers shows.")],
        collection: Name = None,
    ) -> dict[str, Any]:
        """One paper with its abstract."""
        with library.index_store.catalogue(_known(library, collection or default)) as catalogue:
            paper = catalogue.paper(paper_id)
        if paper is None:
            raise NotHere("There is no paper with that id.", hint="GET /api/papers lists them.")
        return asdict(paper)


def _add_ask(api: FastAPI, library: Library, answers: Answers, default: str, keep_alive_s: float) -> None:
    both = _either("event", "data")

    @api.post("/api/ask", response_model=AnswerObject, responses={200: both})
    async def ask(body: AskRequest, request: Request) -> Response:
        """Ask a question. The answer comes as server-sent events: `waiting`, `routed`, `searching`, `evidence`,
        `token`, `sentence`, `dropped`, `refused`, and last `done` with the whole answer, or `error`.

        Text of `token` is provisional until its `sentence` replaces it or `dropped` withdraws it. Closing the
        connection stops the answer.
        """
        history = [Turn(t) if isinstance(t, str) else Turn(t.question, tuple(t.cited)) for t in body.history]
        stream = answers.begin(body.question, _known(library, body.collection or default), history)
        if body.stream:
            return await _streamed(stream, _events(stream, keep_alive_s))
        return JSONResponse((await _whole(stream, request)).to_json())


def _add_openai(api: FastAPI, library: Library, answers: Answers, default: str, keep_alive_s: float) -> None:
    both = _either("data")

    @api.post("/v1/chat/completions", response_model=ChatReply, responses={200: both})
    async def chat(body: ChatRequest, request: Request) -> Response:
        """Ask in OpenAI's form: the last user message is the question, earlier ones the history, `model` a collection.

        A stream carries whole checked sentences. The field `posterchat` has the answer object.
        """
        question, history = openai.question_of(body)
        collection = _known(library, body.model or default)
        stream = answers.begin(question, collection, history)
        name = f"chatcmpl-{stream.id}"
        if body.stream:
            options = body.stream_options
            chunks = openai.Chunks(name, collection, with_usage=bool(options and options.include_usage))
            return await _streamed(stream, _chunks(stream, chunks, keep_alive_s))
        return JSONResponse(openai.completion(name, await _whole(stream, request)))

    @api.get("/v1/models", response_model=ModelsReply)
    def get_models() -> dict[str, Any]:
        """The collections, as models."""
        return openai.models(library.collections())


def _either(*fields: str) -> dict[str, Any]:
    """What the description says of a reply that may be a stream: the fields of its events."""
    event = {"type": "object", "properties": {name: {"type": "string"} for name in fields}, "required": list(fields)}
    return {"content": {"text/event-stream": {"schema": event}}, "description": "The whole answer, or its events"}


def _known(library: Library, name: str) -> str:
    """`name` when there is such a collection. Raises UnknownCollection."""
    names: Sequence[str] = [info.name for info in library.collections()]
    if name not in names:
        there = f"There are: {', '.join(names)}." if names else "There is none yet: run `posterchat index FILE`."
        raise UnknownCollection("There is no collection of that name.", hint=there)
    return name


async def _whole(stream: AnswerStream, request: Request) -> Answer:
    try:
        answer = await stream.whole(request)
    finally:
        stream.close()
    if answer is None:
        raise ShuttingDown("The answer was not finished.", hint="Ask again.")
    return answer


async def _streamed(stream: AnswerStream, parts: AsyncIterator[bytes]) -> Response:
    """A response that sends the parts and stops the answer when it ends, however that is. Raises what the answer
    fails with before anything is sent."""

    class Events(StreamingResponse):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            try:
                await super().__call__(scope, receive, send)
            finally:
                stream.close()

    try:
        await stream.settle()
    except BaseException:
        stream.close()
        raise
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return Events(parts, media_type="text/event-stream", headers=headers)


async def _events(stream: AnswerStream, keep_alive_s: float) -> AsyncIterator[bytes]:
    """The answer as the events of `POST /api/ask`."""
    try:
        async for event in stream.all(keep_alive_s):
            yield KEEP_ALIVE if event is None else event_bytes(event)
    except PosterchatError as error:
        yield error_bytes(error)


async def _chunks(stream: AnswerStream, chunks: openai.Chunks, keep_alive_s: float) -> AsyncIterator[bytes]:
    """The answer as chunks of a completion."""
    yield chunks.begin()
    try:
        async for event in stream.all(keep_alive_s):
            if event is None:
                yield KEEP_ALIVE
            elif isinstance(event, SentenceChecked):
                yield chunks.sentence(event.sentence)
            elif isinstance(event, Done):
                yield chunks.end(event.answer)
    except PosterchatError as error:
        yield chunks.failed(error)
