"""The embedder without torch: the same weights through ONNX Runtime. Ready in 0.3 s, a question takes 3 ms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag.errors import ModelMissing
from rag.index.embed_graph import UNUSED

_BATCH = 16  # larger ones are no quicker on CPUs and need more memory
_TYPES = {"F32": "<f4"}


class OnnxEmbedder:
    """Implements `rag.types.Embedder` for a folder in the layout of sentence-transformers and the graph that
    `rag.index.embed_graph` made of it. `threads` is for one call; any number of threads may call at once.

    `name` becomes part of the index fingerprint: the vectors are those of `SentenceTransformerEmbedder` (cosine
    at least .9999, checked when the graph is made), so both have the same name. Raises ModelMissing when the folder
    holds no model, and whatever the libraries raise when it cannot be used: `rag.index.embedder` falls back then.
    """

    def __init__(self, path: Path, name: str, graph: bytes, *, threads: int) -> None:
        if not (path / "modules.json").is_file():
            raise ModelMissing(
                f"The embedding model {name} is not in {path}.", hint="Fetch it with `posterchat models pull`."
            )
        from tokenizers import Tokenizer

        self._name = name
        self._tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        self._tokenizer.no_truncation()  # the file has settings for other uses
        self._tokenizer.no_padding()
        self._max_tokens = int(json.loads((path / "sentence_bert_config.json").read_text())["max_seq_length"])
        self._session = _session(graph, _weights(path / "model.safetensors"), threads)
        self._dimension = int(self._session.get_outputs()[0].shape[1])

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
        """Word pieces that one text may have, special tokens included; longer texts are cut."""
        return self._max_tokens

    def count_tokens(self, text: str) -> int:
        """Word pieces of `text`, special tokens included, uncut."""
        return len(self._tokenizer.encode(text).ids)

    def embed(self, texts: list[str]) -> Any:
        """Array (len(texts), dimension), float32, rows of length 1, in the order of `texts`."""
        import numpy as np

        pieces = [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]
        limit = self._max_tokens
        pieces = [ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]] for ids in pieces]
        order = sorted(range(len(texts)), key=lambda at: -len(pieces[at]))  # little padding
        rows = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for at in range(0, len(order), _BATCH):
            part = order[at : at + _BATCH]
            ids = np.zeros((len(part), len(pieces[part[0]])), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, index in enumerate(part):
                ids[row, : len(pieces[index])] = pieces[index]
                mask[row, : len(pieces[index])] = 1
            rows[part] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return rows


def _session(graph: bytes, weights: dict[str, Any], threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A thread that spins for more work after its own takes the core from the language model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(weight) for weight in weights.values()]
    options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _weights(path: Path) -> dict[str, Any]:
    """The tensors of a safetensors file, mapped, not read. The format: the length of the header (8 bytes), the header
    (JSON: type, shape and place of each tensor), the data (https://github.com/huggingface/safetensors)."""
    import numpy as np

    data = np.memmap(path, dtype=np.uint8, mode="r")
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8:start].tobytes())
    return {
        name: data[start + at["data_offsets"][0] : start + at["data_offsets"][1]]
        .view(_TYPES[at["dtype"]])
        .reshape(at["shape"])
        for name, at in header.items()
        if name != "__metadata__" and not name.startswith(UNUSED) and at["dtype"] in _TYPES
    }
