"""The MCP server, asked by the official client: in this process over scripted answers, and as the real command."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from api_world import ApiLibrary
from made_up_library import PAPERS, write_papers
from mcp import StdioServerParameters
from mcp.client import Client

import rag
from rag.errors import UsageError
from rag.ingest.read import read_papers
from rag.serve.mcp_server import make_mcp_server
from rag.settings import Settings
from rag.wiring import Library

ROOT = Path(rag.__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiLibrary]:
    """Made-up papers and scripted answers."""
    with ApiLibrary(tmp_path_factory.mktemp("data")) as made:
        yield made


Talk = Callable[[Client], Awaitable[None]]


def talk(server: Any, what: Talk) -> None:
    """One conversation of a real client with `server`."""

    async def run() -> None:
        async with Client(server) as client:
            await what(client)

    anyio.run(run)


def test_the_tools_are_told(library: ApiLibrary) -> None:
    async def look(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search_papers", "ask", "get_paper"}
        for tool in tools.values():
            assert tool.description and tool.output_schema
            assert tool.annotations and tool.annotations.read_only_hint
        assert tools["ask"].input_schema["required"] == ["question"]

    talk(make_mcp_server(library, "made-up"), look)


def test_answers_carry_their_citations(library: ApiLibrary) -> None:
    async def ask(client: Client) -> None:
        result = await client.call_tool("ask", {"question": "Do maps fade?", "history": ["Boats?"]})
        answer = result.structured_content
        assert not result.is_error and answer
        assert "[1]" in answer["answer"] and answer["citations"][0]["title"].startswith("Lanternfish")
        assert answer["sentences"][0]["quotes"]
        refused = (await client.call_tool("ask", {"question": "refuse this"})).structured_content
        assert refused and refused["refused"] and refused["nearest"]

    talk(make_mcp_server(library, "made-up"), ask)
    assert [turn.question for turn in library.scripted["made-up"].asked[0][1]] == ["Boats?"]


def test_a_paper_is_given_by_id_or_title(library: ApiLibrary) -> None:
    async def get(client: Client) -> None:
        by_title = (await client.call_tool("get_paper", {"paper": "lanternfish"})).structured_content
        assert by_title and by_title["abstract"]
        by_id = await client.call_tool("get_paper", {"paper": by_title["id"]})
        assert by_id.structured_content == by_title

    talk(make_mcp_server(library, "made-up"), get)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("get_paper", {"paper": "no such title"}, "There is no paper with the id or title"),
        ("ask", {"question": "overloaded"}, "Too many questions are waiting already. Ask again in a minute."),
        ("ask", {"question": "why?", "collection": "nowhere"}, "nowhere"),
        ("ask", {"question": ""}, "question"),
        ("search_papers", {"query": "fog", "limit": 0}, "limit"),
    ],
)
def test_what_goes_wrong_is_a_message_for_the_model(
    library: ApiLibrary, tool: str, arguments: dict[str, Any], message: str
) -> None:
    async def fail(client: Client) -> None:
        result = await client.call_tool(tool, arguments)
        assert result.is_error and message in result.content[0].text  # type: ignore[union-attr]

    talk(make_mcp_server(library, "made-up"), fail)


def test_the_command_over_stdio(tmp_path: Path) -> None:
    """As an assistant starts it: another process, whose standard output must hold nothing but the protocol."""
    start = (
        "import sys; from pathlib import Path; from api_world import ApiLibrary; from rag.serve.cli.main import main\n"
        "folder = Path(sys.argv[1]); ApiLibrary(folder).close()\n"
        "main(['--data-dir', str(folder), 'mcp', '-c', 'small'], open_library=lambda *_, **__: ApiLibrary(folder))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    server = StdioServerParameters(command=sys.executable, args=["-c", start, str(tmp_path)], env=environment)

    async def work(client: Client) -> None:
        answer = (await client.call_tool("ask", {"question": "Do maps fade?"})).structured_content
        assert answer and answer["collection"] == "small" and "[1]" in answer["answer"]
        paper = await client.call_tool("get_paper", {"paper": answer["citations"][0]["paper_id"]})
        assert paper.structured_content and paper.structured_content["abstract"]

    talk(server, work)


def test_without_the_package_it_is_said_how_to_get_it(library: ApiLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    with pytest.raises(UsageError, match="needs the package mcp") as caught:
        make_mcp_server(library, "made-up")
    assert "pip install 'mcp>=2,<3'" in caught.value.hint


@pytest.mark.real
def test_papers_are_found_by_what_they_are_about(tmp_path: Path, models_dir: Path) -> None:
    async def search(client: Client) -> None:
        result = await client.call_tool("search_papers", {"query": "birds seen from the air", "limit": 2})
        found = result.structured_content
        assert found and found["collection"] == "ponds" and len(found["papers"]) == 2
        assert found["papers"][0]["title"] == PAPERS[0]["title"] and "abstract" not in found["papers"][0]

    with Library(Settings(data_dir=tmp_path, models_dir=models_dir), purpose="test") as library:
        library.index(read_papers(write_papers(tmp_path / "ponds.jsonl")), "ponds")
        talk(make_mcp_server(library, "ponds"), search)
