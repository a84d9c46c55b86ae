"""Which embedder runs: ONNX Runtime where its vectors were found equal to sentence-transformers' once, else that.

The graph for ONNX Runtime is made at the first use of a model, compared with the reference on a few texts, and kept
only if it agrees. The file's name holds the model, the version of the graph and a hash of the file: a damaged or
foreign one is not taken and is made again. Being there is the proof that the comparison was made.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from contextlib import suppress
from pathlib import Path

from rag.errors import ModelMissing
from rag.index.embed import SentenceTransformerEmbedder
from rag.index.embed_graph import GRAPH_VERSION, sentence_graph
from rag.index.embed_onnx import OnnxEmbedder
from rag.index.files import write_atomic
from rag.types import Embedder

LEAST_COSINE = 0.9999
_SAMPLES = (
    "",
    "which of these papers are about clocks?",
    "Ünïcode, 中文字符, Ελληνικά, emoji 🙂 and a [SEP] in the middle",
    "A sentence of ordinary length, with the numbers 3.5 and 1,200, as abstracts have them.",
    "Sand runs through glass, water through wood, and both tell the time of day to those who look. " * 4,
    "Longer than the model reads: what comes late is cut, in the same place by both. " * 40,
)

log = logging.getLogger(__name__)


def open_embedder(path: Path, name: str, *, cache: Path, threads: int) -> Embedder:
    """The quick embedder for the model in `path`, or sentence-transformers' where that cannot be had (the log says
    why). `cache` is the directory for the graph. Takes 0.3 s; seconds when the graph has to be made.

    Raises ModelMissing when the folder holds no model, ModelCorrupt when it cannot be loaded.
    """
    try:
        kept = kept_graph(cache, name)
        if kept is not None:
            return OnnxEmbedder(path, name, kept.read_bytes(), threads=threads)
    except ModelMissing:
        raise
    except Exception as error:  # any library, any damage: there is another way
        log.info("the embedder %s does not run in ONNX Runtime: %s", name, error)
        return SentenceTransformerEmbedder(path, name)
    return _made(path, name, cache, threads)


def _made(path: Path, name: str, cache: Path, threads: int) -> Embedder:
    reference = SentenceTransformerEmbedder(path, name)
    try:
        graph = sentence_graph(path)
        quick = OnnxEmbedder(path, name, graph, threads=threads)
        cosine = agreement(quick, reference)
    except Exception as error:  # another kind of model, or a library that is not there
        log.info("the embedder %s stays with sentence-transformers: %s", name, error)
        return reference
    if cosine < LEAST_COSINE:
        log.info("the embedder %s stays with sentence-transformers: cosine %.6f", name, cosine)
        return reference
    _keep(cache, name, graph)
    return quick


def agreement(one: Embedder, other: Embedder) -> float:
    """The least cosine between the vectors of both for a few texts of all kinds; 0 when they count word pieces
    differently or have vectors or limits of another size."""
    texts = list(_SAMPLES)
    shapes = [(each.dimension, each.max_tokens, [each.count_tokens(text) for text in texts]) for each in (one, other)]
    if shapes[0] != shapes[1]:
        return 0.0
    return float((one.embed(texts) * other.embed(texts)).sum(axis=1).min())


def kept_graph(cache: Path, name: str) -> Path | None:
    """The graph of this model that was found to agree with the reference, None when there is none."""
    for path in cache.glob(f"{_stem(name)}-*.onnx"):
        with suppress(OSError):
            if path.name == _file_name(name, path.read_bytes()):
                return path
    return None


def _keep(cache: Path, name: str, graph: bytes) -> None:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for other in cache.glob(f"{_model(name)}-*.onnx"):
            other.unlink()
        write_atomic(cache / _file_name(name, graph), graph)
    except OSError as error:
        log.info("the graph of the embedder cannot be kept in %s: %s", cache, error)


def _model(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._" else "-" for letter in name)


def _stem(name: str) -> str:
    return f"{_model(name)}-g{GRAPH_VERSION}"


def _file_name(name: str, graph: bytes) -> str:
    return f"{_stem(name)}-{hashlib.sha256(graph).hexdigest()[:16]}.onnx"


def gpu_at_hand() -> bool:
    """Whether this machine seems to have a GPU that torch may use; quick, because it does not ask torch."""
    if sys.platform == "darwin":
        return False
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/kfd").exists()
