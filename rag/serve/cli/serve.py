"""`posterchat serve`: the browser UI and the HTTP API in one process."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import ModelMissing, UsageError
from rag.serve.api.guard import is_loopback
from rag.serve.cli.common import Cli, CollectionOption, chosen_collection
from rag.serve.memory import share_pools

if TYPE_CHECKING:
    from rag.settings import Settings
    from rag.wiring import Library

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

    Only this machine can reach it; an address that others can reach needs a token (POSTERCHAT_TOKEN). Ctrl-C ends it.
    """
    share_pools()
    cli = Cli.of(context)
    settings = cli.settings()
    host, port = (host or settings.host).strip("[]"), port or settings.port
    _check_host(cli, settings, host)
    name = _collection(cli, settings, collection, host)

    def ready(url: str) -> None:
        cli.say(f"posterchat is at {url}   (Ctrl-C ends it)")
        if not no_browser and _has_screen():
            import webbrowser

            webbrowser.open(url)

    def check() -> None:
        _check_models(library)

    with cli.open_library(settings, purpose="serve") as library:
        from rag.serve.app import serve as run_server

        run_server(library, host=host, port=port, collection=name, check=check, ready=ready)


def _collection(cli: Cli, settings: Settings, named: str | None, host: str) -> str | None:
    """The collection to open the page with; None where there is none yet and papers can be added on the page. Raises
    what `chosen_collection` raises."""
    from rag.serve.app import is_own
    from rag.wiring import collections

    if named is None and is_own(settings, host) and not collections(settings).names():
        cli.note("No papers are indexed yet: add the saved page of a session in the browser.")
        return None
    return chosen_collection(settings, named)


def _check_host(cli: Cli, settings: Settings, host: str) -> None:
    """Beyond this machine only with a token, or said loudly. Raises UsageError."""
    if is_loopback(host):
        return
    if settings.token is not None:
        cli.note(f"Everybody who can reach {host} and knows the token can use this server, without encryption.")
        return
    if os.environ.get(ALLOW_REMOTE) != "1":
        raise UsageError(
            f"{host} can be reached from other machines, and no token is set.",
            hint="Set POSTERCHAT_TOKEN to at least 16 letters and digits that nobody can guess; or stay on 127.0.0.1; "
            f"or, where you trust everybody, set {ALLOW_REMOTE}=1.",
        )
    cli.warn(f"WARNING: everybody who can reach {host} can use this server: no token is set.", style="bold red")


def _check_models(library: Library) -> None:
    """Fail before the port is open where it is known already that no question can be answered. Raises ModelMissing."""
    settings, store = library.settings, library.models
    elsewhere = getattr(settings, "llm_url", None)  # a server of its own writes the answers
    for name in (settings.embedder,) if elsewhere else (settings.llm, settings.embedder):
        if name in store.manifest.names() and not store.present(name):
            raise ModelMissing(f"The model {name} is not on this machine.", hint=f"Run: posterchat models pull {name}")


def _has_screen() -> bool:
    """Whether opening a browser makes sense: somebody at a terminal, and on Linux a graphical session (without
    one, `webbrowser` would start a text browser in this very terminal)."""
    if not sys.stdout.isatty():
        return False
    graphical = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return graphical or sys.platform in ("darwin", "win32")
