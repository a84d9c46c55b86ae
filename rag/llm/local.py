"""A GGUF model in this process: one thread owns the context, because llama.cpp crashes when two threads use one.
Everybody else hands it jobs, first come first served, and reads pieces of text from a queue. When there are none, that
thread reads ahead (`rag/llm/ahead.py`)."""

from __future__ import annotations

import codecs
import contextlib
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import ModelError, ModelMissing, Overloaded, PosterchatError, PromptTooLong
from rag.llm.ahead import QUIET_S, SPARE_S, Ahead, Reading
from rag.llm.cores import usable_cores
from rag.llm.engine import Engine
from rag.llm.pieces import Pieces, read_pieces
from rag.types import Piece, Prompt

_LEAST_ANSWER_TOKENS = 32


@dataclass(slots=True, eq=False)
class _Job:
    stable: list[int]
    tail: list[int]
    max_tokens: int
    pieces: Pieces = field(default_factory=queue.SimpleQueue)
    cancel: threading.Event = field(default_factory=threading.Event)
    written: int = 0


class LocalGeneration:
    """A running generation of `LocalGenerator`: see `rag.types.Generation`."""

    def __init__(self, job: _Job, owner: LocalGenerator) -> None:
        self._job = job
        self._owner = owner

    @property
    def prompt_tokens(self) -> int:
        return len(self._job.stable) + len(self._job.tail)

    @property
    def answer_tokens(self) -> int:
        return self._job.written

    @property
    def position(self) -> int:
        return self._owner.position(self._job)

    def __iter__(self) -> Iterator[Piece]:
        return read_pieces(self._job.pieces)

    def close(self) -> None:
        self._job.cancel.set()


