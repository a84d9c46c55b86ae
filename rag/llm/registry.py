"""Where model files lie on this machine, whether they are the pinned ones, and how they get there.

`ModelStore` keeps each model of the manifest in a folder of its name. A file has its final name only after its
SHA-256 was right; a side-loaded file is hashed the first time that it is used. `.verified` remembers size, time and
hash, so that 1.1 GB are not hashed at every start.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rag.errors import ModelCorrupt, ModelMissing, StorageFull, UsageError
from rag.llm.hub import HttpOptions
from rag.llm.manifest import FileSpec, Manifest, ModelSpec, Role
from rag.llm.partfile import file_size, part_path, sha256_of
from rag.llm.pull import SOURCE_KINDS, Pull, reporter
from rag.types import Progress

__all__ = ["HttpOptions", "LocalModel", "Manifest", "ModelSpec", "ModelStatus", "ModelStore"]

_MARKER = ".verified"


class ModelStatus(NamedTuple):
    """A model of the manifest, whether all its files are here, and how many bytes are, unfinished files included."""

    spec: ModelSpec
    present: bool
    bytes: int


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that is ready for use. `path` is the GGUF file, or the folder of an embedder.

    `pinned` is False for a GGUF file given by its path, of which only the file itself is known. `identity` changes
    when the weights do (for an unpinned file: when its name, size, time or first MiB does).
    """

    name: str
    path: Path
    pinned: bool
    identity: str
    spec: ModelSpec | None = None


