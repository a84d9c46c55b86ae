"""What a run that indexes many papers has embedded so far: after Ctrl-C or a power cut the next run goes on from there.

The file: a line that names the shape of the index, then one record for each text (hash of the text, CRC-32 of the
vector, the vector). A record that was cut or damaged is made again.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rag.index.files import storage_errors
from rag.index.shape import Shape

LOG = "embedded.part"
START = 1024  # texts embedded in a run before a log is worth its disk space: about half a minute of work

log = logging.getLogger(__name__)


class EmbeddingLog:
    """Vectors by text, in the file `path`; `resumed` of them have been used so far instead of embedding again."""

    def __init__(self, path: Path, shape: Shape) -> None:
        import numpy as np

        self.resumed = 0
        self._path = path
        self._head = f"posterchat-embedded-1 {shape.fingerprint}\n".encode()
        self._record = np.dtype([("key", "V16"), ("crc", "<u4"), ("row", "<f4", (shape.dimension,))])
        self._rows: Any = np.zeros(0, self._record)
        self._known: dict[bytes, int] = {}
        self._new: list[Any] = []  # records not yet written: the first START ones wait for more
        self._waiting = 0
        self._writing = False
        with storage_errors(path):
            self._load()

    def get(self, texts: Sequence[str]) -> dict[int, Any]:
        """The vectors of those texts that an earlier run has embedded, by their place in `texts`."""
        found = {at: number for at, text in enumerate(texts) if (number := self._known.get(_key(text))) is not None}
        self.resumed += len(found)
        return {at: self._rows[number]["row"] for at, number in found.items()}

    def add(self, texts: Sequence[str], rows: Any) -> None:
        """Keep the vectors of texts that were embedded now, if the disk has room for them."""
        import numpy as np

        records = np.zeros(len(texts), self._record)
        records["key"] = np.frombuffer(b"".join(map(_key, texts)), "V16")
        records["row"] = rows
        records["crc"] = [zlib.crc32(row.tobytes()) for row in records["row"]]
        self._new.append(records)
        self._waiting += len(records)
        if self._writing or self._waiting >= START:
            self._write()

    def close(self) -> None:
        """Release the file, so that it can be removed."""
        self._rows = self._rows[:0].copy()
        self._known = {}

    @property
    def kept(self) -> bool:
        """Whether the next run finds something."""
        return self._writing

    def _write(self) -> None:
        try:
            with self._path.open("ab" if self._writing else "wb") as file:
                if not self._writing:
                    file.write(self._head)
                for records in self._new:
                    file.write(records.tobytes())
            self._writing = True
        except OSError as error:
            log.info("what is embedded cannot be kept in %s: %s", self._path, error)
        self._new = []

    def _load(self) -> None:
        import numpy as np

        with suppress(FileNotFoundError), self._path.open("r+b") as file:
            if file.readline(1000) != self._head:
                return
            whole = (self._path.stat().st_size - len(self._head)) // self._record.itemsize
            file.truncate(len(self._head) + whole * self._record.itemsize)
            self._writing = True
            if whole:
                self._rows = np.memmap(self._path, self._record, "r", len(self._head), (whole,))
        for number, (key, crc) in enumerate(zip(self._rows["key"], self._rows["crc"], strict=True)):
            if zlib.crc32(self._rows[number]["row"].tobytes()) == crc:
                self._known[bytes(key)] = number


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
