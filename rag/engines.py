"""From settings to the engines: where the language model runs, and where the vectors are. Part of the wiring."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from rag.errors import UsageError
from rag.index.embedder import open_embedder
from rag.index.files import write_atomic
from rag.index.vectors import OnDisk, VectorStore
from rag.index.vectors_server import OnServer
from rag.llm.cores import machine_name, remembered_threads, usable_cores
from rag.llm.engine import Engine
from rag.llm.local import LocalGenerator
from rag.llm.registry import LocalModel, Manifest, ModelStore
from rag.llm.remote import RemoteGenerator
from rag.llm.remote_address import Address
from rag.settings import Settings
from rag.types import Embedder, Generator


def vector_store(settings: Settings) -> VectorStore:
    """Where vectors are kept. Contacts nobody. Raises UsageError for an address that cannot be one."""
    return OnDisk() if settings.chroma_url is None else OnServer(settings.chroma_url)


def language_model(settings: Settings, models: ModelStore, prompts: str, blocks_dir: Path | None) -> Generator:
    """The language model, on a server or loaded here. `prompts` is the fingerprint of the texts that saved blocks hold,
    `blocks_dir` where they are, None for no blocks. The caller closes it. Raises ModelMissing or ModelCorrupt."""
    remote = remote_generator(settings)
    if remote is not None:
        return remote
    model = models.resolve(settings.llm)
    return LocalGenerator(
        model.path,
        name=model.name,
        identity=f"{model.identity}|prompts {prompts}",
        context_tokens=settings.context_tokens,
        threads=model_threads(settings),
        gpu_layers=settings.gpu_layers,
        max_waiting=settings.max_waiting,
        blocks_dir=blocks_dir,
        blocks_bytes=settings.kv_cache_mb * 1_000_000,
    )


def this_machine() -> str:
    """What a number of threads was measured on."""
    return machine_name(version("llama-cpp-python"))


def model_threads(settings: Settings) -> int:
    """Threads of the language model: as set, else as `models bench` measured, else all usable cores."""
    return settings.threads or remembered_threads(_threads_file(settings), this_machine()) or usable_cores()


def keep_threads(settings: Settings, threads: int) -> None:
    """Remember what was measured on this machine. Not being able to is no failure."""
    with suppress(OSError):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": this_machine(), "threads": threads}, ensure_ascii=False)
        write_atomic(_threads_file(settings), text + "\n")


def _threads_file(settings: Settings) -> Path:
    return settings.data_dir / "threads.json"


def query_embedder(settings: Settings, models: ModelStore, cache: Path) -> Embedder:
    """The embedding model for questions, on the CPU. Raises ModelMissing or ModelCorrupt."""
    spec = models.manifest.get(settings.embedder)
    threads = settings.threads or usable_cores()
    return open_embedder(models.path(spec.name), spec.identity, cache=cache, threads=threads)


def bare_loop(settings: Settings, model: LocalModel) -> Engine:
    """A model loaded here without a thread and without saved blocks, to measure. The caller closes it."""
    return Engine(
        model.path,
        identity=model.identity,
        context_tokens=settings.context_tokens,
        threads=model_threads(settings),
        gpu_layers=settings.gpu_layers,
        blocks_dir=None,
        blocks_bytes=0,
        aborted=lambda: False,
    )


def model_identity(settings: Settings) -> str:
    """What the language model is, kept with figures: name and hash of the file, or the server's address.

    Raises UnknownModel, ModelMissing or ModelCorrupt."""
    if settings.llm_url is not None:
        return settings.llm_shown
    store = ModelStore(settings.models_path, Manifest.load())
    known = settings.llm in store.manifest.names()
    return store.manifest.get(settings.llm).identity if known else store.resolve(settings.llm).identity


def remote_generator(settings: Settings) -> RemoteGenerator | None:
    """The language model on a server, None when it runs in this process. Contacts nobody. Raises UsageError for an
    address or a key that cannot be one."""
    if settings.llm_url is None:
        return None
    address = Address(settings.llm_url, settings.llm_model, _server_key(settings), read_s=settings.llm_timeout_s)
    context = settings.context_tokens if "context_tokens" in settings.model_fields_set else None
    return RemoteGenerator(address, context_tokens=context, max_waiting=settings.max_waiting)


def _server_key(settings: Settings) -> str:
    if settings.llm_api_key is not None:
        return settings.llm_api_key.get_secret_value().strip()
    if settings.llm_api_key_file is None:
        return ""
    try:
        return settings.llm_api_key_file.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The file {settings.llm_api_key_file} with the key of the model server cannot be read.",
            hint="Correct POSTERCHAT_LLM_API_KEY_FILE or the permissions of the file.",
        ) from error
