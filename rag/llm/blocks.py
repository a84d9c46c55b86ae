"""Saved KV state: what a model knows after it has read `[head][paper]`, one file per block.

A block is a cache and never needed for a right answer: whatever is wrong with a file, `load` returns None
and the model reads the text again. The key covers everything that shapes the state, because the state itself
carries no trace of the model or the text it came from.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

_MAGIC = b"PCKV0001"
_HEADER = struct.Struct("<8s32sQI")  # magic, key, payload bytes, CRC-32 of the payload


@dataclass(frozen=True, slots=True)
class BlockStore:
    """Blocks in `directory`, made under the conditions that `identity` names (model hash, library version,
    KV type, flash attention)."""

    directory: Path
    identity: str

    def key(self, tokens: Sequence[int]) -> bytes:
        """SHA-256 over the identity and the token ids that the block holds."""
        return hashlib.sha256(self.identity.encode() + b"\0" + np.asarray(tokens, np.int32).tobytes()).digest()

    def path(self, tokens: Sequence[int]) -> Path:
        """Where the block of these tokens is or would be."""
        return self.directory / f"{self.key(tokens).hex()[:32]}.kv"

    def load(self, tokens: Sequence[int]) -> npt.NDArray[np.uint8] | None:
        """The state as a read-only memory map of bytes, or None when it is absent, foreign or damaged."""
        path = self.path(tokens)
        try:
            with path.open("rb") as file:
                header = file.read(_HEADER.size)
            magic, key, size, crc = _HEADER.unpack(header)
            if magic != _MAGIC or key != self.key(tokens) or path.stat().st_size != _HEADER.size + size:
                return None
            payload = np.memmap(path, np.uint8, "r", offset=_HEADER.size, shape=(size,))
        except (OSError, struct.error, ValueError):
            return None
        return payload if zlib.crc32(payload.data) == crc else None

    def save(self, tokens: Sequence[int], payload: npt.NDArray[np.uint8]) -> bool:
        """Write a block atomically. False when it could not be written: that costs time later, nothing else."""
        header = _HEADER.pack(_MAGIC, self.key(tokens), payload.nbytes, zlib.crc32(payload.data))
        temporary: str | None = None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
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
