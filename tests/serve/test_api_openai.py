"""OpenAI's endpoints with the real `openai` client, and our own description with schemathesis."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_world import ApiLibrary
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openai import APIError, NotFoundError, OpenAI, RateLimitError, UnprocessableEntityError
from serving import Site, served

WITHOUT_INPUT = ("/health", "/metrics", "/api/collections", "/v1/models")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ApiLibrary(tmp_path_factory.mktemp("openai")) as library, served(library) as running:
        yield running


@pytest.fixture
def client(site: Site) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{site.url}/v1", api_key="none", max_retries=0, timeout=30) as client:
        yield client


def user(text: str) -> Any:
    return {"role": "user", "content": text}


def test_collections_are_models(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["made-up", "small"]


def test_a_completion_has_the_answer_and_its_citations(client: OpenAI) -> None:
    reply = client.chat.completions.create(model="made-up", messages=[user("Do maps fade?")], temperature=0.3)
    text = reply.choices[0].message.content or ""
    assert "[1]" in text.split("\n\n")[0]
    assert text.endswith("[1] Lanternfish: Keeping Small Maps Bright — Ada Quill, Bo Marsh")
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage is not None and reply.usage.total_tokens == 0
    answer = reply.posterchat  # type: ignore[attr-defined]
    assert answer["answer"] == text.split("\n\n")[0]
    assert answer["citations"][0]["title"].startswith("Lanternfish")
    assert answer["sentences"][0]["quotes"]
    assert answer["coverage"]["read"] == 5


@pytest.mark.parametrize("question", ["list boats and maps", "drop: do maps fade?", "refuse this"])
def test_a_stream_gives_the_same_text(client: OpenAI, question: str) -> None:
    whole = client.chat.completions.create(model="made-up", messages=[user(question)])
    chunks = list(
        client.chat.completions.create(
            model="made-up", messages=[user(question)], stream=True, stream_options={"include_usage": True}
        )
    )
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == whole.choices[0].message.content
    assert "This sentence is withdrawn" not in "".join(texts)
    assert chunks[-1].usage is not None and chunks[-1].choices == []
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].posterchat["answer"] == whole.posterchat["answer"]  # type: ignore[attr-defined]


def test_earlier_user_messages_are_the_history(site: Site, client: OpenAI) -> None:
    parts: Any = {"role": "user", "content": [{"type": "text", "text": "And"}, {"type": "text", "text": "boats?"}]}
    messages = [
        {"role": "system", "content": "Be brief."}, user("Maps?"), {"role": "assistant", "content": "Yes [1]."}, parts,
    ]  # fmt: skip
    client.chat.completions.create(model="small", messages=messages)  # type: ignore[arg-type]
    question, history = site.library.scripted["small"].asked[-1]
    assert (question, [turn.question for turn in history]) == ("And\nboats?", ["Maps?"])


def test_errors_are_those_that_the_client_knows(client: OpenAI) -> None:
    create = client.chat.completions.create
    with pytest.raises(NotFoundError, match="no collection of that name"):
        create(model="nope", messages=[user("x")])
    with pytest.raises(RateLimitError, match="Too many questions"):
        create(model="made-up", messages=[user("overloaded")])
    for bad in ([{"role": "system", "content": "x"}], [user("x" * 2001)], [user(" ")], []):
        with pytest.raises(UnprocessableEntityError):
            create(model="made-up", messages=bad)
    with pytest.raises(APIError, match="The language model failed"):
        list(create(model="made-up", messages=[user("break")], stream=True))


def test_the_server_keeps_what_its_description_says(site: Site) -> None:
    """Every operation, with made-up good and bad requests: no 500, and only replies that the description has."""
    warnings.simplefilter("ignore")
    import schemathesis

    schema = schemathesis.openapi.from_url(f"{site.url}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == 8
    seen: set[int] = set()
    for operation in operations:
        run(operation, schemathesis.GenerationMode.POSITIVE, seen)
        if operation.path not in WITHOUT_INPUT:
            run(operation, schemathesis.GenerationMode.NEGATIVE, seen)
    assert {200, 404, 422} <= seen


def run(operation: Any, mode: Any, seen: set[int]) -> None:
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(
        max_examples=15, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), derandomize=True,
    )  # fmt: skip
    @given(st.data())
    def check(data: Any) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        # That there is a question among the messages is nothing that a schema can say.
        spared = [positive_data_acceptance] if operation.path == "/v1/chat/completions" else []
        seen.add(case.call_and_validate(timeout=20, excluded_checks=spared).status_code)

    check()


@pytest.mark.real
def test_real_models_answer_over_http(tmp_path: Path, models_dir: Path) -> None:
    from made_up_library import PAPERS, write_papers

    from rag.ingest.read import read_papers
    from rag.settings import Settings
    from rag.wiring import Library

    chosen = Settings(data_dir=tmp_path / "data", models_dir=models_dir, collection="ponds")
    with Library(chosen, purpose="test") as library:
        library.index(read_papers(write_papers(tmp_path / "ponds.jsonl")), "ponds")
        with served(library) as site, OpenAI(base_url=f"{site.url}/v1", api_key="none", timeout=120) as client:
            reply = client.chat.completions.create(
                model="ponds", messages=[user("For how many ponds is the count of herons right?")]
            )
    assert "93" in (reply.choices[0].message.content or "")
    assert reply.posterchat["citations"][0]["title"] == PAPERS[0]["title"]  # type: ignore[attr-defined]
    assert reply.usage is not None and reply.usage.prompt_tokens > 50
