"""The page asked by the real client of Gradio."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_world import ApiLibrary
from gradio_client import Client
from serving import Site, served


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with ApiLibrary(tmp_path_factory.mktemp("gradio")) as library, served(library) as running:
        yield connected(running)


def connected(site: Site) -> Client:
    return Client(site.url, verbose=False, analytics_enabled=False)


def test_one_question_one_answer_object(client: Client) -> None:
    answer = client.predict("Do maps fade?", "", api_name="/answer")
    assert "[1]" in answer["answer"] and answer["citations"][0]["title"].startswith("Lanternfish")
    assert client.predict("Do maps fade?", "small", api_name="/answer")["collection"] == "small"


@pytest.mark.parametrize(
    ("question", "collection", "message"),
    [
        ("", "", "1 to 2,000 characters"),
        ("x" * 2001, "", "1 to 2,000 characters"),
        ("why?", "nowhere", "no collection of that name"),
        ("overloaded", "", "Too many questions"),
    ],
)
def test_what_goes_wrong_comes_with_a_remedy(client: Client, question: str, collection: str, message: str) -> None:
    error = client.predict(question, collection, api_name="/answer")["error"]
    assert message in error["message"] and error["hint"]


def test_nothing_else_of_the_page_is_offered(client: Client) -> None:
    assert list(client.view_api(print_info=False, return_format="dict")["named_endpoints"]) == ["/answer"]
