"""What a model server tells about itself, each kind in its own way; all of it is optional but the list of models."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from rag.errors import ServerUnusable
from rag.llm.remote_http import Connection

Kind = Literal["llama-server", "vLLM", "llama-cpp-python", "Ollama", "other"]

_PIECES_BETWEEN = 16  # tokens that a chat template puts around two messages, where only texts can be counted


@dataclass(frozen=True, slots=True)
class Facts:
    """The model to ask for, the kind of server, and the model's context in tokens where it is told."""

    model: str
    kind: Kind
    context_tokens: int | None


def discover(connection: Connection) -> Facts:
    """Ask a server what it is. Raises ServerUnusable when it is not there, or has several models and none is named."""
    address = connection.address
    listed = connection.get(f"{address.base}/models")
    rows = listed.get("data") if isinstance(listed, dict) else None
    models = [row for row in rows or () if isinstance(row, dict) and isinstance(row.get("id"), str)]
    names = [row["id"] for row in models]
    if address.model is None and len(names) != 1:
        there = f"serves {len(names)} models: {', '.join(names[:8])}" if names else "lists no model"
        raise connection.problem(there, "Name one in POSTERCHAT_LLM_MODEL.")
    model = address.model or names[0]
    row = next((row for row in models if row["id"] == model), {})
    kind, told = _kind(connection, row, model)
    return Facts(model, kind, told or _first_int(row, ("max_model_len", "context_length", "context_window")))


def count(connection: Connection, facts: Facts, texts: list[dict[str, str]]) -> int | None:
    """The tokens of chat messages, template included, as the server counts them; None where it cannot."""
    root = connection.address.root
    if facts.kind == "llama-server":
        rendered = connection.post(f"{root}/apply-template", {"messages": texts})
        if isinstance(rendered, dict) and isinstance(rendered.get("prompt"), str):
            body = {"content": rendered["prompt"], "add_special": True, "parse_special": True}
            found = connection.post(f"{root}/tokenize", body)
            return len(found["tokens"]) if isinstance(found, dict) and "tokens" in found else None
    if facts.kind == "vLLM":
        return _count_in(connection.post(f"{root}/tokenize", {"model": facts.model, "messages": texts}))
    if facts.kind == "llama-cpp-python":
        joined = "\n".join(text["content"] for text in texts)
        found_ = _count_in(connection.post(f"{root}/extras/tokenize/count", {"input": joined}))
        return None if found_ is None else found_ + _PIECES_BETWEEN
    return None


def _kind(connection: Connection, row: dict[str, Any], model: str) -> tuple[Kind, int | None]:
    """The kind, and the context that the server really gives a request."""
    root = connection.address.root
    if row.get("owned_by") == "vllm":
        return "vLLM", None
    with suppress(ServerUnusable):
        props = connection.get(f"{root}/props")
        if isinstance(props, dict) and isinstance(props.get("default_generation_settings"), dict):
            return "llama-server", _first_int(props["default_generation_settings"], ("n_ctx",))
    with suppress(ServerUnusable):
        if _count_in(connection.post(f"{root}/extras/tokenize/count", {"input": "a"})) is not None:
            return "llama-cpp-python", None
    with suppress(ServerUnusable):
        loaded = connection.get(f"{root}/api/ps")
        rows = loaded.get("models") if isinstance(loaded, dict) else None
        if isinstance(rows, list):
            one: dict[str, Any] = next((r for r in rows if isinstance(r, dict) and r.get("model") == model), {})
            return "Ollama", _first_int(one, ("context_length",))
    return "other", None


def _count_in(answer: Any) -> int | None:
    return _first_int(answer, ("count",)) if isinstance(answer, dict) else None


def _first_int(row: dict[str, Any], keys: Iterable[str]) -> int | None:
    return next((row[key] for key in keys if isinstance(row.get(key), int)), None)
