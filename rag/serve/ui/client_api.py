"""What the page offers to clients of Gradio: one question, one answer object."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rag.errors import PosterchatError, UnknownCollection, UsageError
from rag.serve.ui.chat import LONGEST_QUESTION
from rag.types import Done

if TYPE_CHECKING:
    from rag.serve.ui.chat import Chat


def ask_for_clients(chat: Chat) -> Callable[[str, str], dict[str, Any]]:
    """The function behind `/answer`. It returns the answer object, or `{"error": {"message", "hint"}}`, because Gradio
    hides messages of exceptions."""

    def ask(question: str, collection: str = "") -> dict[str, Any]:
        try:
            return _answer(chat, question, collection or chat.collection)
        except PosterchatError as error:
            return {"error": {"message": str(error), "hint": error.hint}}

    return ask


def _answer(chat: Chat, question: str, collection: str) -> dict[str, Any]:
    if not isinstance(question, str) or not 0 < len(question.strip()) <= LONGEST_QUESTION:
        raise UsageError(f"A question has 1 to {LONGEST_QUESTION:,} characters.", hint="Shorten it and ask again.")
    if collection not in (names := [info.name for info in chat.library.collections()]):
        raise UnknownCollection("There is no collection of that name.", hint=f"There are: {', '.join(names)}.")
    with chat.running.begin(f"client {uuid.uuid4().hex}") as run:
        if run is not None:
            for event in chat.library.assistant(collection).ask(question, (), stop=run.stop):
                if isinstance(event, Done):
                    return event.answer.to_json()
    raise PosterchatError("The answer was not finished.", hint="Ask again.")
