"""The page `/docs`: the API's description as plain HTML, made of its own OpenAPI document. It loads nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; font-size: 1.1rem } h2 b { color: #2563a8 }
pre { overflow-x: auto; padding: .75rem; background: #8881; border-radius: .4rem; font-size: .85rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .5rem; vertical-align: top }
td { border-top: 1px solid #8884 } summary { cursor: pointer }
"""


def docs_page(spec: dict[str, Any]) -> str:
    """The page for an OpenAPI document."""
    operations = "".join(
        _operation(spec, path, method, details)
        for path, methods in spec["paths"].items()
        for method, details in methods.items()
    )
    shapes = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> {escape(shape.get("description", ""))}'
        f"</summary><pre>{escape(json.dumps(shape, indent=2))}</pre></details>"
        for name, shape in sorted(spec.get("components", {}).get("schemas", {}).items())
    )
    title = escape(f"{spec['info']['title']} {spec['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{title}</h1><p>{escape(spec['info'].get('description', ''))}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{operations}<h2>Shapes</h2>{shapes}</body></html>"
    )


def _operation(spec: dict[str, Any], path: str, method: str, details: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p.get('description', ''))}</td></tr>"
        for p in details.get("parameters", ())
    )
    table = f"<table>{rows}</table>" if rows else ""
    body = details.get("requestBody", {}).get("content", {}).get("application/json", {})
    takes = f"<p>Takes {_names(body.get('schema', {}))}.</p>" if body else ""
    gives = "; ".join(
        f"{status}: {escape(', '.join(reply.get('content', {})) or 'nothing')} {_replies(reply)}"
        for status, reply in details.get("responses", {}).items()
    )
    text = "".join(f"<p>{escape(part)}</p>" for part in details.get("description", "").split("\n\n"))
    return f"<h2><b>{method.upper()}</b> <code>{escape(path)}</code></h2>{text}{table}{takes}<p>Replies: {gives}</p>"


def _replies(reply: dict[str, Any]) -> str:
    schemas = [content.get("schema", {}) for content in reply.get("content", {}).values()]
    return " ".join(filter(None, (_names(schema) for schema in schemas)))


def _names(schema: dict[str, Any]) -> str:
    return ", ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in dict.fromkeys(_references(schema)))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
