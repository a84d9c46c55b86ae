"""`RemoteGenerator` against a made-up server on loopback: what it sends, what it makes of answers, and of trouble."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from rag.errors import Overloaded, PromptTooLong, ServerUnusable, UsageError
from rag.llm.remote import THINKING_TOKENS, RemoteGenerator
from rag.llm.remote_address import Address
from rag.types import Generator, Prompt
from tests.llm.model_server import Reply, World, chunk, fails, hangs, refuses_extras, serving, writes

PROMPT = Prompt("Answer from the text.", "Boats sank after 41 minutes.\n\n", "When did boats sink?")

Serve = Callable[..., World]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(*replies: Reply, port: int = 0, **more: Any) -> World:
            return stack.enter_context(serving(World(list(replies), **more), port))

        yield start


def remote(url: str, *, key: str = "", model: str | None = None, read_s: float = 20.0, **more: Any) -> RemoteGenerator:
    return RemoteGenerator(Address(url, model, key, read_s=read_s, connect_s=1.0, wait_s=0.01), **more)


def text_of(generator: RemoteGenerator, max_tokens: int = 50) -> str:
    return "".join(piece.text for piece in generator.generate(PROMPT, max_tokens=max_tokens))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# --- what is sent and what comes ---


def test_it_is_a_generator_that_streams_greedily(serve: Serve) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 31, "completion_tokens": 2}}
    world = serve(writes(chunk(content="After 41", logprob=-0.5), chunk(content=" minutes.", logprob=0.0), usage))
    generator = remote(world.url)
    assert isinstance(generator, Generator)
    generation = generator.generate(PROMPT, max_tokens=50)
    pieces = [piece for piece in generation if piece.text]
    assert [piece.text for piece in pieces] == ["After 41", " minutes."]
    assert [round(piece.probability, 3) for piece in pieces] == [0.607, 1.0]
    assert (generation.prompt_tokens, generation.answer_tokens) == (31, 2)
    body = world.bodies[0]
    assert (body["model"], body["temperature"], body["max_tokens"], body["stream"]) == ("tiny", 0, 50, True)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == PROMPT.stable + PROMPT.tail
    assert "Authorization" not in world.headers[0]


def test_the_name_says_which_server_answers(serve: Serve) -> None:
    world = serve(writes("Yes"), models=[{"id": "/somewhere/secret/tiny.gguf"}])
    assert remote(world.url).name == f"tiny.gguf at {world.url.removeprefix('http://')}"
    assert remote(world.url, model="big").name.startswith("big at 127.0.0.1:")


def test_a_server_that_does_not_stream_is_read_all_the_same(serve: Serve) -> None:
    whole = {"choices": [{"message": {"role": "assistant", "content": "After 41 minutes."}, "finish_reason": "stop"}]}
    world = serve(lambda handler, body: handler.give(whole))
    assert text_of(remote(world.url)) == "After 41 minutes."


def test_no_more_than_max_tokens_are_taken(serve: Serve) -> None:
    world = serve(writes("a", "b", "c", "d"))
    assert text_of(remote(world.url), max_tokens=2) == "ab"


def test_a_server_that_refuses_what_it_does_not_know_gets_the_plain_request(serve: Serve) -> None:
    world = serve(refuses_extras(writes("Yes")))
    generator = remote(world.url)
    assert text_of(generator) == "Yes"
    assert text_of(generator) == "Yes"
    assert ["logprobs" in body for body in world.bodies] == [True, False, False]


# --- the key ---


def test_the_key_goes_into_the_header_and_nowhere_else(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = serve(writes("Yes"), fails(401, "Incorrect key: sk-made-up-1"), fails(500, "sk-made-up-1 is wrong"))
    generator = remote(world.url, key="sk-made-up-1")
    assert text_of(generator) == "Yes"
    assert world.headers[0]["Authorization"] == "Bearer sk-made-up-1"
    for _ in range(2):
        with pytest.raises(ServerUnusable) as caught:
            text_of(generator)
        assert "sk-made-up-1" not in f"{caught.value} {caught.value.hint}"
    assert "sk-made-up-1" not in caplog.text + repr(generator.address)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_one_is_refused_unsaid(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Address("http://127.0.0.1:1", key=key)
    assert key not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://name:secret@127.0.0.1/v1"])
def test_an_address_that_cannot_be_one_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Address(url)
    assert "secret" not in str(caught.value)


def test_addresses_are_completed() -> None:
    assert Address("http://h:1").base == Address("http://h:1/v1/").base == "http://h:1/v1"
    assert Address("https://h/openai/v1").root == "https://h/openai"


# --- context and counting ---


def test_context_and_exact_counts_come_from_the_server_where_it_tells(serve: Serve) -> None:
    paths = {
        "/props": {"default_generation_settings": {"n_ctx": 300}},
        "/apply-template": {"prompt": "rendered"},
        "/tokenize": lambda body: {"tokens": [7] * 290} if body["content"] == "rendered" else {},
    }
    generator = remote(serve(writes("Yes"), paths=paths).url)
    assert generator.check().kind == "llama-server"
    assert generator.context_tokens == 300
    long = Prompt("s", "word " * 200, "q")
    assert generator.count_tokens(long) == 290
    with pytest.raises(PromptTooLong):
        generator.generate(long, max_tokens=10)
    assert generator.count_tokens(PROMPT) < 100  # short: not worth a request


@pytest.mark.parametrize(
    ("models", "paths", "kind", "context"),
    [
        ([{"id": "m", "owned_by": "vllm", "max_model_len": 4096}], {}, "vLLM", 4096),
        ([{"id": "m"}], {"/extras/tokenize/count": {"count": 1}}, "llama-cpp-python", 2048),
        ([{"id": "m"}], {"/api/ps": {"models": [{"model": "m", "context_length": 1024}]}}, "Ollama", 1024),
        ([{"id": "m"}], {}, "other", 2048),
    ],
)
def test_each_kind_of_server_is_known(serve: Serve, models: Any, paths: Any, kind: str, context: int) -> None:
    generator = remote(serve(writes("Yes"), models=models, paths=paths).url)
    assert (generator.check().kind, generator.context_tokens) == (kind, context)


def test_a_context_that_is_set_never_exceeds_the_servers(serve: Serve) -> None:
    world = serve(writes("Yes"), models=[{"id": "m", "max_model_len": 4096}])
    assert remote(world.url, context_tokens=1000).context_tokens == 1000
    assert remote(world.url, context_tokens=9000).context_tokens == 4096


def test_of_several_models_one_must_be_named(serve: Serve) -> None:
    world = serve(writes("Yes"), models=[{"id": "a"}, {"id": "b"}])
    with pytest.raises(ServerUnusable, match="2 models: a, b"):
        text_of(remote(world.url))
    assert text_of(remote(world.url, model="b")) == "Yes"
    assert world.bodies[0]["model"] == "b"


# --- thinking models ---


@pytest.mark.parametrize(
    "events",
    [
        ("<th", "ink>Is it 40", "? No.</thi", "nk>\n\nAfter 41", " minutes."),
        (chunk(reasoning_content="Is it 40?"), "After 41", " minutes."),
        (chunk(reasoning="Is it 40?"), "After 41 minutes."),
    ],
)
def test_thoughts_are_not_the_answer(serve: Serve, events: Any) -> None:
    assert text_of(remote(serve(writes(*events)).url)) == "After 41 minutes."


def test_what_only_begins_like_a_thought_is_text(serve: Serve) -> None:
    assert text_of(remote(serve(writes("x <", "5 and y <thi")).url)) == "x <5 and y <thi"


def test_a_model_that_thought_all_its_tokens_away_gets_more_once(serve: Serve) -> None:
    world = serve(writes("<think>so long", end="length"), writes("<think>so</think>After 41 minutes."))
    generator = remote(world.url, context_tokens=8192)
    assert text_of(generator) == "After 41 minutes."
    assert [body["max_tokens"] for body in world.bodies] == [50, 50 + THINKING_TOKENS]


def test_a_model_that_only_thinks_is_told(serve: Serve) -> None:
    with pytest.raises(ServerUnusable, match="thinking"):
        text_of(remote(serve(writes("<think>on and on", end="length")).url))


def test_thoughts_that_begin_in_the_prompt_are_known_from_the_second_answer_on(serve: Serve) -> None:
    generator = remote(serve(writes("Is it 40? No.", "</think>", "After 41 minutes.")).url)
    with pytest.raises(ServerUnusable, match="thoughts"):
        text_of(generator)
    assert text_of(generator) == "After 41 minutes."


# --- stopping ---


@pytest.mark.parametrize("already", [(), ("After",)])
def test_closing_hangs_up_even_before_the_first_byte(serve: Serve, already: tuple[str, ...]) -> None:
    world = serve(hangs(*already))
    generation = remote(world.url).generate(PROMPT, max_tokens=50)
    for piece in generation:  # a sign of life at least
        if bool(piece.text) == bool(already) and world.bodies:
            break
    generation.close()
    assert world.hung_up.wait(10)
    assert [piece.text for piece in generation if piece.text] == []


def test_too_many_at_a_time_are_turned_away(serve: Serve) -> None:
    generator = remote(serve(hangs("a")).url, max_waiting=1)
    running = [generator.generate(PROMPT, max_tokens=5) for _ in range(2)]
    with pytest.raises(Overloaded):
        generator.generate(PROMPT, max_tokens=5)
    generator.close()
    for one in running:  # ends, instead of waiting for the server
        assert "".join(piece.text for piece in one) in ("", "a")
    with pytest.raises(ServerUnusable, match="shut down"):
        generator.generate(PROMPT, max_tokens=5)


# --- trouble ---


def test_a_server_that_is_down_is_told_and_found_again(serve: Serve) -> None:
    port = free_port()
    generator = remote(f"http://127.0.0.1:{port}")
    for _ in range(2):
        with pytest.raises(ServerUnusable, match=f"127.0.0.1:{port} cannot be reached") as caught:
            text_of(generator)
        assert "POSTERCHAT_LLM_URL" in caught.value.hint
    serve(writes("Yes"), port=port)
    assert text_of(generator) == "Yes"


def test_a_busy_server_is_asked_again(serve: Serve) -> None:
    world = serve(fails(503, "loading"), fails(429, "busy", Retry_After="0"), writes("Yes"))
    assert text_of(remote(world.url)) == "Yes"
    assert len(world.bodies) == 3


def test_what_was_begun_is_never_asked_again(serve: Serve) -> None:
    world = serve(writes("After", end=None))
    generation = remote(world.url).generate(PROMPT, max_tokens=5)
    seen: list[str] = []
    with pytest.raises(ServerUnusable, match="broke off"):
        for piece in generation:
            seen += [piece.text] if piece.text else []
    assert seen == ["After"]
    assert len(world.bodies) == 1


def test_a_silent_server_is_given_up(serve: Serve) -> None:
    with pytest.raises(ServerUnusable, match="silent"):
        text_of(remote(serve(hangs("After")).url, read_s=0.3))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (fails(404, "no model tiny"), "no model tiny"),
        (fails(500, "out of memory"), "out of memory"),
        (writes({"error": {"message": "slot lost"}}), "slot lost"),
        (writes("[1, 2", {"choices": 5}), "no chat completion"),
        (lambda handler, body: handler.give("hello"), "no chat completion"),
        (writes({"choices": [{"delta": {"content": 7}}]}), "no chat completion"),
    ],
)
def test_what_a_server_answers_wrongly_is_one_sentence(serve: Serve, reply: Reply, told: str) -> None:
    with pytest.raises(ServerUnusable) as caught:
        text_of(remote(serve(reply).url))
    assert told in str(caught.value)
    assert caught.value.hint
