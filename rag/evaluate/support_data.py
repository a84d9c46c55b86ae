"""Claims that people judged against their sources: AttributionBench, WiCE, and abstracts with one-line summaries.

AttributionBench: Li et al. 2024, arXiv 2402.15089. WiCE: Kamoi et al. 2023, arXiv 2303.01432; as in LLM-AggreFact
(Tang et al. 2024, arXiv 2404.10774) a claim supported in part counts as not supported. SciTLDR: Cachola et al. 2020,
arXiv 2004.15011.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.answer.reading import Reading, read
from rag.errors import InputError
from rag.index.files import storage_errors
from rag.text import split_sentences
from rag.types import Embedder, Progress

ATTRIBUTION, WICE = "AttributionBench", "WiCE"
SETS = (ATTRIBUTION, WICE)
# So many sentences of a source, those that share most with the claim, are embedded: documents run to a thousand.
EMBEDDED = 20
_BATCH = 256
_LAYOUT = "The folder holds the files of AttributionBench or WiCE (*.jsonl), itself or in a folder `support`."
_MARKER = re.compile(r"\s*\[\d+\]")
_HEADER = re.compile(r"^\s*(\[\d+\]\s*)?(https?://\S+)?\s*\n")
_LABEL = re.compile(r"^(Title|Text|Section): ")


@dataclass(frozen=True, slots=True)
class Row:
    """One claim with its source. Rows of one `group` (a question, a document) are never split between folds."""

    collection: str
    part: str
    group: str
    claim: str
    sentences: tuple[str, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class Abstract:
    """A paper of SciTLDR: its sentences with the title first, and its one-line summary."""

    sentences: tuple[str, ...]
    summary: str


def read_rows(folder: Path) -> tuple[list[Row], dict[str, str]]:
    """All judged claims below `folder`, and for each file its SHA-256. Raises InputError."""
    place = folder / "support" if (folder / "support").is_dir() else folder
    rows: list[Row] = []
    files: dict[str, str] = {}
    for path in sorted(place.glob("*.jsonl")):
        found = [row for where, data in _lines(path) if (row := _row(where, data))]
        if found:
            rows += found
            files[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    if not rows:
        raise InputError(f"{folder} has no judged claims.", hint=_LAYOUT)
    return rows, files


def read_abstracts(path: Path, count: int, seed: int) -> list[Abstract]:
    """`count` abstracts of a file of SciTLDR, drawn with `seed`; none when there is no such file. Raises InputError."""
    if not path.is_file():
        return []
    found = []
    for where, data in _lines(path):
        try:
            source, target, title = data["source"], data["target"], data["title"]
            abstract = Abstract((title, *(text.strip() for text in source)), target[0].strip())
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise InputError(f"{where}: the row is no paper of SciTLDR.", hint=_LAYOUT) from error
        if 3 <= len(source) <= 20:
            found.append(abstract)
    random.Random(seed).shuffle(found)
    return found[:count]


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="Get the file again.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            data = json.loads(line)
        except ValueError as error:
            raise InputError(f"{where}: the row is not valid JSON.", hint="Get the file again.") from error
        if not isinstance(data, dict):
            raise InputError(f"{where}: the row is no JSON object.", hint="Get the file again.")
        yield where, data


def _row(where: str, data: Mapping[str, Any]) -> Row | None:
    """The row, recognised by its keys; None for rows of another kind."""
    try:
        if "attribution_label" in data:
            source = [s for text in data["references"] or data["webpage_references"] for s in _sentences(text)]
            claim, group = _MARKER.sub("", data["claim"]).strip(), data["question"]
            right = {"attributable": True, "not attributable": False}[data["attribution_label"]]
            return Row(ATTRIBUTION, data["src_dataset"], group, claim, tuple(source), right)
        if "evidence" in data and "supporting_sentences" in data:
            labels = {"supported": True, "partially_supported": False, "not_supported": False}
            source = [text for text in data["evidence"] if text.strip()]
            group, label = data["meta"]["claim_title"], data["label"]
            return Row(WICE, label, group, data["claim"], tuple(source), labels[label])
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: the row lacks something or has an unknown label: {error}.", hint=_LAYOUT) from error
    return None


def _sentences(reference: str) -> Iterator[str]:
    """Sentences of a reference without its number, address and labels. A new line ends a sentence: most are pages."""
    for line in _HEADER.sub("", reference).split("\n"):
        if text := _LABEL.sub("", line.strip()):
            yield from (span.text for span in split_sentences(text))


def read_once(texts: Iterable[str]) -> dict[str, Reading]:
    """The reading of each text."""
    return {reading.text: reading for reading in read(dict.fromkeys(texts))}


def rarity(sources: Iterable[Sequence[str]], known: Mapping[str, Reading]) -> Callable[[str], float]:
    """How telling a stem is among these sources: ln(1 + N / (1 + df)), as `rag.retrieve.evidence.TermWeights`.
    A source that comes several times counts once."""
    distinct = dict.fromkeys(tuple(source) for source in sources)
    frequency: Counter[str] = Counter()
    for source in distinct:
        frequency.update(frozenset().union(*(known[text].content for text in source)))
    return lambda stem: math.log(1 + len(distinct) / (1 + frequency[stem]))


def nearest(row: Row, weight: Callable[[str], float], known: Mapping[str, Reading]) -> list[int]:
    """Places of the `EMBEDDED` sentences that share most with the claim, in order."""
    claim = known[row.claim].content
    shared = [sum(weight(stem) for stem in sorted(claim & known[text].content)) for text in row.sentences]
    best = sorted(range(len(shared)), key=lambda at: (-shared[at], len(row.sentences[at]), at))
    return sorted(best[:EMBEDDED])


class Vectors:
    """Vectors of texts, kept in a file between runs. `embedder` is called for it when a text is new."""

    def __init__(self, file: Path, embedder: Callable[[], Embedder]) -> None:
        """Starts empty when `file` is not there or damaged."""
        self._file = file
        self._embedder = embedder
        self._known: dict[str, np.ndarray] = {}
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
                self._known = dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            self._known = {}

    def learn(self, texts: Sequence[str], progress: Progress) -> None:
        """Embed the texts that are not known yet, short ones first, and keep all. Raises StorageFull, and what the
        embedder raises."""
        new = sorted({text for text in texts if _key(text) not in self._known}, key=lambda text: (len(text), text))
        if not new:
            return
        embedder = self._embedder()
        for start in range(0, len(new), _BATCH):
            progress(start, len(new), "embedding")
            batch = new[start : start + _BATCH]
            self._known.update(zip(map(_key, batch), embedder.embed(batch), strict=True))
        aside = self._file.with_name(f"new-{self._file.name}")
        with storage_errors(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(aside, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
            os.replace(aside, self._file)

    def of(self, texts: Sequence[str]) -> np.ndarray:
        """One row for each text, zeros for those never learned."""
        size = len(next(iter(self._known.values()), ()))
        return np.stack([self._known.get(_key(text), np.zeros(size, np.float32)) for text in texts])


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
