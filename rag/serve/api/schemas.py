"""Shapes of requests and replies of the HTTP API: what is accepted, and what `openapi.json` says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.serve.ui.chat import LONGEST_QUESTION
from rag.types import Route, Support, TextKind
from rag.types.answers import Aspect

MOST_TURNS = 50
MOST_MESSAGES = 500

Question = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Strict(BaseModel):
    """A request: values must have the type that is asked for; unknown keys are ignored."""

    model_config = ConfigDict(strict=True)


class EarlierTurn(Strict):
    """An earlier question, with the ids of the papers that its answer cited."""

    question: Question
    cited: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)] = []


class AskRequest(Strict):
    """The body of `POST /api/ask`. `history` holds the earlier questions, oldest first."""

    question: Question
    collection: Name | None = None
    history: Annotated[list[Question | EarlierTurn], Field(max_length=MOST_TURNS)] = []
    stream: Annotated[bool, Field(description="false: one JSON object, when the answer is whole")] = True


class ContentPart(Strict):
    """A part of a message; only those of type `text` are read."""

    type: Annotated[str, Field(max_length=40)]
    text: str | None = None


class Message(Strict):
    """A message of a conversation. Those of the role `user` are questions; others are not read."""

    role: Annotated[str, Field(max_length=40)]
    content: str | list[ContentPart] | None = None


class StreamOptions(Strict):
    """Options of a streamed completion."""

    include_usage: bool | None = None


class ChatRequest(Strict):
    """The body of `POST /v1/chat/completions`. `model` is the name of a collection; sampling options are ignored,
    because answers are always made the same way."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=MOST_MESSAGES)]
    model: Name | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None


class ErrorDetail(BaseModel):
    """What went wrong, for programs and for people."""

    code: str
    message: str
    hint: str | None = None


class ErrorReply(BaseModel):
    """Every error of the API."""

    error: ErrorDetail


class HealthReply(BaseModel):
    """Whether the server can answer. `problem` says why not. All but `status` and `version` is for those who have the
    token, where there is one."""

    status: Literal["ok", "loading", "error"]
    version: str
    collections: list[str] = []
    index_open: bool = False
    embedder_loaded: bool = False
    model_loaded: bool = False
    model: str = ""
    answers_running: int = 0
    problem: str | None = None


class CollectionRow(BaseModel):
    """A collection; `default` marks the one that is asked when none is named."""

    name: str
    papers: int
    generation: str
    fingerprint: str
    embedder: str
    text_kind: TextKind
    default: bool


class CollectionsReply(BaseModel):
    """All collections, by name."""

    collections: list[CollectionRow]


class PaperRow(BaseModel):
    """A paper without its abstract."""

    id: str
    title: str
    authors: list[str]
    award: str | None
    url: str | None
    venue: str | None
    session: str | None
    year: int | None
    keywords: list[str]
    text_kind: TextKind
    identifiers: list[str]


class PaperReply(PaperRow):
    """A paper with its abstract, which quotes are offsets into."""

    abstract: str


class PapersReply(BaseModel):
    """A page of papers. `total` counts all that fit."""

    collection: str
    total: int
    offset: int
    papers: list[PaperRow]


class QuoteObject(BaseModel):
    """A sentence of an abstract: `abstract[start:end] == text`."""

    n: int
    text: str
    start: int
    end: int


class SentenceObject(BaseModel):
    """A checked sentence of an answer."""

    text: str
    citations: list[int]
    support: Support
    quotes: list[QuoteObject]


class CitationObject(BaseModel):
    """A paper that the answer cites."""

    n: int
    paper_id: str
    title: str
    authors: list[str]
    url: str | None = None


class CoverageObject(BaseModel):
    """How many papers were searched, judged relevant, and cited."""

    read: int
    matched: int
    cited: int


class CellObject(BaseModel):
    """What the abstract cited as `n` says on an aspect."""

    n: int
    quote: QuoteObject | None


class GridRowObject(BaseModel):
    """One aspect of a comparison, with a cell for every paper."""

    aspect: Aspect
    cells: list[CellObject]


class ThemeObject(BaseModel):
    """Papers of an overview that belong together, by citation numbers."""

    label: str
    papers: list[int]


class OtherObject(BaseModel):
    """A paper that matched but is not shown in the answer."""

    paper_id: str
    title: str


class TimingsObject(BaseModel):
    """Seconds from the start, and tokens."""

    retrieve_s: float | None
    first_evidence_s: float | None
    first_token_s: float | None
    total_s: float
    prompt_tokens: int
    answer_tokens: int


class AnswerObject(BaseModel):
    """A whole answer, as the command line and exports have it too."""

    question: str
    collection: str
    route: Route
    refused: bool
    reason: str | None = None
    nearest: list[str] | None = None
    cancelled: bool | None = None
    answer: str
    sentences: list[SentenceObject]
    citations: list[CitationObject]
    coverage: CoverageObject
    grid: list[GridRowObject] | None = None
    themes: list[ThemeObject] | None = None
    others: list[OtherObject] | None = None
    model: str
    index: str
    timings: TimingsObject


class Usage(BaseModel):
    """Tokens of the language model; 0 where the catalogue answered."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatMessage(BaseModel):
    """The answer as text: `[n]` markers, and the cited papers below."""

    role: Literal["assistant"]
    content: str


class ChatChoice(BaseModel):
    """The only choice."""

    index: int
    message: ChatMessage
    finish_reason: Literal["stop"]


class ChatReply(BaseModel):
    """A completion in OpenAI's shape. `posterchat` is the whole answer object."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    posterchat: AnswerObject


class ModelRow(BaseModel):
    """A collection as OpenAI's clients see a model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsReply(BaseModel):
    """All collections as models."""

    object: Literal["list"]
    data: list[ModelRow]
