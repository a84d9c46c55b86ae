"""`posterchat mcp`: search, answers and abstracts as tools for assistants that speak MCP."""

from __future__ import annotations

import typer

from rag.serve.cli.common import Cli, CollectionOption, chosen_collection

EPILOG = """\b
Example:
  posterchat mcp --collection conference
An assistant starts it itself. Its configuration says how, for example:
  {"mcpServers": {"posterchat": {"command": "posterchat", "args": ["mcp"]}}}
"""


def add_to(app: typer.Typer) -> None:
    """Adds the command `mcp`."""
    app.command("mcp", epilog=EPILOG)(mcp)


def mcp(context: typer.Context, collection: CollectionOption = None) -> None:
    """Serve search, answers and abstracts to an assistant, over the Model Context Protocol.

    Speaks on standard input and output, and ends when they are closed. Needs the extra: pip install ".[mcp]".
    """
    cli = Cli.of(context)
    settings = cli.settings()
    name = chosen_collection(settings, collection)
    from rag.serve.mcp_server import serve_mcp

    with cli.open_library(settings, purpose="mcp") as library:
        serve_mcp(library, name)
