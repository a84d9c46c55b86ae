"""Saved KV state: what a model knows after it has read `[head][paper]`, one file per block.

A block is a cache and never needed for a right answer: whatever is wrong with a file, `load` removes it, returns None
and the model reads the text again. The key covers everything that shapes the state, because the state itself
carries no trace of the model or the text it came from. A block's time of modification is when it was last used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import struct
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

_MAGIC = b"PCKV0001"
_HEADER = struct.Struct("<8s32sQI")  # magic, key, payload bytes, CRC-32 of the payload
_KEEP_FREE = 500_000_000  # bytes of the disk that blocks leave to others


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a directory of blocks: its size, and when it was last used (seconds since the epoch)."""

    path: Path
    bytes: int
    used: float


def stored(directory: Path) -> list[Stored]:
    """All blocks of a directory, whatever they were made for, and what a broken-off write left there."""
    found = []
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.endswith((".kv", ".tmp")):
                with contextlib.suppress(OSError):  # removed meanwhile
                    status = entry.stat()
                    found.append(Stored(Path(entry.path), status.st_size, status.st_mtime))
    return found


@dataclass(frozen=True, slots=True)
class BlockStore:
    """Blocks in `directory`, made under the conditions that `identity` names (model hash, prompts, library version,
    KV type, flash attention); together with those made under others they have at most `limit` bytes."""

    directory: Path
    identity: str
    limit: int

    def key(self, tokens: Sequence[int]) -> bytes:
        """SHA-256 over the identity and the token ids that the block holds."""
        return hashlib.sha256(self.identity.encode() + b"\0" + np.asarray(tokens, np.int32).tobytes()).digest()

    def path(self, tokens: Sequence[int]) -> Path:
        """Where the block of these tokens is or would be."""
        return self.directory / f"{self._family}{self.key(tokens).hex()[:32]}.kv"

    def use(self, tokens: Sequence[int]) -> bool:
        """Whether there is a block of these tokens, by its name; it counts as used now."""
        with contextlib.suppress(OSError):
            os.utime(self.path(tokens))
            return True
        return False

    def load(self, tokens: Sequence[int]) -> npt.NDArray[np.uint8] | None:
        """The state as a read-only memory map of bytes, or None when it is absent, foreign or damaged."""
        path = self.path(tokens)
        try:
            with path.open("rb") as file:
                header = file.read(_HEADER.size)
        except OSError:
            return None
        try:
            magic, key, size, crc = _HEADER.unpack(header)
            if magic == _MAGIC and key == self.key(tokens) and path.stat().st_size == _HEADER.size + size:
                payload = np.memmap(path, np.uint8, "r", offset=_HEADER.size, shape=(size,))
                if zlib.crc32(payload.data) == crc:
                    self.use(tokens)
                    return payload
        except (OSError, struct.error, ValueError):
            pass
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def save(self, tokens: Sequence[int], payload: npt.NDArray[np.uint8], *, spare_s: float = 0.0) -> bool:
        """Write a block atomically. Others are dropped for it: first those of other conditions, then the longest
        unused, but none of our own that was used within the last `spare_s` seconds. False when it was not written:
        that costs time later, nothing else."""
        header = _HEADER.pack(_MAGIC, self.key(tokens), payload.nbytes, zlib.crc32(payload.data))
        temporary: str | None = None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            if not self._make_room(len(header) + payload.nbytes, spare_s):
                return False
            handle, temporary = tempfile.mkstemp(dir=self.directory, suffix=".tmp")
            with os.fdopen(handle, "wb") as file:
                file.write(header)
                file.write(payload.data)
            os.replace(temporary, self.path(tokens))
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
            return False
        return True

    @property
    def _family(self) -> str:
        """How the names of all blocks of our own conditions begin."""
        return hashlib.sha256(self.identity.encode()).hexdigest()[:12] + "-"

    def _make_room(self, needed: int, spare_s: float) -> bool:
        if needed > self.limit or shutil.disk_usage(self.directory).free < needed + _KEEP_FREE:
            return False
        blocks = stored(self.directory)
        excess = sum(block.bytes for block in blocks) + needed - self.limit
        spared_since = time.time() - spare_s
        for ours, block in sorted(((b.path.name.startswith(self._family), b) for b in blocks), key=_first_to_go):
            if excess <= 0 or (ours and spare_s and block.used > spared_since):
                break
            with contextlib.suppress(OSError):
                block.path.unlink()
                excess -= block.bytes
        return excess <= 0


def _first_to_go(block: tuple[bool, Stored]) -> tuple[bool, float]:
    return block[0], block[1].used
