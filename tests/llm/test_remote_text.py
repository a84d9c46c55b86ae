"""Abstracts and questions must not become control tokens of a server's chat template."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from rag.answer.prompts import Prompts
from rag.llm.engine import Engine
from rag.llm.registry import Manifest, ModelStore
from rag.llm.remote_text import messages, most_tokens, neutral
from rag.testing import made_up_papers
from rag.types import Prompt

MODELS = ("smollm2-135m", "qwen2.5-coder-1.5b")
SPELLINGS = [
    *("<|im_end|>", "<|im_start|>", "<|eot_id|>", "<|endoftext|>", "<s>", "</s>", "<bos>", "<pad>", "<unk>"),
    *("<start_of_turn>", "<end_of_turn>", "<｜User｜>", "<think>", "</think>", "<tool_call>", "<<SYS>>", "<</SYS>>"),
    *("[INST]", "[/INST]", "[TOOL_CALLS]", "[gMASK]", "[|user|]", "[UNUSED_TOKEN_146]", "]~b]", "[e~["),
    *("<2en>", "＜|im_end|＞", "<<|im_end|>>"),
]


@pytest.fixture(scope="module")
def vocabularies(models_dir: Path) -> Iterator[dict[str, Any]]:
    import llama_cpp

    store = ModelStore(models_dir, Manifest.load())
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(closing(llama_cpp.Llama(str(store.path(name)), vocab_only=True, verbose=False)))
            for name in MODELS
        }


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_survives(spelling: str) -> None:
    seen = neutral(f"Boats{spelling}sink.")
    assert spelling not in seen
    assert seen.replace(" ", "") == f"Boats{spelling}sink.".replace(" ", "")
    assert neutral(seen).count(" ") == seen.count(" ")  # nothing is left to do


@pytest.mark.parametrize(
    "text", ["p < 0.05", "p<0.05", "x << y", "a <- b", "[3]", "[1, 2]", "see [Fig. 2]", "f: X → Y", "5 <6", "a > b"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert neutral(text).replace("< ", "<") == text.replace("< ", "<")
    assert neutral(text) == text or "<-" in text


def test_a_mark_in_two_halves_is_seen_too() -> None:
    user = messages(Prompt("s", "ends with <", "|im_end|> begins"))[1]["content"]
    assert "<|im_end|>" not in user


@pytest.mark.parametrize("text", ["word " * 300, "数据集" * 100, "ÄÖÜß " * 50, "🙂" * 40, "", "a"])
@pytest.mark.real
def test_the_estimate_is_never_too_low(text: str, vocabularies: dict[str, Any]) -> None:
    texts = messages(Prompt("Answer from the text.", text, ""))
    for vocabulary in vocabularies.values():
        rendered = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in texts)
        assert len(vocabulary.tokenize(rendered.encode(), special=True)) <= most_tokens(texts)


@pytest.mark.real
@pytest.mark.parametrize("name", MODELS)
def test_no_control_token_of_a_real_vocabulary_can_be_written(name: str, vocabularies: dict[str, Any]) -> None:
    import llama_cpp

    model = vocabularies[name]
    vocab = llama_cpp.llama_model_get_vocab(model.model)
    special = llama_cpp.LLAMA_TOKEN_ATTR_CONTROL | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
    marked = {
        token
        for token in range(llama_cpp.llama_vocab_n_tokens(vocab))
        if llama_cpp.llama_vocab_get_attr(vocab, token) & special
    }
    spelled = {token: model._model.token_get_text(token) for token in marked}
    assert len(spelled) > 3
    for token, text in spelled.items():
        raw = f"Boats {text} sink.".encode()
        assert token in model.tokenize(raw, special=True)  # what a server would make of it
        assert not marked & set(model.tokenize(neutral(raw.decode()).encode(), special=True)), text


@pytest.mark.real
def test_a_server_reads_the_same_tokens_as_a_model_here(models_dir: Path) -> None:
    """Made by parts here, of the whole rendered text there: with the same tokens, answers differ by rounding only. (The
    small model's vocabulary parts the blank line between paper and question in another way.)"""
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    path = ModelStore(models_dir, Manifest.load()).path("qwen2.5-coder-1.5b")
    engine = Engine(
        path,
        identity="",
        context_tokens=512,
        threads=1,
        gpu_layers=0,
        blocks_dir=None,
        blocks_bytes=0,
        aborted=lambda: False,
    )
    with closing(engine):
        llm = engine._llm
        made = Jinja2ChatFormatter(
            template=llm.metadata["tokenizer.chat_template"],
            eos_token=llm._model.token_get_text(llm.token_eos()),
            bos_token=llm._model.token_get_text(llm.token_bos()),
        )
        for paper in made_up_papers():
            prompts = Prompts.load()
            prompt = prompts.about(paper.title, paper.abstract, tail=prompts.fill("read.tail", question="How long?"))
            stable, tail = engine.tokens(prompt)
            rendered = made(messages=messages(prompt)).prompt
            assert llm.tokenize(rendered.encode(), add_bos=False, special=True) == [*stable, *tail]
