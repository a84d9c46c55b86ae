"""Answers in the shapes of OpenAI's chat completions, so that its clients can ask a collection as if it were a model.

Text that has been sent cannot be taken back there, so a stream carries whole checked sentences, no provisional words.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from rag.errors import PosterchatError, UsageError
from rag.serve.api.errors import error_body
from rag.serve.api.schemas import MOST_TURNS, ChatRequest, Message
from rag.serve.dump import dump_json
from rag.serve.ui.chat import LONGEST_QUESTION
from rag.types import Answer, CollectionInfo, GridRow, Sentence, Turn

DONE = b"data: [DONE]\n\n"


def question_of(request: ChatRequest) -> tuple[str, list[Turn]]:
    """The last user message as the question, those before it as history. Raises UsageError when there is none, or it
    is too long."""
    asked = [_text(message) for message in request.messages if message.role == "user"]
    if not asked or not asked[-1].strip():
        raise UsageError("There is no question.", hint="The last message of the role user must be text.")
    if len(asked[-1]) > LONGEST_QUESTION:
        raise UsageError(f"The question is longer than {LONGEST_QUESTION:,} characters.", hint="Shorten it.")
    earlier = [text[:LONGEST_QUESTION] for text in asked[:-1] if text.strip()]
    return asked[-1], [Turn(text) for text in earlier[-MOST_TURNS:]]


def content(answer: Answer) -> str:
    """The text of an answer with its markers; below it the cited papers, or why there is no answer."""
    return answer.text + ending(answer)


def ending(answer: Answer) -> str:
    """What follows the sentences."""
    parts = [answer.text] if answer.text else []
    lines = [_aspect(row) for row in answer.grid]
    if answer.reason:
        lines.append(answer.reason)
    if answer.refused and answer.nearest:
        lines.append("Nearest papers:\n" + "\n".join(f"- {title}" for title in answer.nearest))
    if answer.citations:
        lines.append("\n".join(_reference(citation) for citation in answer.citations))
    return "".join(("\n\n" if parts or at else "") + line for at, line in enumerate(lines))


def completion(name: str, answer: Answer) -> dict[str, Any]:
    """A whole completion; `name` is its id."""
    message = {"role": "assistant", "content": _still(content(answer))}
    return {
        "id": name,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": answer.collection,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage(answer),
        "posterchat": answer.to_json(),
    }


def usage(answer: Answer) -> dict[str, int]:
    """Tokens of all reads of the answer."""
    read, written = answer.timings.prompt_tokens, answer.timings.answer_tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


class Chunks:
    """The chunks of one streamed completion, as bytes of server-sent events."""

    def __init__(self, name: str, model: str, *, with_usage: bool) -> None:
        self._head = {"id": name, "object": "chat.completion.chunk", "created": int(time.time()), "model": model}
        self._with_usage = with_usage
        self._sent = ""

    def begin(self) -> bytes:
        """The chunk that gives the role."""
        return self._chunk({"role": "assistant", "content": ""})

    def sentence(self, sentence: Sentence) -> bytes:
        """A checked sentence, parted from the one before as in `Answer.text`."""
        marked = sentence.marked
        text = ("" if not self._sent else "\n" if marked.startswith("- ") else " ") + marked
        self._sent += text
        return self._chunk({"content": text})

    def end(self, answer: Answer) -> bytes:
        """The references, the whole answer as the field `posterchat`, the usage if it was asked for, and the end."""
        rest = answer.text.removeprefix(self._sent) if answer.text.startswith(self._sent) else ""
        out = self._chunk({"content": rest + ending(answer)}) if rest + ending(answer) else b""
        out += self._chunk({}, finish="stop", posterchat=answer.to_json())
        if self._with_usage:
            out += _data({**self._head, "choices": [], "usage": usage(answer)})
        return out + DONE

    def failed(self, error: PosterchatError) -> bytes:
        """An error in the middle of a stream: clients raise it."""
        return _data(error_body(error)) + DONE

    def _chunk(self, delta: dict[str, str], *, finish: str | None = None, **more: Any) -> bytes:
        delta = {name: _still(text) for name, text in delta.items()}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _data({**self._head, "choices": [choice], **more})


def models(collections: Iterable[CollectionInfo]) -> dict[str, Any]:
    """Collections as a list of models."""
    rows = [{"id": info.name, "object": "model", "created": 0, "owned_by": "posterchat"} for info in collections]
    return {"object": "list", "data": rows}


def _text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    parts: Sequence[Any] = message.content or ()
    return "\n".join(part.text for part in parts if part.type == "text" and part.text)


def _still(text: str) -> str:
    """`text` in which no client that shows Markdown finds an image to fetch: names and titles come from strangers."""
    return text.replace("![", "! [")


def _aspect(row: GridRow) -> str:
    cells = [(cell.n, f"“{cell.quote.text}”" if cell.quote else "not stated in the abstract") for cell in row.cells]
    return f"{row.aspect.capitalize()}:\n" + "\n".join(f"- {said} [{n}]" for n, said in cells)


def _reference(citation: Any) -> str:
    who = f" — {', '.join(citation.authors)}" if citation.authors else ""
    return f"[{citation.n}] {citation.title}{who}" + (f" {citation.url}" if citation.url else "")


def _data(value: Any) -> bytes:
    return f"data: {dump_json(value)}\n\n".encode()
