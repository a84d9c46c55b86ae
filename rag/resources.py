"""Files that come with the program: inside an installed wheel, or in the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Path of `prompts`, `models/models.toml` or `sample/...`: the copy inside the package, else the checkout's."""
    for base in (_PACKAGE / "_data", _PACKAGE, _PACKAGE.parent):
        if (base / name).exists():
            return base / name
    return _PACKAGE / "_data" / name
