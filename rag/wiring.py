"""From settings to objects: the only place that names concrete classes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from rag.answer.ahead import all_papers, likely, needs_model
from rag.answer.limited import LimitedAssistants
from rag.answer.pipeline import Assistant
from rag.answer.prompts import Prompts
from rag.answer.records import Records
from rag.answer.router import Router
from rag.answer.support import SupportModel
from rag.engines import bare_loop, language_model, query_embedder, vector_store
from rag.errors import PosterchatError
from rag.index.build import build
from rag.index.collections import Collection, Collections
from rag.index.embed import SentenceTransformerEmbedder
from rag.index.embed_kept import KeptVectors
from rag.index.embedder import gpu_at_hand
from rag.index.lock import DataDirLock
from rag.index.topics import Topic, stored_topics
from rag.index.vectors import Vectors
from rag.llm.ahead import PoliteEmbedder, ReadsAhead
from rag.llm.engine import Engine
from rag.llm.registry import Manifest, ModelStore
from rag.retrieve.evidence import EvidenceFinder
from rag.retrieve.relevance import Relevance, off_topic_questions
from rag.retrieve.search import Searcher
from rag.settings import Settings
from rag.types import CollectionInfo, Embedder, Generator, IndexReport, Paper, Progress, Rejected, Turn

Only = frozenset[str] | None  # the ids of the papers that may be asked; None for all


def collections(settings: Settings) -> Collections:
    """The collections on disk, for looking only: takes no lock and loads no model."""
    return Collections(settings.data_dir, vector_store(settings))


def model_store(settings: Settings) -> ModelStore:
    """The models on disk and the manifest that they are checked against."""
    return ModelStore(settings.models_path, Manifest.load(), allow_unpinned=settings.allow_unpinned)


def embedder_cache(settings: Settings) -> Path:
    """Where the embedder's graph for ONNX Runtime, and vectors that every start needs, are kept."""
    return settings.data_dir / "embedder"


def blocks_dir(settings: Settings) -> Path | None:
    """Where saved KV blocks are; None when they are switched off."""
    return settings.data_dir / "kv" if settings.kv_cache_mb else None


@dataclass(frozen=True, slots=True)
class _Opened:
    folder: Path | None  # the generation
    collection: Collection
    assistant: Assistant


