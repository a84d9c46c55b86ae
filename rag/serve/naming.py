"""Names of collections that are made of titles and file names."""

from __future__ import annotations

import re
import unicodedata


def slug(text: str) -> str:
    """A collection name made of any text: lower-case letters, digits, `.`, `_` and `-`, at most 64."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", folded).strip("-._")[:64].rstrip("-._") or "papers"
