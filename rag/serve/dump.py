"""JSON as every surface writes it."""

from __future__ import annotations

import json
from typing import Any


def dump_json(value: Any) -> str:
    """JSON on one line; non-ASCII letters as they are, unless one of them is no character (a lone surrogate)."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
