"""Names of collections: made of titles and file names, and which one is meant when none is named."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

from rag.types import COLLECTION_NAME

if TYPE_CHECKING:
    from rag.settings import Settings

_LAST = "last_collection"


def slug(text: str) -> str:
    """A collection name made of any text: lower-case letters, digits, `.`, `_` and `-`, at most 64."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", folded).strip("-._")[:64].rstrip("-._") or "papers"


def default_collection(settings: Settings) -> str:
    """The collection meant when none is named: the one set by the user, else the one last indexed if it is still
    there, else the default of the settings, which is the sample."""
    if "collection" in settings.model_fields_set:
        return settings.collection
    with suppress(OSError, UnicodeDecodeError):
        name = (settings.data_dir / _LAST).read_text(encoding="utf-8").strip()
        if COLLECTION_NAME.fullmatch(name) and (settings.data_dir / "collections" / name).is_dir():
            return name
    return settings.collection


def remember_collection(settings: Settings, name: str) -> None:
    """Make `name` the collection that is meant when none is named. Not being able to is no failure."""
    with suppress(OSError):
        (settings.data_dir / _LAST).write_text(name + "\n", encoding="utf-8")
