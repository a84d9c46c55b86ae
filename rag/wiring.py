"""From settings to objects: the only place that names concrete classes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from rag.answer.pipeline import Assistant
from rag.answer.prompts import Prompts
from rag.answer.records import Records
from rag.answer.support import SupportModel
from rag.index.build import build
from rag.index.collections import Collection, Collections
from rag.index.embed import SentenceTransformerEmbedder
from rag.index.lock import DataDirLock
from rag.llm.local import LocalGenerator
from rag.llm.registry import Manifest, ModelStore
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.relevance import Relevance, off_topic_questions
from rag.retrieve.search import Searcher
from rag.settings import Settings
from rag.types import CollectionInfo, Embedder, Generator, IndexReport, Paper, Progress, Rejected


def collections(settings: Settings) -> Collections:
    """The collections on disk, for looking only: takes no lock and loads no model."""
    return Collections(settings.data_dir)


def model_store(settings: Settings) -> ModelStore:
    """The models on disk and the manifest that they are checked against."""
    return ModelStore(settings.models_path, Manifest.load())


class Library:
    """All that one process needs to index and answer. Holds the data directory's lock until it is closed;
    models are loaded when they are first needed. Safe to use from several threads."""

    def __init__(self, settings: Settings, *, purpose: str) -> None:
        """`purpose` is the command that holds the directory, shown to whoever meets the lock.

        Raises DataDirBusy when another process holds it, StorageFull when it cannot be written.
        """
        self.settings = settings
        self.models = model_store(settings)
        self.index_store = Collections(settings.data_dir)
        self._building = threading.RLock()
        self._embedder: Embedder | None = None
        self._generator: Generator | None = None
        self._relevance: Relevance | None = None
        self._assistants: dict[str, tuple[Collection, Assistant]] = {}
        self._lock = DataDirLock(settings.data_dir, purpose)
        self._lock.__enter__()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the model, close the indexes and let the data directory go."""
        with self._building:
            if self._generator is not None:
                self._generator.close()
                self._generator = None
            for collection, _ in self._assistants.values():
                collection.close()
            self._assistants.clear()
        self._lock.__exit__(None, None, None)

    def collections(self) -> list[CollectionInfo]:
        """All collections, by name."""
        return list(self.index_store.list())

    def papers(self, name: str | None = None) -> list[Paper]:
        """All papers of a collection (default: the configured one), in the order given; loads no model.
        Raises UnknownCollection or IndexCorrupt."""
        with self.index_store.catalogue(name or self.settings.collection) as catalogue:
            return catalogue.papers()

    def embedder(self) -> Embedder:
        """The embedding model, loaded at the first call. Raises ModelMissing or ModelCorrupt."""
        with self._building:
            if self._embedder is None:
                name = self.settings.embedder
                spec = self.models.manifest.get(name)
                self._embedder = SentenceTransformerEmbedder(self.models.path(name), name=spec.identity)
            return self._embedder

    def generator(self) -> Generator:
        """The language model, loaded at the first call. Raises ModelMissing or ModelCorrupt."""
        with self._building:
            if self._generator is None:
                blocks = self.settings.data_dir / "kv" if self.settings.kv_cache else None
                self._generator = self.new_generator(blocks)
            return self._generator

    def new_generator(self, blocks_dir: Path | None) -> Generator:
        """The language model once more, with saved blocks of its own or none. The caller closes it."""
        model = self.models.resolve(self.settings.llm)
        return LocalGenerator(
            model.path,
            name=model.name,
            identity=model.identity,
            context_tokens=self.settings.context_tokens,
            threads=self.settings.threads,
            gpu_layers=self.settings.gpu_layers,
            max_waiting=self.settings.max_waiting,
            blocks_dir=blocks_dir,
        )

    def relevance(self) -> Relevance:
        """The judge of off-topic questions, shared by all collections."""
        with self._building:
            if self._relevance is None:
                self._relevance = Relevance(self.embedder(), off_topic_questions())
            return self._relevance

    def loaded(self) -> tuple[bool, bool]:
        """Whether the embedding model and the language model are in memory."""
        return self._embedder is not None, self._generator is not None

    def assistant(self, name: str | None = None) -> Assistant:
        """Who answers about a collection (default: the configured one). Raises UnknownCollection, IndexMismatch,
        IndexCorrupt, ModelMissing."""
        name = name or self.settings.collection
        with self._building:
            if name not in self._assistants:
                self.index_store.info(name)  # an unknown name is told before any model is loaded
                model = self.models.resolve(self.settings.llm)
                collection = self.index_store.open(name, self.embedder())
                finder = EvidenceFinder(collection.catalogue, self.embedder())
                searcher = Searcher(collection.catalogue, collection.vectors, self.embedder(), self.relevance())
                assistant = Assistant(
                    info=collection.info,
                    searcher=searcher,
                    finder=finder,
                    records=Records(collection.catalogue),
                    support=SupportModel.load(),
                    generator=self.generator,
                    model_name=model.name,
                    prompts=Prompts.load(),
                    answer_tokens=self.settings.answer_tokens,
                )
                self._assistants[name] = (collection, assistant)
            return self._assistants[name][1]

    def index(
        self,
        items: Iterable[Paper | Rejected],
        name: str | None = None,
        *,
        sources: Sequence[Path | str] = (),
        progress: Progress | None = None,
        rebuild: bool = False,
    ) -> IndexReport:
        """Add or update papers of a collection; a new generation is built aside and switched to at the end. With
        `rebuild` all vectors are made again. Raises what `rag.index.build.build` raises."""
        name = name or self.settings.collection
        with self._building:
            opened = self._assistants.pop(name, None)
            if opened is not None:
                opened[0].close()
            shown = [str(source) for source in sources]
            return build(
                self.index_store,
                name,
                items,
                self.embedder,
                sources=shown,
                progress=progress,
                embedder_name=self.models.manifest.get(self.settings.embedder).identity,
                rebuild=rebuild,
            )