class LocalGenerator:
    """A GGUF file, loaded once. See `rag.types.Generator`, `rag.types.KeepsStates` and
    `rag.llm.ahead.ReadsAhead`.

    `identity` names the file's content (its SHA-256 where pinned) and all else that the saved blocks in `blocks_dir`
    depend on; None switches them off, and they have at most `blocks_bytes`. `threads` 0 means all usable cores;
    `quiet_s` is how long no question must have come before reading ahead begins by itself. Raises ModelMissing,
    ModelCorrupt or ModelError when the file cannot be loaded.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        identity: str,
        context_tokens: int = 2048,
        threads: int = 0,
        gpu_layers: int = -1,
        max_waiting: int = 16,
        blocks_dir: Path | None = None,
        blocks_bytes: int = 1_000_000_000,
        quiet_s: float = QUIET_S,
    ) -> None:
        if not path.is_file():
            raise ModelMissing(f"There is no model file at {path}.", hint="Run `posterchat models pull`.")
        self._name = name
        self._max_waiting = max_waiting
        self._jobs: list[_Job] = []
        self._changed = threading.Condition()
        self._closed = False
        self._ahead = Ahead(self._changed, quiet_s)
        self._current = threading.Event()  # the cancel event of the job that runs
        self._engine = Engine(
            path,
            identity=identity,
            context_tokens=context_tokens,
            threads=threads or usable_cores(),
            gpu_layers=gpu_layers,
            blocks_dir=blocks_dir,
            blocks_bytes=blocks_bytes,
            aborted=lambda: self._current.is_set() or self._ahead.stopped(),
        )
        self._thread = threading.Thread(target=self._serve, name="llm", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        return self._name

    @property
    def context_tokens(self) -> int:
        return self._engine.context_tokens

    @property
    def device(self) -> str:
        """`GPU` when this build of llama.cpp can use one, else `CPU`."""
        return "GPU" if self._engine.gpu else "CPU"

    def count_tokens(self, prompt: Prompt) -> int:
        stable, tail = self._tokens(prompt)
        return len(stable) + len(tail)

    def generate(self, prompt: Prompt, *, max_tokens: int) -> LocalGeneration:
        stable, tail = self._tokens(prompt)
        room = self.context_tokens - len(stable) - len(tail)
        if room < _LEAST_ANSWER_TOKENS:
            raise PromptTooLong(
                f"The prompt has {len(stable) + len(tail)} tokens; the model's window is {self.context_tokens}.",
                hint="Ask a shorter question or set POSTERCHAT_CONTEXT_TOKENS higher.",
            )
        job = _Job(stable, tail, min(max_tokens, room))
        with self._changed:
            self._check_open()
            if len(self._jobs) > self._max_waiting:
                raise Overloaded("Too many questions are waiting already.", hint="Try again in a minute.")
            self._jobs.append(job)
            self._ahead.give_way(stable)
        return LocalGeneration(job, self)

    def has_read(self, prompt: Prompt) -> bool:
        return self._engine.kept(self._tokens(prompt)[0])

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        self._ahead.wish([(prompt, self._tokens(prompt)[0]) for prompt in prompts])

    def read_ahead(self, prompts: Iterator[Prompt]) -> None:
        self._ahead.plan(prompts)

    def stepping_aside(self) -> contextlib.AbstractContextManager[None]:
        return self._ahead.stepping_aside()

    def position(self, job: _Job) -> int:
        """How many jobs are served before `job`; 0 when it runs or is over."""
        with self._changed:
            return self._jobs.index(job) if job in self._jobs else 0

    def close(self) -> None:
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.cancel.set()
            self._ahead.give_way()
        self._thread.join(timeout=30)
        with self._changed:
            if not self._thread.is_alive():
                self._engine.close()

    def _tokens(self, prompt: Prompt) -> tuple[list[int], list[int]]:
        with self._changed:  # a model that is freed meanwhile would take the process down
            self._check_open()
            return self._engine.tokens(prompt)

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError("The language model has been shut down.", hint="Start posterchat again.")

    # --- the owner thread ---

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            self._current = work.cancel
            if isinstance(work, Reading):
                self._read_ahead(work)
                continue
            end = self._run(work)
            with self._changed:
                self._jobs.remove(work)
            self._ahead.be_quiet()
            work.pieces.put(end)

    def _next(self) -> _Job | Reading | None:
        """The next question, or something to read ahead when there is none; None when all is over."""
        with self._changed:
            while not self._closed:
                if self._jobs:
                    return self._jobs[0]
                reading, wait_s = self._ahead.begin()
                if reading is not None:
                    return reading
                self._changed.wait(wait_s)
            for job in self._jobs:
                job.pieces.put(None)
            return None

    def _read_ahead(self, reading: Reading) -> None:
        go_on = False
        try:
            if reading.prompt is None and reading.plan is not None:
                reading.prompt = next(reading.plan, None)
            if reading.prompt is not None:
                reading.stable = reading.stable or self._tokens(reading.prompt)[0]
                go_on = self._make_block(reading, reading.stable)
        except Exception:  # told when somebody asks for the same
            self._engine.reset()
            go_on = reading.cancel.is_set()
        finally:
            self._ahead.end(reading, go_on=go_on)

    def _make_block(self, reading: Reading, stable: list[int]) -> bool:
        """Whether there is room for more."""
        if len(stable) + _LEAST_ANSWER_TOKENS > self.context_tokens or self._engine.at_hand(stable):
            return True
        return self._engine.make(stable, spare_s=0.0 if reading.plan is None else SPARE_S)

    def _run(self, job: _Job) -> PosterchatError | None:
        """Do a job; whatever happens to it, the thread lives on. Returns the error that ended it, if one did."""
        try:
            self._write(job)
        except Exception as error:  # RuntimeError: llama_decode failed, or the abort callback stopped it
            self._engine.reset()
            if not job.cancel.is_set():
                return ModelError(
                    f"The language model failed: {error}.", hint="Ask again; restart if it happens again."
                )
        return None

    def _write(self, job: _Job) -> None:
        if job.cancel.is_set():
            return
        self._engine.hold(job.stable)
        self._engine.read(job.tail)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while job.written < job.max_tokens and not job.cancel.is_set():
            token, probability = self._engine.next_token()
            if self._engine.ends(token):
                return
            job.written += 1
            text = decoder.decode(self._engine.piece(token))
            if text:
                job.pieces.put(Piece(text, probability))
            if job.written < job.max_tokens:
                self._engine.read([token])
