"""Building: papers go into the next generation of a collection, which replaces the current one only when whole.

Whatever happens on the way (an error, Ctrl-C, a full disk, kill -9), the current generation stays and answers.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import Cancelled, InputError, StorageFull
from rag.index.catalogue import Catalogue
from rag.index.chunk import CHUNKING
from rag.index.collections import POINTER, VECTORS, Collections, generations
from rag.index.embed_log import LOG
from rag.index.files import storage_errors, sync_dir, sync_tree, write_atomic
from rag.index.generation import NextGeneration
from rag.index.shape import Shape
from rag.types import Embedder, IndexReport, Paper, Progress, Rejected


def build(
    collections: Collections,
    name: str,
    items: Iterable[Paper | Rejected],
    embedder_factory: Callable[[], Embedder],
    *,
    sources: Sequence[str],
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    embedder_name: str | None = None,
    rebuild: bool = False,
) -> IndexReport:
    """Add or update papers; those that are not in `items` stay. Hold the data directory (`DataDirLock`) meanwhile.

    The embedder is made only when something has to be embedded. A paper whose id comes twice in one run counts as a
    duplicate when it is the same, else the first is kept and the other reported as rejected. A digest never replaces
    a full abstract. All vectors are made again with `rebuild`, when the collection was built by another embedder
    than `embedder_name`, or in another way of chunking, or when its vectors are gone.

    Raises InputError when the collection would be empty, Cancelled when `stop` said so, StorageFull, IndexCorrupt.
    """
    run = _Run(collections, name, embedder_factory, tuple(sources), progress, stop)
    try:
        run.prepare(rebuild=rebuild, embedder_name=embedder_name)
        for item in items:
            run.take(item)
        return run.finish()
    except StorageFull:
        with suppress(OSError):
            (collections.path(name) / LOG).unlink()  # makes room
        raise
    finally:
        run.abandon()


@dataclass(slots=True)
class _Run:
    collections: Collections
    name: str
    embedder_factory: Callable[[], Embedder]
    sources: tuple[str, ...]
    progress: Progress | None
    stop: Callable[[], bool] | None
    started: float = field(default_factory=time.monotonic)
    base: Path | None = None  # the current generation
    old: Catalogue | None = None
    hashes: dict[str, str] = field(default_factory=dict)  # of the current generation
    seen: dict[str, str] = field(default_factory=dict)  # of this run
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    digests: int = 0
    replaced: list[str] = field(default_factory=list)  # titles whose abstract is another one now
    rejected: list[Rejected] = field(default_factory=list)
    stale: bool = False
    next: NextGeneration | None = None

    def prepare(self, *, rebuild: bool, embedder_name: str | None) -> None:
        folder = self.collections.path(self.name)
        self.base = self.collections.generation(self.name)
        with storage_errors(folder):
            self.collections.clean()
            self._clean(keep=[self.base])
        if self.base is None:
            return
        self.old = self.collections.catalogue(self.name)
        self.hashes = self.old.hashes()
        shape = Shape.from_json(self.old.get_meta("shape"))
        self.stale = (
            rebuild
            or shape.chunking != CHUNKING
            or (embedder_name is not None and embedder_name != shape.embedder)
            or not self.collections.vectors.exists(self.base / VECTORS)
        )

    def take(self, item: Paper | Rejected) -> None:
        self._check_stop()
        if isinstance(item, Rejected):
            self.rejected.append(item)
            return
        try:
            digest = item.content_hash
        except UnicodeEncodeError:
            self._reject(item, "holds characters that are not valid Unicode")
            return
        before = self.seen.get(item.id)
        if before is None:
            self.seen[item.id] = digest
            self._sort(item, digest)
        elif before == digest:
            self.duplicates += 1
        else:
            self._reject(item, "appears again with other contents; the first one is kept")

    def _reject(self, paper: Paper, reason: str) -> None:
        self.rejected.append(Rejected(", ".join(self.sources), 0, f"{paper.title[:80]!r} {reason}"))

    def _sort(self, paper: Paper, digest: str) -> None:
        """Count a paper that is new to this run, and queue it where it has to be indexed."""
        known = self.hashes.get(paper.id)
        if known is None:
            self.added += 1
        elif known == digest:
            self.unchanged += 1
            return
        else:
            before = self.old.paper(paper.id) if self.old else None
            if before and before.text_kind == "abstract" != paper.text_kind:
                self.unchanged += 1
                self.digests += 1
                return
            self.changed += 1
            if before and before.abstract != paper.abstract:
                self.replaced.append(paper.title)
        self._generation().add(paper)

    def _generation(self) -> NextGeneration:
        if self.next is None:
            folder = self.collections.path(self.name)
            numbers = [int(path.name.removeprefix("gen-")) for path in generations(folder)]
            self.next = NextGeneration(
                folder / f"gen-{max(numbers, default=0) + 1:06d}.tmp",
                self.base,
                self.embedder_factory(),
                store=self.collections.vectors,
                again=self.stale,
                check_stop=self._check_stop,
                report=self._report,
            )
        return self.next

    def finish(self) -> IndexReport:
        total = len(self.hashes) + self.added
        if total == 0:
            raise self._empty()
        generation = (self.old.get_meta("generation") or "") if self.old else ""
        if self.stale or self.next is not None:
            generation = self._publish(self._generation())
        warnings = []
        if self.digests:
            some = "1 digest was" if self.digests == 1 else f"{self.digests} digests were"
            warnings.append(f"{some} left out: the full abstract is indexed already.")
        if self.next and self.next.resumed:
            warnings.append(f"{self.next.resumed} vectors came from an earlier run that was stopped.")
        if self.replaced:
            some = "1 abstract" if len(self.replaced) == 1 else f"{len(self.replaced)} abstracts"
            named = ", ".join(f"“{title[:80]}”" for title in self.replaced[:3])
            more = f" and {len(self.replaced) - 3} more" if len(self.replaced) > 3 else ""
            warnings.append(f"{some} replaced by a new text: {named}{more}.")
        return IndexReport(
            collection=self.name,
            added=self.added,
            changed=self.changed,
            unchanged=self.unchanged,
            duplicates=self.duplicates,
            rejected=tuple(self.rejected),
            generation=generation,
            total=total,
            seconds=time.monotonic() - self.started,
            embedded_chunks=self.next.embedded if self.next else 0,
            warnings=tuple(warnings),
        )

    def _publish(self, made: NextGeneration) -> str:
        if made.again and self.old:
            made.add_again(self.old, [paper_id for paper_id in self.hashes if paper_id not in made.written])
        known = json.loads((self.old.get_meta("sources") if self.old else None) or "[]")
        sources = list(dict.fromkeys([*known, *self.sources]))
        generation = made.seal(sources=sources, expected=len(self.hashes) + self.added)
        folder = self.collections.path(self.name)
        final = made.path.with_name(made.path.name.removesuffix(".tmp"))
        with storage_errors(folder):
            sync_tree(made.path)
            made.path.rename(final)
            try:
                sync_dir(folder)
                write_atomic(folder / POINTER, final.name + "\n")
            except BaseException:
                self.collections.vectors.discard(final / VECTORS)
                shutil.rmtree(final, ignore_errors=True)
                raise
        self.abandon()
        # Other processes may be answering from the generation before this one: it goes with the next build.
        self._clean(keep=[final, self.base] if self.collections.vectors.shared else [final])
        (folder / LOG).unlink(missing_ok=True)
        return generation

    def _clean(self, *, keep: Sequence[Path | None]) -> None:
        """Delete everything in the directory of the collection but the generations to keep and the pointer."""
        folder = self.collections.path(self.name)
        if not folder.is_dir():
            return
        for path in folder.glob("gen-*"):
            if path not in keep:
                self.collections.vectors.discard(path / VECTORS)
                shutil.rmtree(path, ignore_errors=True)
        (folder / f"{POINTER}.tmp").unlink(missing_ok=True)

    def abandon(self) -> None:
        """Release all files, and remove the next generation unless it was published."""
        if self.next:
            self.next.discard()
        if self.old:
            self.old.close()

    def _check_stop(self) -> None:
        if self.stop and self.stop():
            goes_on = self.next is not None and self.next.goes_on
            more = " The same command goes on where this one stopped." if goes_on else ""
            raise Cancelled("Indexing was stopped.", hint=f"The collection is as it was before.{more}")

    def _report(self) -> None:
        if self.progress:
            self.progress(self.unchanged + (self.next.done if self.next else 0), None, "papers")

    def _empty(self) -> InputError:
        if self.rejected:
            first = self.rejected[0]
            return InputError(
                f"None of the {len(self.rejected)} entries could be indexed; the first one: {first.reason}.",
                hint="Correct the file and index it again.",
            )
        return InputError("There is no paper to index.", hint="Give a file that holds at least one paper.")
