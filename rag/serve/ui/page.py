"""The Gradio shell of the chat page: components, what they call, and nothing that decides about answers.

Gradio is imported here only, when the page is built. One component shows the finished turns, one the turn being
written, and the same for their evidence, so that a growing conversation is not sent again with every word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rag.serve.ui import adding_views, cards, render, views
from rag.serve.ui.acts import Acts
from rag.serve.ui.adding import Adding
from rag.serve.ui.adding_routes import add_adding
from rag.serve.ui.chat import LONGEST_QUESTION, Chat
from rag.serve.ui.client_api import ask_for_clients
from rag.serve.ui.routes import add_views
from rag.serve.ui.turn import ShownTurn

if TYPE_CHECKING:
    from fastapi import FastAPI

HERE = Path(__file__).resolve().parent
# The last one has the rules for narrow screens.
STYLES = ("head.css", "chat.css", "answer.css", "evidence.css", "topics.css", "views.css", "forms.css", "base.css")
SCRIPTS = ("page.js", "control.js", "acts.js", "scope.js", "views.js", "map.js", "add.js")
# The conversation is kept in the browser under this name. Gradio scrambles it with the second value, which is no
# secret: a fixed one, so that it can still be read when the server was started anew.
KEPT_AS, SCRAMBLED_WITH = "posterchat-conversation", "posterchat"
# One thread a running answer; more are turned away by the library's own queue, which says how many wait.
ANSWERS_AT_ONCE = 24
QUEUE = 32
TABS_KEPT = 200
# Nothing from elsewhere, ever. Gradio needs inline scripts, styles and `Function`; attributes with scripts
# (`onerror=...`) stay forbidden, so that a hole in our escaping would still run nothing.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def mount(app: FastAPI, chat: Chat, *, may_add: bool = False) -> Callable[[], None]:
    """Put the page at `/` of a web application; `may_add` lets it add papers to the library. Returns what ends its open
    connections when the server stops."""
    import gradio as gr

    # Gradio makes an event loop wherever it finds none running, and never closes it: give it one for the while.
    with asyncio.Runner() as runner:
        return runner.run(_mount(gr, app, chat, Adding(chat.library) if may_add else None))


async def _mount(gr: Any, app: FastAPI, chat: Chat, adding: Adding | None) -> Callable[[], None]:
    add_views(app, chat.browse, device=chat.device)
    if adding is not None:
        add_adding(app, adding)
    blocks = _build(gr, chat, may_add=adding is not None)
    blocks.queue(max_size=QUEUE)
    blocks.state_session_capacity = TABS_KEPT
    with blocks:
        gr.api(ask_for_clients(chat), api_name="answer", concurrency_id="answers", concurrency_limit=ANSWERS_AT_ONCE)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        show_error=False,
        max_file_size="1kb",
        allowed_paths=[],
        theme=_theme(gr),
        head=_head(),
        app_kwargs={"openapi_url": None},
    )
    mounted: Any = app.routes[-1]

    def close() -> None:
        # The event is the server's, and close is called from other threads and from signal handlers too.
        loop: asyncio.AbstractEventLoop | None = getattr(app.state, "loop", None)
        if loop is not None:
            loop.call_soon_threadsafe(mounted.app.stop_event.set)
        if adding is not None:
            adding.close()

    return close


@cache
def _head() -> str:
    style = "".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
    script = "".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    icon = quote((HERE / "icon.svg").read_text(encoding="utf-8"))
    link = f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml,{icon}">'
    return f"{link}<style>{style}</style><script>{script}</script>"


def _theme(gr: Any) -> Any:
    """Gradio's base theme with system fonts (nothing to load) and our two backgrounds."""
    return gr.themes.Base(
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"],
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    ).set(body_background_fill="#faf9f7", body_background_fill_dark="#17191c")


def _build(gr: Any, chat: Chat, *, may_add: bool) -> Any:
    """All components and their events."""
    start = chat.collection
    plain = {"apply_default_css": False, "js_on_load": None}
    with gr.Blocks(title="posterchat", analytics_enabled=False, fill_width=True) as blocks:
        parts: dict[str, Any] = {
            "turns": gr.State(()),
            "saved": gr.BrowserState({}, storage_key=KEPT_AS, secret=SCRAMBLED_WITH),
        }
        controls: dict[str, Any] = {name: gr.Textbox("", visible=False) for name in ("again", "limit", "wish")}
        with gr.Row(elem_id="pc-top"):
            parts["header"] = gr.HTML(chat.header(start), elem_id="pc-head", **plain)
            gr.HTML(render.navigation(), elem_id="pc-nav", **plain)
            parts["chosen"] = _collections(gr, list(chat.infos) or [start], start)
            controls["fresh"] = gr.Button("New chat", elem_id="pc-new", scale=0)
        with gr.Row(elem_id="pc-main"):
            with gr.Column(elem_id="pc-left"):
                with gr.Column(elem_id="pc-chat"):
                    parts["past"] = gr.HTML("", elem_id="pc-past", **plain)
                    parts["current"] = gr.HTML(chat.welcome(start), elem_id="pc-current", **plain)
                parts["status"] = gr.HTML(render.status(None), elem_id="pc-status", **plain)
                gr.HTML(render.editing(), elem_id="pc-notes", **plain)
                gr.HTML(render.filter_bar(), elem_id="pc-scope", **plain)
                with gr.Row(elem_id="pc-ask"):
                    parts["question"] = _question(gr)
                    controls["send"] = gr.Button("Send", variant="primary", elem_id="pc-send", scale=0)
                    controls["stop"] = gr.Button("Stop", variant="stop", elem_id="pc-stop", scale=0)
                gr.HTML(render.legend(), elem_id="pc-legend", **plain)
            with gr.Column(elem_id="pc-evidence"):
                gr.HTML("<h2>Evidence</h2>", elem_id="pc-evidence-head", **plain)
                with gr.Column(elem_id="pc-cards"):
                    parts["earlier"] = gr.HTML("", elem_id="pc-cards-earlier", **plain)
                    parts["evidence"] = gr.HTML(cards.evidence(None), elem_id="pc-cards-newest", **plain)
        gr.HTML(views.shell() + adding_views.shell(may_add), elem_id="pc-views", **plain)
        # Pressed by page code, which has no other way to call a function of Gradio's.
        for name in ("act", "draft"):
            controls[name] = gr.Button(name, elem_id=f"pc-{name}", elem_classes="pc-unseen")
        parts["reply"] = gr.HTML("", elem_id="pc-reply", elem_classes="pc-unseen", **plain)
        _connect(gr, chat, blocks, parts, controls)
    return blocks


