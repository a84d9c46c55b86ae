"""`posterchat serve`: the browser UI and the HTTP API in one process."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from rag.errors import UsageError
from rag.serve.api_guard import is_loopback
from rag.serve.cli_common import Cli, CollectionOption, chosen_collection

ALLOW_REMOTE = "POSTERCHAT_ALLOW_REMOTE"


def add_to(app: typer.Typer) -> None:
    """Adds the command `serve`."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="The address to bind; 127.0.0.1 by default.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", min=1, max=65535, help="The port; 7860 by default.")
    ] = None,
    collection: CollectionOption = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
) -> None:
    """Open the chat in the browser.

    Only this machine can reach it, because there is no login. Ctrl-C ends it.
    """
    cli = Cli.of(context)
    settings = cli.settings()
    host, port = (host or settings.host).strip("[]"), port or settings.port
    _check_host(cli, host)
    name = chosen_collection(settings, collection)

    def ready(url: str) -> None:
        cli.say(f"posterchat is at {url}   (Ctrl-C ends it)")
        if not no_browser and _has_screen():
            import webbrowser

            webbrowser.open(url)

    with cli.open_library(settings, purpose="serve") as library:
        from rag.serve.app import serve as run_server

        run_server(library, host=host, port=port, collection=name, ready=ready)


def _check_host(cli: Cli, host: str) -> None:
    if is_loopback(host):
        return
    if os.environ.get(ALLOW_REMOTE) != "1":
        raise UsageError(
            f"{host} can be reached from other machines, and posterchat has no login yet.",
            hint=f"Stay on 127.0.0.1 behind a proxy with a login; or, where you trust everybody, set {ALLOW_REMOTE}=1.",
        )
    cli.warn(f"WARNING: everybody who can reach {host} can use this server: there is no login yet.", style="bold red")


def _has_screen() -> bool:
    """Whether opening a browser makes sense: somebody at a terminal, and on Linux a graphical session (without
    one, `webbrowser` would start a text browser in this very terminal)."""
    if not sys.stdout.isatty():
        return False
    graphical = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return graphical or sys.platform in ("darwin", "win32")
