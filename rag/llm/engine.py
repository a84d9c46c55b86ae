"""One llama.cpp context: load, tokenise, read, predict. Not thread-safe: `rag/llm/local.py` owns it.

Decoding is greedy. Text that users or papers bring is tokenised without control tokens, so `<|im_end|>` in an
abstract stays text. The state after `[head][paper]` is taken from a saved block where there is one
(`rag/llm/blocks.py`) and saved where there is none; both ways decode the same batches in the same order, and so give
the same text.
"""

from __future__ import annotations

import ctypes
import secrets
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import ModelCorrupt, ModelError
from rag.llm.blocks import BlockStore
from rag.types import Prompt

_READ_AT_ONCE = 512  # tokens
_BYTES = ctypes.POINTER(ctypes.c_uint8)


@cache
def _silence() -> Any:
    """Keep llama.cpp from writing into our terminal. Cached, because the library calls the callback as long as the
    process lives and must never find it freed."""
    import llama_cpp

    callback = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(callback, None)
    return callback


class Engine:
    """A GGUF file in memory. Raises ModelCorrupt or ModelError when it cannot be used."""

    def __init__(
        self,
        path: Path,
        *,
        identity: str,
        context_tokens: int,
        threads: int,
        gpu_layers: int,
        blocks_dir: Path | None,
        blocks_bytes: int,
        aborted: Callable[[], bool],
    ) -> None:
        """`aborted` is asked many times a second while the model computes; when it says yes, `read` fails."""
        import llama_cpp
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        _silence()
        try:
            llm = llama_cpp.Llama(
                model_path=str(path),
                n_ctx=context_tokens,
                n_batch=_READ_AT_ONCE,
                n_ubatch=_READ_AT_ONCE,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=gpu_layers,  # ignored by builds without GPU support
                flash_attn=True,
                logits_all=False,
                verbose=False,
            )
        except (ValueError, RuntimeError) as error:
            raise ModelCorrupt(
                f"{path.name} could not be loaded as a language model: {error}.",
                hint="Run `posterchat models verify`; a model needs about twice its file size of free memory.",
            ) from error
        template = llm.metadata.get("tokenizer.chat_template")
        if not template:
            llm.close()
            raise ModelError(f"{path.name} has no chat template.", hint="Use an instruction-tuned model.")
        self._llm: Any = llm
        self._low: Any = llama_cpp
        self._formatter: Any = Jinja2ChatFormatter(
            template=template, eos_token=self._text_of(llm.token_eos()), bos_token=self._text_of(llm.token_bos())
        )
        self._vocab = llama_cpp.llama_model_get_vocab(llm.model)
        version = f"llama-cpp-python {llama_cpp.__version__}"
        made_with = f"{identity}|{version}|kv f16|flash|ctx {llm.n_ctx()}"
        self._blocks = BlockStore(blocks_dir, made_with, blocks_bytes) if blocks_dir and blocks_bytes else None
        self._abort = llama_cpp.ggml_abort_callback(lambda _: aborted())  # must stay referenced
        llama_cpp.llama_set_abort_callback(llm.ctx, self._abort, None)

    @property
    def context_tokens(self) -> int:
        """Size of the context window."""
        return int(self._llm.n_ctx())

    @property
    def gpu(self) -> bool:
        """Whether this build of llama.cpp can use a GPU."""
        return bool(self._low.llama_supports_gpu_offload())

    def use_threads(self, threads: int) -> None:
        """From now on compute with so many threads."""
        self._low.llama_set_n_threads(self._llm.ctx, threads, threads)

    def close(self) -> None:
        """Free the model."""
        self._llm.close()

    def tokens(self, prompt: Prompt) -> tuple[list[int], list[int]]:
        """Token ids of the stable part (with the head of the chat template) and of the tail. Thread-safe."""
        mark_system, mark_user = (f"\u27e6{secrets.token_hex(8)}\u27e7" for _ in range(2))
        messages = [{"role": "system", "content": mark_system}, {"role": "user", "content": mark_user}]
        rendered: Any = self._formatter(messages=messages)
        if mark_system not in rendered.prompt:  # a template without a system role
            rendered = self._formatter(messages=[{"role": "user", "content": f"{mark_system}\n\n{mark_user}"}])
        try:
            opening, rest = rendered.prompt.split(mark_system)
            between, ending = rest.split(mark_user)
        except ValueError as error:
            raise ModelError(
                "The chat template of this model changes the text of messages.", hint="Use a model of the manifest."
            ) from error
        head = self._tokenize(opening, special=True, bos=not rendered.added_special)
        head += self._tokenize(prompt.system) + self._tokenize(between, special=True)
        return head + self._tokenize(prompt.stable), self._tokenize(prompt.tail) + self._tokenize(ending, special=True)

    def at_hand(self, tokens: list[int]) -> bool:
        """Whether the state after `tokens` need not be read: it is held or kept."""
        return self._held(tokens) or self.kept(tokens)

    def kept(self, tokens: list[int]) -> bool:
        """Whether there is a block of `tokens`, which counts as used. Thread-safe."""
        return self._blocks is not None and self._blocks.use(tokens)

    def hold(self, tokens: list[int]) -> None:
        """Bring the context to exactly `tokens`: kept from the last job, restored, or read and saved."""
        llm = self._llm
        if self._held(tokens):
            llm.n_tokens = len(tokens)  # the next read cuts the rest off
            return
        state = self._blocks.load(tokens) if self._blocks else None
        if state is not None and self._restore(state):
            llm.input_ids[: len(tokens)] = tokens
            llm.n_tokens = len(tokens)
            return
        self.make(tokens)

    def make(self, tokens: list[int], *, spare_s: float = 0.0) -> bool:
        """Read `tokens` from the first one and save the state; see `BlockStore.save` for `spare_s` and the result."""
        self._llm.reset()
        self._llm.eval(tokens)
        return self._blocks is not None and self._blocks.save(tokens, self._state(), spare_s=spare_s)

    def read(self, tokens: list[int]) -> None:
        """Read tokens after those held. Raises RuntimeError when aborted or out of room."""
        self._llm.eval(tokens)

    def reset(self) -> None:
        """Forget what was read, after a failure."""
        self._llm.reset()

    def next_token(self) -> tuple[int, float]:
        """The most probable next token and its probability (softmax at temperature 1)."""
        pointer = self._low.llama_get_logits_ith(self._llm.ctx, -1)
        logits = np.ctypeslib.as_array(pointer, shape=(self._llm.n_vocab(),))
        best = int(logits.argmax())
        return best, float(1.0 / np.exp(logits - logits[best]).sum())

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer."""
        return bool(self._low.llama_vocab_is_eog(self._vocab, token))

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for; control tokens stand for none."""
        buffer = ctypes.create_string_buffer(256)
        size = self._low.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, size)]

    def bare(self, tokens: list[int], count: int) -> tuple[float, float]:
        """Seconds that llama.cpp by itself takes to read `tokens`, and then to write `count` more with its own greedy
        sampler: what our way of doing the same is compared with. Raises RuntimeError when it fails."""
        low, ctx = self._low, self._llm.ctx
        low.llama_memory_clear(low.llama_get_memory(ctx), True)
        sampler = low.llama_sampler_init_greedy()

        def decode(part: list[int]) -> None:
            array = (low.llama_token * len(part))(*part)
            if low.llama_decode(ctx, low.llama_batch_get_one(array, len(part))):
                raise RuntimeError("llama.cpp could not decode")

        try:
            started = time.perf_counter()
            for at in range(0, len(tokens), _READ_AT_ONCE):
                decode(tokens[at : at + _READ_AT_ONCE])
            token = low.llama_sampler_sample(sampler, ctx, -1)
            read = time.perf_counter()
            for _ in range(count):
                decode([token])
                token = low.llama_sampler_sample(sampler, ctx, -1)
            return read - started, time.perf_counter() - read
        finally:
            low.llama_sampler_free(sampler)
            self._llm.reset()

    def _held(self, tokens: list[int]) -> bool:
        held = self._llm.n_tokens >= len(tokens)
        return held and bool(np.array_equal(self._llm.input_ids[: len(tokens)], tokens))

    def _tokenize(self, text: str, *, special: bool = False, bos: bool = False) -> list[int]:
        if not text and not bos:
            return []
        return list(self._llm.tokenize(text.encode(), add_bos=bos, special=special))

    def _text_of(self, token: int) -> str:
        return str(self._llm._model.token_get_text(token)) if token != -1 else ""

    def _state(self) -> npt.NDArray[np.uint8]:
        size = self._low.llama_state_seq_get_size(self._llm.ctx, 0)
        state = np.empty(size, np.uint8)
        got = self._low.llama_state_seq_get_data(self._llm.ctx, state.ctypes.data_as(_BYTES), size, 0)
        return state[:got]

    def _restore(self, state: npt.NDArray[np.uint8]) -> bool:
        data = state.ctypes.data_as(_BYTES)
        return int(self._low.llama_state_seq_set_data(self._llm.ctx, data, state.nbytes, 0)) == state.nbytes