def _collections(gr: Any, names: list[str], start: str) -> Any:
    return gr.Dropdown(
        names,
        value=start,
        label="Collection",
        filterable=False,
        elem_id="pc-collection",
        visible=len(names) > 1,
        scale=0,
    )


def _question(gr: Any) -> Any:
    return gr.Textbox(
        label="Your question",
        placeholder="Ask about the papers",
        lines=1,
        max_lines=6,
        max_length=LONGEST_QUESTION,
        autofocus=True,
        elem_id="pc-question",
        scale=1,
    )


def _connect(gr: Any, chat: Chat, blocks: Any, parts: dict[str, Any], controls: dict[str, Any]) -> None:
    """Give every control its function."""
    functions = _functions(gr, chat, parts)
    light = {
        "concurrency_id": "light",
        "concurrency_limit": QUEUE,
        "api_visibility": "private",
        "show_progress": "hidden",
    }
    everything = list(parts.values())
    asked, said = [parts["turns"], parts["chosen"]], "window.posterchat"
    gr.on(
        [controls["send"].click, parts["question"].submit],
        functions["ask"],
        [parts["question"], controls["again"], controls["limit"], *asked],
        everything,
        js=f"(question, again, limit, ...rest) => [question, {said}.again(), {said}.limit(), ...rest]",
        concurrency_id="answers",
        concurrency_limit=ANSWERS_AT_ONCE,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="once",
    )
    controls["stop"].click(functions["end"], None, None, **light)
    controls["fresh"].click(functions["clear"], parts["chosen"], everything, **light)
    parts["chosen"].input(functions["change"], parts["chosen"], everything, **light)
    wished = f"(wish, ...rest) => [{said}.wished(), ...rest]"
    controls["act"].click(functions["act"], [controls["wish"], *asked], everything, js=wished, **light)
    drafted = f"(question, limit, ...rest) => [question, {said}.limit(), ...rest]"
    draft = [parts["question"], controls["limit"], *asked]
    controls["draft"].click(functions["draft"], draft, None, js=drafted, trigger_mode="always_last", **light)
    # A link to a question begins a new chat, so that the question stands by itself.
    loaded = f"(stored, wanted) => [{said}.linked() ? null : stored, {said}.collectionWanted()]"
    blocks.load(functions["restore"], [parts["saved"], controls["wish"]], everything, js=loaded, **light)


def _functions(gr: Any, chat: Chat, parts: dict[str, Any]) -> dict[str, Any]:
    """What the controls call. `gr.Request` as annotation is how Gradio knows where to put the request."""
    acts = Acts(chat)

    def components(update: dict[str, Any]) -> dict[Any, Any]:
        made = {parts[name]: value for name, value in update.items()}
        return made or {parts["status"]: gr.skip()}  # Gradio takes no empty dictionary

    def ask(
        question: str, again: str | None, limit: str, turns: tuple[ShownTurn, ...], collection: str, request: Any
    ) -> Iterator[dict[Any, Any]]:
        number = int(again) if again else None
        tab = request.session_hash
        for update in chat.answer(question, turns, collection, tab, again=number, limit=limit or ""):
            yield components(update)

    def end(request: Any) -> None:
        chat.running.stop(request.session_hash)

    def clear(collection: str, request: Any) -> dict[Any, Any]:
        return components(chat.new_chat(collection, request.session_hash))

    def change(collection: str, request: Any) -> dict[Any, Any]:
        return components(chat.choose(collection, request.session_hash))

    def act(wish: str, turns: tuple[ShownTurn, ...], collection: str, request: Any) -> dict[Any, Any]:
        return components(acts.do(wish, turns, collection, request.session_hash))

    def draft(question: str, limit: str, turns: tuple[ShownTurn, ...], collection: str, request: Any) -> None:
        if not chat.running.busy(request.session_hash):
            chat.draft(question, turns, collection, limit or "")

    def restore(stored: Any, wanted: str, request: Any) -> dict[Any, Any]:
        update = chat.restore(stored, request.session_hash, wanted or "")
        names = list(chat.infos)  # collections may have come since the page was built
        value = update.get("chosen", chat.collection)
        return components(update | {"chosen": gr.update(choices=names or [value], value=value, visible=len(names) > 1)})

    found = {"ask": ask, "end": end, "clear": clear, "change": change, "act": act, "draft": draft, "restore": restore}
    for function in found.values():
        function.__annotations__["request"] = gr.Request
    return found
