"""A language model on an OpenAI-compatible server: llama-server, vLLM, Ollama, llama-cpp-python's own, hosted ones.

The same prompts, greedy decoding, and the same pieces as `rag/llm/local.py`, so that every check that follows is the
same. Each generation has a thread that reads the server's stream, because waiting for a socket cannot be interrupted
otherwise.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from rag.errors import Overloaded, PosterchatError, PromptTooLong, ServerUnusable
from rag.llm.pieces import Pieces, read_pieces
from rag.llm.remote_address import Address, Hangup
from rag.llm.remote_facts import Facts, count, discover
from rag.llm.remote_http import Connection, Refused
from rag.llm.remote_text import Thoughts, messages, most_tokens
from rag.types import Piece, Prompt

DEFAULT_CONTEXT = 2048
THINKING_TOKENS = 2048  # beyond the answer, for a server that thinks although it was asked not to
_LEAST_ANSWER_TOKENS = 32
_ASK_AGAIN_S = 5.0
# Greedy in OpenAI's words. What follows is not understood by every server, and left out for those that refuse it:
# probabilities, the usage at the end, no thinking, and no penalty (llama-cpp-python and Ollama have one by default).
_GREEDY = {"temperature": 0, "top_p": 1, "seed": 0, "stream": True}
_WHERE_UNDERSTOOD = {
    "logprobs": True,
    "top_logprobs": 1,
    "stream_options": {"include_usage": True},
    "chat_template_kwargs": {"enable_thinking": False},
    "repeat_penalty": 1.0,
}


@dataclass(slots=True, eq=False)
class _Call:
    texts: list[dict[str, str]]
    max_tokens: int
    prompt_tokens: int
    pieces: Pieces = field(default_factory=queue.SimpleQueue)
    hangup: Hangup = field(default_factory=Hangup)
    written: int = 0
    thought: bool = False
    finished: str = ""  # the server's reason


class RemoteGeneration:
    """A running generation of `RemoteGenerator`: see `rag.types.Generation`."""

    position = 0  # the server has its own queue

    def __init__(self, call: _Call) -> None:
        self._call = call

    @property
    def prompt_tokens(self) -> int:
        return self._call.prompt_tokens

    @property
    def answer_tokens(self) -> int:
        return self._call.written

    def __iter__(self) -> Iterator[Piece]:
        return read_pieces(self._call.pieces)

    def close(self) -> None:
        self._call.hangup.now()


class RemoteGenerator:
    """A model on a server. See `rag.types.Generator`. Making one contacts nobody; a server that is down is told by the
    generation (ServerUnusable), so that all that needs no model goes on.

    `context_tokens` None: what the server tells, else 2,048. `max_waiting` is how many of our requests may be with the
    server at a time. A server that gives no probabilities counts as sure of every token.
    """

    def __init__(self, address: Address, *, context_tokens: int | None = None, max_waiting: int = 16) -> None:
        self.address = address
        self._connection = Connection(address)
        self._context = context_tokens
        self._facts: Facts | None = None
        self._ask_again_at = 0.0
        self._bare = False  # only what every server understands
        self._thinks = False
        self._begins_thinking = False
        self._mutex = threading.Lock()
        self._running: set[_Call] = set()
        self._most = max_waiting
        self._closed = False

    @property
    def name(self) -> str:
        """`MODEL at HOST:PORT`."""
        facts = self._known()
        model = self.address.model or (facts.model if facts else "") or "the model"
        return f"{PurePath(model).name} at {self.address.place}"  # llama-cpp-python's server names it by its path

    @property
    def leaves_machine(self) -> bool:
        """Whether questions and abstracts are sent to another machine than this one."""
        host = urlsplit(self.address.base).hostname or ""
        return not (host in ("localhost", "::1") or host.startswith("127."))

    @property
    def context_tokens(self) -> int:
        facts = self._known()
        told = facts.context_tokens if facts else None
        return min(self._context, told) if self._context and told else self._context or told or DEFAULT_CONTEXT

    def check(self) -> Facts:
        """What the server says about itself. Raises ServerUnusable when it cannot be used."""
        facts = discover(self._connection)
        self._facts = facts
        return facts

    def count_tokens(self, prompt: Prompt) -> int:
        """The exact number where the server can count and it matters, else more than there are."""
        return self._count(messages(prompt))

    def generate(self, prompt: Prompt, *, max_tokens: int) -> RemoteGeneration:
        texts = messages(prompt)
        size, window = self._count(texts), self.context_tokens
        if window - size < _LEAST_ANSWER_TOKENS:
            raise PromptTooLong(
                f"The prompt has up to {size} tokens; the window of the model at {self.address.place} is {window}.",
                hint="Ask a shorter question or give the server a longer context.",
            )
        call = _Call(texts, min(max_tokens, window - size), size)
        with self._mutex:
            if self._closed:
                raise ServerUnusable("The language model has been shut down.", hint="Start posterchat again.")
            if len(self._running) > self._most:
                raise Overloaded("Too many questions are waiting already.", hint="Try again in a minute.")
            self._running.add(call)
        threading.Thread(target=self._run, args=(call,), name="llm-remote", daemon=True).start()
        return RemoteGeneration(call)

    def close(self) -> None:
        """Hang up on everything that runs."""
        with self._mutex:
            self._closed = True
            calls = list(self._running)
        for call in calls:
            call.hangup.now()

    # --- what the server tells ---

    def _known(self) -> Facts | None:
        """The facts, asked for once; while the server is down, not at every call."""
        if self._facts is None and time.monotonic() >= self._ask_again_at:
            try:
                return self.check()
            except PosterchatError:
                self._ask_again_at = time.monotonic() + _ASK_AGAIN_S
        return self._facts

    def _count(self, texts: list[dict[str, str]]) -> int:
        """Servers are asked only about prompts that might not fit: it costs a request."""
        most = most_tokens(texts)
        if 2 * most <= self.context_tokens:
            return most
        facts = self._known()
        try:
            exact = count(self._connection, facts, texts) if facts else None
        except PosterchatError:
            exact = None
        return most if exact is None else exact

    # --- the thread of a generation ---

    def _run(self, call: _Call) -> None:
        end: BaseException | None = None
        try:
            self._write(call)
        except PosterchatError as error:
            end = None if call.hangup.asked.is_set() else error
        except Exception as error:  # a server can send anything
            what = f"sends what is no chat completion ({type(error).__name__})"
            end = self._connection.problem(what, "Check POSTERCHAT_LLM_URL.")
        finally:
            with self._mutex:
                self._running.discard(call)
            call.pieces.put(end)

    def _write(self, call: _Call) -> None:
        facts = self._facts or self.check()
        try:
            self._stream(call, facts.model)
        except ServerUnusable as error:
            told = isinstance(error, Refused) and error.status in (400, 422, 500, 501)
            if self._bare or call.written or not told:
                raise
            self._stream(call, facts.model, bare=True)
            self._bare = True
        if call.thought and not call.written and call.finished == "length" and not self._thinks:
            self._thinks = True  # and from now on it gets room for that
            self._stream(call, facts.model)
        if call.thought and not call.written and call.finished == "length":
            raise self._connection.problem(
                f"spent {THINKING_TOKENS} tokens on thinking and wrote no answer", "Switch thinking off on the server."
            )

    def _stream(self, call: _Call, model: str, *, bare: bool = False) -> None:
        room = max(0, self.context_tokens - call.prompt_tokens - call.max_tokens)
        extra = min(THINKING_TOKENS, room) if self._thinks else 0
        body: dict[str, Any] = {"model": model, "messages": call.texts, "max_tokens": call.max_tokens + extra}
        body |= _GREEDY | ({} if bare or self._bare else _WHERE_UNDERSTOOD)
        thoughts = Thoughts(inside=self._begins_thinking)
        call.finished = ""
        ended = False
        for event in self._connection.events(body, call.hangup):
            self._take_usage(call, event.get("usage"))
            for choice in event.get("choices") or ():
                self._take(call, choice, thoughts)
                ended = ended or bool(call.finished)
            if call.written >= call.max_tokens:
                call.hangup.now()
                return
        if call.hangup.asked.is_set():
            return
        if not ended:
            raise self._connection.broken_off()
        self._put(call, thoughts.end(), 1.0, 1)

    def _take(self, call: _Call, choice: dict[str, Any], thoughts: Thoughts) -> None:
        call.finished = choice.get("finish_reason") or call.finished
        said = choice.get("delta") or choice.get("message") or {}  # a message: the server does not stream
        call.thought = call.thought or bool(said.get("reasoning_content") or said.get("reasoning"))
        text = thoughts.feed(said.get("content") or "")
        call.thought = call.thought or thoughts.found
        if thoughts.stray:
            self._begins_thinking = self._thinks = True
            raise self._connection.problem(
                "writes its thoughts into the answer", "Ask again, or switch thinking off on the server."
            )
        tokens = (choice.get("logprobs") or {}).get("content") or ()
        first = tokens[0].get("logprob") if tokens else None
        self._put(call, text, 1.0 if first is None else math.exp(min(0.0, first)), len(tokens) or 1)

    @staticmethod
    def _put(call: _Call, text: str, probability: float, tokens: int) -> None:
        if text:
            call.written += tokens
            call.pieces.put(Piece(text, probability))

    @staticmethod
    def _take_usage(call: _Call, usage: Any) -> None:
        if isinstance(usage, dict) and isinstance(usage.get("prompt_tokens"), int):
            call.prompt_tokens = usage["prompt_tokens"]