class Library:
    """All that one process needs to index and answer. Holds the data directory's lock until it is closed; with vectors
    on a server, only while it indexes: then many may read, and each goes over to a new generation by itself. Models are
    loaded when they are first needed. Safe to use from several threads."""

    def __init__(self, settings: Settings, *, purpose: str) -> None:
        """`purpose` is the command that holds the directory, shown to whoever meets the lock.

        Raises DataDirBusy when another process holds it, StorageFull when it cannot be written.
        """
        self.settings = settings
        self.models = model_store(settings)
        self.index_store = collections(settings)
        self._building, self._indexing = threading.RLock(), threading.Lock()
        self._loading = threading.Lock()  # of the language model, so that the rest can be loaded meanwhile
        self._ahead: threading.Thread | None = None
        self._served = ""  # the collection whose papers are read while nobody asks
        self._closing = False
        self._embedder: Embedder | None = None
        self._generator: Generator | None = None
        self._relevance: Relevance | None = None
        self._assistants: dict[str, _Opened] = {}
        self._outdated: dict[str, Collection] = {}  # a question may still be answered from them
        self._limited = LimitedAssistants()
        self._lock = DataDirLock(settings.data_dir, purpose)
        self._alone = not self.index_store.vectors.shared
        if self._alone:
            self._lock.__enter__()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the model, close the indexes and let the data directory go."""
        self._closing = True
        if self._ahead is not None:
            self._ahead.join()
        with self._building:
            with self._loading:
                if self._generator is not None:
                    self._generator.close()
                    self._generator = None
            for collection in [*(opened.collection for opened in self._assistants.values()), *self._outdated.values()]:
                collection.close()
            self._assistants.clear()
        if self._alone:
            self._lock.__exit__(None, None, None)

    def collections(self) -> list[CollectionInfo]:
        """All collections, by name."""
        return list(self.index_store.list())

    def papers(self, name: str | None = None) -> list[Paper]:
        """All papers of a collection (default: the configured one), in the order given; loads no model.
        Raises UnknownCollection or IndexCorrupt."""
        with self.index_store.catalogue(name or self.settings.collection) as catalogue:
            return catalogue.papers()

    def topics(self, name: str | None = None) -> list[Topic]:
        """The topics of a collection that were made when it was indexed; loads no model. Raises UnknownCollection or
        IndexCorrupt."""
        with self.index_store.catalogue(name or self.settings.collection) as catalogue:
            return stored_topics(catalogue)

    def vectors(self, name: str | None = None) -> Vectors:
        """The open vectors of a collection. Raises what `assistant` does."""
        name = name or self.settings.collection
        with self._building:
            self.assistant(name)
            return self._assistants[name].collection.vectors

    def embedder(self) -> Embedder:
        """The embedding model, loaded at the first call. Raises ModelMissing or ModelCorrupt."""
        with self._building:
            if self._embedder is None:
                embedder = query_embedder(self.settings, self.models, embedder_cache(self.settings))
                self._embedder = PoliteEmbedder(embedder, self._stepping_aside)
            return self._embedder

    def indexing_embedder(self) -> Embedder:
        """The same model for many texts at once: on a GPU where there is one. Raises as `embedder` does."""
        return self.reference_embedder() if gpu_at_hand() else self.embedder()

    def reference_embedder(self) -> Embedder:
        """The same model in sentence-transformers. Raises as `embedder` does."""
        name = self.settings.embedder
        return SentenceTransformerEmbedder(self.models.path(name), self.models.manifest.get(name).identity)

    def generator(self) -> Generator:
        """The language model, loaded at the first call. Raises ModelMissing or ModelCorrupt."""
        with self._loading:
            if self._generator is None:
                self._generator = self.new_generator(blocks_dir(self.settings))
            return self._generator

    def read_ahead(self, name: str | None = None) -> None:
        """From now on, whenever no question has been asked for some seconds, the language model reads the papers of a
        collection and keeps what it has read; later those of another one that is added to or asked. Not if a setting
        forbids it. Raises ModelMissing or ModelCorrupt."""
        self._served = name or self.settings.collection
        model = self.generator()
        if self.settings.read_ahead and self.settings.kv_cache_mb and isinstance(model, ReadsAhead):
            model.read_ahead(all_papers(self.index_store, self._served, Prompts.load()))

    def prepare(self, draft: str, name: str | None = None, history: Sequence[Turn] = (), *, only: Only = None) -> None:
        """Have the papers read that a question still being typed seems to be about; `history` as in `Assistant.ask`,
        `only` as in `assistant`. Returns after a search, or at once while anything is being loaded or indexed. What
        fails here is told when the question is asked."""
        model = self._generator
        if not self.settings.read_ahead or self._embedder is None or not isinstance(model, ReadsAhead):
            return
        if not self._building.acquire(blocking=False):
            return
        with suppress(PosterchatError):
            try:
                assistant = self.assistant(name, only=only)
            finally:
                self._building.release()
            if self._served not in ("", assistant.info.name):
                self.read_ahead(assistant.info.name)
            model.prepare(likely(assistant, draft, history))

    def _stepping_aside(self) -> AbstractContextManager[None]:
        model = self._generator
        return model.stepping_aside() if isinstance(model, ReadsAhead) else nullcontext()

    def expect(self, question: str, name: str | None = None) -> None:
        """Begin to load the language model in the background if the wording of a question about a collection says
        that it will be needed; the search gets ready meanwhile. What fails here is told when the model is used."""
        if self._ahead is None:
            args = (question, name or self.settings.collection)
            self._ahead = threading.Thread(target=self._load_ahead, args=args, name="load-ahead", daemon=True)
            self._ahead.start()

    def _load_ahead(self, question: str, name: str) -> None:
        with suppress(Exception):
            if needs_model(self.index_store, question, name) and not self._closing:
                self.generator()

    def new_generator(self, blocks_dir: Path | None) -> Generator:
        """The language model once more, with saved blocks of its own or none. The caller closes it."""
        return language_model(self.settings, self.models, Prompts.load().stable_fingerprint, blocks_dir)

    def bare_loop(self) -> Engine:
        """The language model without its thread and without saved blocks, to compare with. The caller closes it."""
        return bare_loop(self.settings, self.models.resolve(self.settings.llm))

    def relevance(self) -> Relevance:
        """The judge of off-topic questions, shared by all collections."""
        with self._building:
            if self._relevance is None:
                embedder = KeptVectors(self.embedder(), embedder_cache(self.settings))
                self._relevance = Relevance(embedder, off_topic_questions())
            return self._relevance

    def loaded(self) -> tuple[bool, bool]:
        """Whether the embedding model and the language model are in memory."""
        return self._embedder is not None, self._generator is not None

    def assistant(self, name: str | None = None, *, only: Only = None) -> Assistant:
        """Who answers about a collection (default: the configured one), or about those papers of it alone whose ids
        are in `only`. Raises UnknownCollection, IndexMismatch, IndexCorrupt, ModelMissing."""
        name = name or self.settings.collection
        with self._building:
            if not self._alone:
                self._leave_outdated(name)
            if name not in self._assistants:
                folder = self.index_store.generation(name)
                self.index_store.info(name)  # an unknown name is told before any model is loaded
                remote = self.settings.llm_url is not None
                model_name = self.generator().name if remote else self.models.resolve(self.settings.llm).name
                collection = self.index_store.open(name, self.embedder())
                finder = EvidenceFinder(collection.catalogue, self.embedder())
                searcher = Searcher(collection.catalogue, collection.vectors, self.embedder(), self.relevance())
                assistant = Assistant(
                    info=collection.info,
                    searcher=searcher,
                    finder=finder,
                    records=Records(collection.catalogue),
                    router=Router.load(),
                    support=SupportModel.load(),
                    generator=self.generator,
                    model_name=model_name,
                    prompts=Prompts.load(),
                    answer_tokens=self.settings.answer_tokens,
                )
                self._assistants[name] = _Opened(folder, collection, assistant)
            found = self._assistants[name].assistant
        return found if only is None else self._limited.of(found, only)

    def _leave_outdated(self, name: str) -> None:
        """Forget an open collection of which another process has made a new generation."""
        opened = self._assistants.get(name)
        if opened is None or self.index_store.generation(name) == opened.folder:
            return
        if name in self._outdated:
            self._outdated.pop(name).close()
        self._outdated[name] = self._assistants.pop(name).collection

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
        # Nobody asks a collection that is only being made: questions about others go on meanwhile.
        with self._indexing, self._building if name in self.index_store.names() else nullcontext():
            if self._alone and name in self._assistants:
                self._assistants.pop(name).collection.close()
            with self._lock:
                report = build(
                    self.index_store,
                    name,
                    items,
                    self.indexing_embedder,
                    sources=[str(source) for source in sources],
                    progress=progress,
                    embedder_name=self.models.manifest.get(self.settings.embedder).identity,
                    rebuild=rebuild,
                )
        if self._served:
            with suppress(PosterchatError):  # the papers are there, even if the model is not
                self.read_ahead(name)
        return report
