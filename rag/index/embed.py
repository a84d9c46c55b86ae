"""The embedder: a sentence-transformers model from a local folder. Nothing here touches the network."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelCorrupt, ModelMissing

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 32


class SentenceTransformerEmbedder:
    """Implements `rag.types.Embedder` for a folder in the layout of sentence-transformers, safetensors only.

    `name` is the model's name with its revision and becomes part of the index fingerprint. Runs on a GPU when torch
    finds one. Safe to share between threads: they take turns. The constructor takes seconds (it imports torch).
    Raises ModelMissing when the folder holds no model, ModelCorrupt when it cannot be loaded.
    """

    def __init__(self, path: Path, name: str) -> None:
        if not (path / "modules.json").is_file():
            raise ModelMissing(
                f"The embedding model {name} is not in {path}.", hint="Fetch it with `posterchat models pull`."
            )
        self._name = name
        self._lock = threading.Lock()
        self._model = _load(path, name)
        self._dimension = int(self._model.get_embedding_dimension() or 0)
        self._max_tokens = int(self._model.max_seq_length or 512)

    @property
    def name(self) -> str:
        """The name given to the constructor."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def max_tokens(self) -> int:
        """Word pieces that one text may have, special tokens included; longer texts are cut by the model."""
        return self._max_tokens

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, special tokens included, uncut."""
        with self._lock:
            return len(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def embed(self, texts: list[str]) -> Any:
        """Array (len(texts), dimension), float32, rows of length 1, in the order of `texts`."""
        import numpy as np

        if not texts:
            return np.zeros((0, self._dimension), dtype=np.float32)
        with self._lock:  # the tokeniser keeps state while it works
            vectors = self._model.encode(
                texts, batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True, normalize_embeddings=True
            )
        return np.asarray(vectors, dtype=np.float32)


def _load(path: Path, name: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    bars = logging.is_progress_bar_enabled()
    # "Loading weights" would be printed into the user's answer.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(
            str(path), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )
    except Exception as exc:  # whatever a damaged file makes of the loaders: json, safetensors, torch, OSError
        raise ModelCorrupt(
            f"The embedding model {name} in {path} cannot be loaded: {exc}.",
            hint="Check it with `posterchat models verify` and fetch it again with `posterchat models pull`.",
        ) from exc
    finally:
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
