"""Papers that are added from the page: a file is kept, looked through, and indexed when the user says so."""

from __future__ import annotations

import logging
import re
import secrets
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import InputError, PosterchatError, UsageError
from rag.serve.naming import remember_collection, slug
from rag.types import IndexReport, Paper, Rejected

if TYPE_CHECKING:
    from rag.wiring import Library

MOST_BYTES = 50_000_000
MOST_KEPT = 4  # files that wait for their users; the oldest makes room
_UNSAFE = re.compile(r"[^\w. ()-]+")
GONE = "That file is no longer here."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file holds: its papers, what could not be read, and remarks of the reader."""

    papers: tuple[Paper, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...]

    @property
    def distinct(self) -> int:
        """Papers, each counted once."""
        return len({paper.id for paper in self.papers})

    def filled(self) -> list[tuple[str, int]]:
        """How many papers have each field, without the fields that none has."""
        has = {
            "Title": sum(bool(paper.title) for paper in self.papers),
            "Authors": sum(bool(paper.authors) for paper in self.papers),
            "Abstract": sum(bool(paper.abstract.strip()) for paper in self.papers),
            "Award": sum(bool(paper.award) for paper in self.papers),
            "Link": sum(bool(paper.url) for paper in self.papers),
            "Venue": sum(bool(paper.venue) for paper in self.papers),
            "Session": sum(bool(paper.session) for paper in self.papers),
            "Year": sum(bool(paper.year) for paper in self.papers),
            "Keywords": sum(bool(paper.keywords) for paper in self.papers),
        }
        always = ("Title", "Authors", "Abstract")
        return [(name, number) for name, number in has.items() if number or name in always]


@dataclass(slots=True)
class Upload:
    """A file that was given, and how far its indexing is."""

    path: Path
    preview: Preview | None = None
    done: int = 0
    total: int | None = None
    what: str = ""
    report: IndexReport | None = None
    problem: tuple[str, str] | None = None
    begun: bool = False

    @property
    def over(self) -> bool:
        """Whether it has been indexed, or that has failed."""
        return self.report is not None or self.problem is not None


@dataclass
class Adding:
    """The files that were given to this server. Safe to use from several threads; one file is indexed at a time."""

    library: Library
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _indexing: threading.Lock = field(default_factory=threading.Lock)
    _uploads: OrderedDict[str, Upload] = field(default_factory=OrderedDict)
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def place(self, name: str) -> tuple[str, Path]:
        """A token for a new file, and where to write it. Nothing of `name` but letters and digits is used."""
        token = secrets.token_urlsafe(18)
        safe = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")[-100:] or "papers"
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="posterchat-")
            folder = Path(self._folder.name) / token
            folder.mkdir()
            self._uploads[token] = Upload(folder / safe)
            waiting = [key for key, upload in self._uploads.items() if not upload.begun or upload.over]
            for old in waiting[: max(0, len(self._uploads) - MOST_KEPT)]:
                _remove(self._uploads.pop(old).path)
        return token, folder / safe

    def drop(self, token: str) -> None:
        """Forget a file that has not been indexed."""
        with self._lock:
            upload = self._uploads.get(token)
            if upload is not None and not upload.begun:
                _remove(self._uploads.pop(token).path)

    def look(self, token: str) -> Preview:
        """What the file holds. Raises InputError when it cannot be read, UsageError when it is gone."""
        from rag.ingest.read import read_papers

        upload = self.upload(token)
        notes: list[str] = []
        items = list(read_papers(upload.path, note=notes.append))
        papers = tuple(item for item in items if isinstance(item, Paper))
        rejected = tuple(item for item in items if isinstance(item, Rejected))
        if not papers:
            raise InputError(f"{upload.path.name} holds no paper that could be read.", hint="Try another file.")
        upload.preview = Preview(papers, rejected, tuple(notes))
        return upload.preview

    def begin(self, token: str, name: str) -> str:
        """Index the file in the background into the collection that `name` makes. Returns the collection's name.
        Raises UsageError when the file is gone, or another one is being indexed."""
        upload = self.upload(token)
        collection = slug(name)
        with self._lock:
            if upload.begun:
                return collection
            if upload.preview is None:
                raise UsageError(GONE, hint="Drop it here again.")
            if not self._indexing.acquire(blocking=False):
                raise UsageError("Another file is being indexed.", hint="Try again when it is done.")
            upload.begun = True
        thread = threading.Thread(target=self._index, args=(upload, collection), name="posterchat-add", daemon=True)
        thread.start()
        return collection

    def upload(self, token: str) -> Upload:
        """The file of a token. Raises UsageError when it is gone."""
        with self._lock:
            if token not in self._uploads:
                raise UsageError(GONE, hint="Drop it here again.")
            return self._uploads[token]

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None
            self._uploads.clear()

    def _index(self, upload: Upload, collection: str) -> None:
        def progress(done: int, total: int | None, what: str) -> None:
            upload.done, upload.total, upload.what = done, total, what

        papers: Sequence[Paper] = upload.preview.papers if upload.preview else ()
        try:
            upload.report = self.library.index(papers, collection, sources=[upload.path.name], progress=progress)
            remember_collection(self.library.settings, collection)
        except PosterchatError as error:
            upload.problem = (str(error), error.hint)
        except Exception:  # the page must not wait for ever
            log.exception("adding papers failed")
            upload.problem = ("The papers could not be added.", "Details are in the terminal that runs posterchat.")
        finally:
            upload.preview = None
            _remove(upload.path)
            self._indexing.release()


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