class ModelStore:
    """The models in `directory`. `python` is the interpreter whose pip fetches wheels; `allow_unpinned` says whether
    files that the manifest does not name may be used."""

    def __init__(
        self,
        directory: Path,
        manifest: Manifest,
        *,
        http: HttpOptions | None = None,
        lock_wait_s: float = 3600.0,
        python: str = sys.executable,
        allow_unpinned: bool = False,
    ) -> None:
        self.directory = directory
        self._allow_unpinned = allow_unpinned
        self.manifest = manifest
        self._http = http or HttpOptions()
        self._lock_wait_s = lock_wait_s
        self._python = python

    # --- what is here ---

    def present(self, name: str) -> bool:
        """Whether all files are here with the right size. Raises UnknownModel."""
        return not self._absent(self.manifest.get(name))

    def status(self) -> list[ModelStatus]:
        """Every model of the manifest, in its order."""
        out = []
        for name in self.manifest.names():
            spec = self.manifest.get(name)
            places = [self._file(spec, file) for file in spec.files]
            here = sum(file_size(place) or file_size(part_path(place)) or 0 for place in places)
            out.append(ModelStatus(spec, not self._absent(spec), here))
        return out

    def path(self, name: str) -> Path:
        """The GGUF file, or the folder of an embedder. Files not yet known to be right are hashed once.

        Raises UnknownModel, ModelMissing, and ModelCorrupt as `verify` does.
        """
        spec = self.manifest.get(name)
        if absent := self._absent(spec):
            found = file_size(self._file(spec, absent[0]))
            why = "is not there" if found is None else f"has {found} bytes, not {absent[0].bytes}"
            raise ModelMissing(
                f"The model {name} is not on this machine: {absent[0].path} {why} in {self._folder(spec)}.",
                hint=f"Run: posterchat models pull {name}",
            )
        if not self._known_good(spec):
            self.verify(name)
        return self._location(spec)

    def resolve(self, name_or_path: str, *, role: Role = "llm") -> LocalModel:
        """A model by its name in the manifest, or (for language models, where that is allowed) a GGUF file by its path.

        Raises what `path` raises, and UsageError when the model has another role or is a file that nothing pins.
        """
        if name_or_path in self.manifest.names() or role != "llm" or not _looks_like_path(name_or_path):
            spec = self.manifest.get(name_or_path)
            if spec.role != role:
                raise UsageError(
                    f"The model {spec.name} has the role {spec.role}, not {role}.",
                    hint=f"Models with the role {role}: {', '.join(self.manifest.names(role))}.",
                )
            return LocalModel(spec.name, self.path(spec.name), True, spec.identity, spec)
        found = _unpinned(Path(os.path.expanduser(name_or_path)))
        if not self._allow_unpinned:
            raise UsageError(
                f"{found.path} has no pinned SHA-256, and a model file is code of whoever made it.",
                hint="If you trust it, set POSTERCHAT_ALLOW_UNPINNED=1 or add --allow-unpinned to the command.",
            )
        return found

    def verify(self, name: str, *, progress: Progress | None = None) -> None:
        """Hashes every file again. Raises UnknownModel, ModelMissing, or ModelCorrupt after deleting the wrong file."""
        spec = self.manifest.get(name)
        done = 0
        for file in spec.files:
            place = self._file(spec, file)
            report = reporter(progress, done, spec.bytes, f"checking {name}")
            try:
                seen = place.stat()
                got = sha256_of(place, report=report)
            except FileNotFoundError as error:
                raise ModelMissing(
                    f"The model {name} is not on this machine: {file.path} is not there in {self._folder(spec)}.",
                    hint=f"Run: posterchat models pull {name}",
                ) from error
            except OSError as error:
                raise ModelMissing(
                    f"The model file {place} cannot be read: {error.strerror}.", hint="Check its permissions."
                ) from error
            if got != file.sha256:
                self._delete_wrong(spec, file, seen, got)
            done += file.bytes
        self._mark(spec)

    # --- getting it here ---

    def pull(self, name: str, *, progress: Progress | None = None, source: str | None = None) -> Path:
        """Fetches what is missing of a model and returns its path; does nothing when all is here and right.

        The folder `POSTERCHAT_MODELS_FROM` is tried first, then the manifest's sources in order; `source` restricts
        that to one kind of `SOURCE_KINDS`. An interrupted pull goes on where it stopped. Raises UnknownModel,
        UsageError, StorageFull, DownloadFailed with the reason of each source, or ModelCorrupt when one of them
        delivered other bytes than the pinned ones and no other could help.
        """
        spec = self.manifest.get(name)
        if source is not None and source not in SOURCE_KINDS:
            raise UsageError(
                f"There is no kind of source named {source!r}.", hint=f"Known kinds: {', '.join(SOURCE_KINDS)}."
            )
        try:
            if not self._ready(spec, progress):
                pull = Pull(spec, self._folder(spec), progress=progress, http=self._http, python=self._python)
                with pull.locked(wait_s=self._lock_wait_s):
                    if not self._ready(spec, progress):
                        self._drop_wrong(spec)
                        pull.run(source)
                        self._mark(spec)
        except OSError as error:
            raise StorageFull(
                f"The model {name} cannot be written to {self._folder(spec)}: {error.strerror or error}.",
                hint="Make room or correct the permissions, or set POSTERCHAT_MODELS_DIR to another folder.",
            ) from error
        return self._location(spec)

    def _ready(self, spec: ModelSpec, progress: Progress | None) -> bool:
        if self._absent(spec):
            return False
        with contextlib.suppress(ModelCorrupt):
            if not self._known_good(spec):
                self.verify(spec.name, progress=progress)
            return True
        return False

    def _drop_wrong(self, spec: ModelSpec) -> None:
        """Deletes files of the right size and other content, which a pull would take for fetched ones."""
        for file in spec.files:
            place = self._file(spec, file)
            if file_size(place) == file.bytes and sha256_of(place) != file.sha256:
                place.unlink()

    # --- places and the marker ---

    def _folder(self, spec: ModelSpec) -> Path:
        return self.directory / spec.name

    def _file(self, spec: ModelSpec, file: FileSpec) -> Path:
        return self._folder(spec) / file.path

    def _location(self, spec: ModelSpec) -> Path:
        return self._file(spec, spec.files[0]) if spec.role == "llm" else self._folder(spec)

    def _absent(self, spec: ModelSpec) -> list[FileSpec]:
        return [file for file in spec.files if file_size(self._file(spec, file)) != file.bytes]

    def _stamp(self, spec: ModelSpec) -> dict[str, list[int | str]]:
        out: dict[str, list[int | str]] = {}
        for file in spec.files:
            seen = self._file(spec, file).stat()
            out[file.path] = [seen.st_size, seen.st_mtime_ns, file.sha256]
        return out

    def _known_good(self, spec: ModelSpec) -> bool:
        with contextlib.suppress(OSError, ValueError):
            stored = json.loads((self._folder(spec) / _MARKER).read_text(encoding="utf-8"))
            return bool(stored == self._stamp(spec))
        return False

    def _mark(self, spec: ModelSpec) -> None:
        marker = self._folder(spec) / _MARKER
        fresh = marker.with_name(f"{_MARKER}.{os.getpid()}")
        with contextlib.suppress(OSError):  # a read-only folder is hashed at every start instead
            fresh.write_text(json.dumps(self._stamp(spec)), encoding="utf-8")
            os.replace(fresh, marker)

    def _delete_wrong(self, spec: ModelSpec, file: FileSpec, seen: os.stat_result, got: str) -> None:
        place = self._file(spec, file)
        done = "could not be deleted"
        with contextlib.suppress(OSError):
            now = place.stat()
            if (now.st_ino, now.st_mtime_ns) == (seen.st_ino, seen.st_mtime_ns):  # not replaced meanwhile
                place.unlink()
                done = "was deleted"
        raise ModelCorrupt(
            f"The model file {place} has the SHA-256 {got[:12]}…, not the pinned {file.sha256[:12]}…; it {done}.",
            hint=f"Run: posterchat models pull {spec.name}",
        )


def _looks_like_path(text: str) -> bool:
    if text.lower().endswith(".gguf") or "/" in text or os.sep in text:
        return True
    with contextlib.suppress(OSError):
        return Path(text).is_file()
    return False


def _unpinned(path: Path) -> LocalModel:
    try:
        with path.open("rb") as file:
            head = file.read(1 << 20)
        seen = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        why = "is a folder" if isinstance(error, IsADirectoryError) else "cannot be read"
        why = "does not exist" if isinstance(error, FileNotFoundError) else why
        raise ModelMissing(f"The model file {path} {why}.", hint="Give the path of a GGUF file.") from error
    if not head.startswith(b"GGUF"):
        raise ModelCorrupt(f"{path} is not a GGUF file: it does not begin with GGUF.", hint="Give another file.")
    digest = hashlib.sha256(f"{path.name} {seen.st_size} {seen.st_mtime_ns} ".encode() + head).hexdigest()
    return LocalModel(path.name, path.absolute(), False, f"{path.name}@unpinned-{digest[:16]}")
