"""What `posterchat doctor` finds out about the servers that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rag.errors import PosterchatError
from rag.settings import Settings

Row = tuple[Literal["OK", "WARN", "FAIL"], str, str, str]


def servers(settings: Settings) -> Iterator[Row]:
    """State, what, finding and remedy for each server; nothing where there is none."""
    from rag.engines import remote_generator, vector_store
    from rag.index.vectors_server import OnServer

    generator = remote_generator(settings)
    if generator is not None:
        try:
            facts = generator.check()
        except PosterchatError as error:
            yield "FAIL", "language model", str(error), error.hint
        else:
            window = f"{generator.context_tokens:,} tokens of context"
            told = "" if facts.context_tokens else " (the server does not tell: set context_tokens if it has less)"
            kind = "an OpenAI-compatible server" if facts.kind == "other" else facts.kind
            yield "OK", "language model", f"{generator.name} answers ({kind}), {window}{told}", ""
            if generator.leaves_machine:
                yield "WARN", "language model", "questions and abstracts are sent to another machine", ""
    store = vector_store(settings)
    if isinstance(store, OnServer):
        try:
            yield "OK", "vectors", f"the Chroma server at {settings.chroma_url} answers (version {store.version()})", ""
        except PosterchatError as error:
            yield "WARN", "vectors", f"{error} Papers are searched by their words meanwhile.", error.hint
