"""The Python API: `open_collection` gives one collection to index, search and ask. Nothing heavy is loaded before it
is needed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rag.errors import PosterchatError
from rag.types import Answer, Done, Event, Hit, IndexReport, Paper, Progress, Turn

if TYPE_CHECKING:
    from rag.wiring import Library


def open_collection(name: str | None = None, *, data_dir: Path | str | None = None, **settings: Any) -> OpenCollection:
    """The collection `name` (default: the one of the settings), whether it has papers yet or not.

    `settings` are those of `docs/settings.md`, such as `llm="path/to/model.gguf"`. Use it in a `with` block, or call
    `close`: while it is open, no other process can use the data directory. Raises UsageError for a setting that cannot
    be used, DataDirBusy when another process holds the directory, StorageFull when it cannot be written.
    """
    from rag.settings import load_settings
    from rag.wiring import Library

    chosen = load_settings(data_dir=data_dir, **settings)
    return OpenCollection(Library(chosen, purpose="Python"), name or chosen.collection)


class OpenCollection:
    """One collection, open. Safe to use from several threads."""

    def __init__(self, library: Library, name: str) -> None:
        self.name = name
        self._library = library

    def __enter__(self) -> OpenCollection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the models and let the data directory go."""
        self._library.close()

    @property
    def papers(self) -> list[Paper]:
        """All papers in the order given. Raises UnknownCollection when nothing is indexed yet."""
        return self._library.papers(self.name)

    def index(
        self, *sources: Path | str, papers: Iterable[Paper] = (), progress: Progress | None = None
    ) -> IndexReport:
        """Add or update the papers of files, and `papers` made in Python; what is here already is not done again.

        Raises InputError when a file cannot be read, ModelMissing, StorageFull.
        """
        from rag.ingest.read import read_papers

        paths = [Path(source) for source in sources]
        items = (item for path in paths for item in read_papers(path))
        both = (*papers, *items) if papers else items
        return self._library.index(both, self.name, sources=paths, progress=progress)

    def search(self, query: str, *, limit: int = 10) -> list[Hit]:
        """The papers nearest to `query`, best first. Raises UnknownCollection, ModelMissing."""
        return list(self._library.assistant(self.name).searcher.search(query, limit=limit).hits)

    def ask(self, question: str, history: Sequence[Turn | str] = ()) -> Answer:
        """The answer to `question`; `history` holds earlier questions, oldest first (`turn` makes one of an answer).

        Raises UnknownCollection, ModelMissing, ModelError.
        """
        for event in self.stream(question, history):
            if isinstance(event, Done):
                return event.answer
        raise PosterchatError("The answer did not come to an end.", hint="Ask again.")

    def stream(
        self, question: str, history: Sequence[Turn | str] = (), *, stop: threading.Event | None = None
    ) -> Iterator[Event]:
        """The events of an answer while it is made; the last is `Done`. Setting `stop` ends it."""
        turns = [Turn(turn) if isinstance(turn, str) else turn for turn in history]
        return self._library.assistant(self.name).ask(question, turns, stop=stop)


def turn(answer: Answer) -> Turn:
    """A finished answer as a turn of the history of the next question."""
    return Turn(answer.question, tuple(citation.paper_id for citation in answer.citations))
