"""Files of the index: durable writes, and storage errors in our words."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import StorageFull

_STORAGE = frozenset(
    (
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO),
        *(errno.ENOTDIR, errno.EEXIST),  # a file where a directory should be
    )
)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns OSErrors about room, permission or the device into StorageFull."""
    try:
        yield
    except shutil.Error as exc:  # copytree collects what went wrong as (source, destination, why)
        reasons = [str(failure[-1]) for failure in exc.args[0]] if exc.args else [str(exc)]
        raise _full(path, reasons[0]) from exc
    except OSError as exc:
        if exc.errno in _STORAGE:
            raise _full(path, exc.strerror or str(exc)) from exc
        raise


def _full(path: Path, reason: str) -> StorageFull:
    return StorageFull(
        f"{path} could not be written: {reason}.",
        hint="Free some disk space, or choose a directory that you may write to with --data-dir.",
    )


def sync_tree(root: Path) -> None:
    """Make all files below `root` and their names survive a power cut."""
    for folder, _, names in os.walk(root):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                os.fsync(file.fileno())
        sync_dir(Path(folder))


def sync_dir(path: Path) -> None:
    """Make the names in a directory durable (a no-op where directories cannot be synced)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Replace a small file in one step: readers see the old content or the new one."""
    aside = path.with_name(path.name + ".tmp")
    with open(aside, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    sync_dir(path.parent)
