"""A model file on its way to its place, and the simplest source: a folder of the user's.

Every byte that any source delivers goes through a `PartFile`, which keeps `<name>.part` beside the final place,
hashes what it writes, and gives the file its name only when the hash is the pinned one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from rag.llm.manifest import FileSpec

_CHUNK = 1 << 20


class SourceFailed(Exception):
    """A source could not deliver; the text says why and continues "<source>: "."""


class WrongContent(SourceFailed):
    """A source delivered other bytes than the pinned ones."""


def sha256_of(path: Path, *, report: Callable[[int], None] | None = None) -> str:
    """Hex SHA-256 of a file; `report` is told the bytes read so far."""
    digest = hashlib.sha256()
    done = 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            if report:
                report(done)
    return digest.hexdigest()


def file_size(path: Path) -> int | None:
    """Bytes of a file; None when there is none, or it cannot be seen."""
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return None


def part_path(target: Path) -> Path:
    """Where the bytes of `target` are kept until they are complete."""
    return target.with_name(f"{target.name}.part")


class PartFile:
    """A file on its way to `target`. Call `resume`, then `write`, then `finish`; `close` keeps what has arrived."""

    def __init__(self, target: Path, spec: FileSpec, report: Callable[[int], None]) -> None:
        self.target = target
        self.spec = spec
        self.path = part_path(target)
        self.state_path = target.with_name(f"{target.name}.part.json")
        self.done = 0
        self.report = report
        self._hash = hashlib.sha256()
        self._file: IO[bytes] | None = None

    def stored(self) -> int:
        """Bytes that an earlier run left behind."""
        return file_size(self.path) or 0

    def resume(self, at: int | None = None) -> int:
        """Opens the file for writing behind the first `at` bytes (None: all that are stored), which are hashed.

        Returns the bytes kept: 0 when more are stored than the file may have.
        """
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        keep = self.stored() if at is None else min(at, self.stored())
        keep = 0 if keep > self.spec.bytes else keep
        file = self.path.open("r+b" if self.path.exists() else "w+b", buffering=0)
        self._file = file
        self._hash = hashlib.sha256()
        self.done = 0
        while self.done < keep and (chunk := file.read(min(_CHUNK, keep - self.done))):
            self._hash.update(chunk)
            self.done += len(chunk)
        file.truncate(self.done)
        file.seek(self.done)
        return self.done

    def write(self, chunk: bytes) -> None:
        """Appends. Raises SourceFailed when that would be more than the file may have."""
        assert self._file is not None
        if self.done + len(chunk) > self.spec.bytes:
            raise SourceFailed(f"sends more than the {self.spec.bytes} bytes of {self.spec.path}")
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]
        self._hash.update(chunk)
        self.done += len(chunk)

    def digest(self) -> str:
        """Hex SHA-256 of the bytes so far."""
        return self._hash.hexdigest()

    def finish(self) -> None:
        """Gives the file its name. Raises WrongContent, and deletes what came, when it is not the pinned file."""
        got = self.digest()
        if self.done != self.spec.bytes or got != self.spec.sha256:
            self.discard()
            raise WrongContent(
                f"{self.spec.path} has the SHA-256 {got[:12]}…, not the pinned {self.spec.sha256[:12]}…; it was deleted"
            )
        assert self._file is not None
        os.fsync(self._file.fileno())
        self.close()
        os.replace(self.path, self.target)
        sync_folder(self.target.parent)
        self.state_path.unlink(missing_ok=True)

    def link(self, other: Path) -> bool:
        """Makes `target` another name of `other`, which has been hashed; False where the disk cannot do that."""
        self.discard()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(other.resolve(), self.path)
        except OSError:
            return False
        os.replace(self.path, self.target)
        self.report(self.spec.bytes)
        return True

    def discard(self) -> None:
        """Deletes what has arrived."""
        self.close()
        self.path.unlink(missing_ok=True)
        self.state_path.unlink(missing_ok=True)
        self.done = 0

    def close(self) -> None:
        """Closes the file and keeps what has arrived."""
        if self._file is not None:
            self._file.close()
            self._file = None
            if self.done == 0:
                self.path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes a rename inside `folder` durable, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --- a folder of the user's ---------------------------------------------------------------------------------


def fetch_folder(folder: Path, parts: list[PartFile]) -> None:
    """Links or copies each file from anywhere below `folder`; name, size and SHA-256 must fit. Raises SourceFailed."""
    if not folder.is_dir():
        raise SourceFailed("there is no such folder")
    for part in parts:
        rejected = 0
        for found in _files_named(folder, part):
            if sha256_of(found) != part.spec.sha256:
                rejected += 1
                continue
            if not part.link(found):
                _copy(found, part)
            break
        else:
            but = " (one of that name and size has another SHA-256)" if rejected else ""
            raise SourceFailed(f"no {part.spec.name} with the pinned SHA-256 is in it{but}")


def _files_named(folder: Path, part: PartFile) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        found = Path(place, part.spec.name)
        if part.spec.name in names and found.is_file() and found.stat().st_size == part.spec.bytes:
            yield found


def _copy(found: Path, part: PartFile) -> None:
    part.resume(0)
    with found.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            part.write(chunk)
            part.report(part.done)
    part.finish()
